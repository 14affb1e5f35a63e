export const OPERATOR = 'AROAEXAMPLEEXAMPLE:alice';

/** One item of each kind, by the key that it stands under. */
export const KINDS = {
  target: 'target#shop-db',
  application: 'application#shop',
  request: 'request#1',
  slackInbox: 'inbox#slack#1',
  ownInbox: `inbox#operator#${OPERATOR}#1`,
  othersInbox: 'inbox#operator#AROAEXAMPLEEXAMPLE:bob#1',
  run: 'run#run-1',
  freezes: 'freezes#all',
  channel: 'channel#C0ALERTS',
  pace: 'pace#edits',
  timeline: 'timeline#all',
  chunk: 'chunk#0',
  anyOther: 'whatever#1',
} as const;
export type Kind = keyof typeof KINDS;

/** g: reads it by its key, p: puts it, q: queries its partition. What is not here is denied. */
export const MAY: Readonly<Record<string, Partial<Record<Kind, string>>>> = {
  // Clicks, and nothing that anybody has decided.
  Interact: { slackInbox: 'p' },
  // Samples, and what they mean for their target.
  Watch: { target: 'gp', chunk: 'gpq' },
  // What Slack has, what the timeline keeps, and what an application's outcomes were.
  Notify: { target: 'gp', application: 'gp', request: 'gp', freezes: 'gp', channel: 'gp', pace: 'gp', timeline: 'gp' },
  // Decides and runs.
  Act: {
    target: 'gp',
    application: 'gp',
    request: 'gp',
    slackInbox: 'gp',
    ownInbox: 'gp',
    othersInbox: 'gp',
    run: 'gp',
    freezes: 'gp',
    timeline: 'gp',
  },
  // Touches what is overdue, so that the one whose work it is gets it again.
  Track: {
    target: 'gp',
    application: 'gp',
    request: 'gp',
    slackInbox: 'gp',
    ownInbox: 'gp',
    othersInbox: 'gp',
    run: 'gp',
    freezes: 'gp',
    channel: 'gp',
    timeline: 'gp',
  },
  Runner: {},
  Schedules: {},
  // grantRead and grantRequest.
  Reader: Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, 'gq'])),
  Asker: { ...Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, 'gq'])), ownInbox: 'gpq' },
};

/** Who looks for open items, and in which index. */
export const INDEXES: Readonly<Record<string, readonly string[]>> = {
  Watch: ['open'],
  Act: ['open'],
  Track: ['open', 'waiting'],
  Reader: ['open', 'waiting'],
  Asker: ['open', 'waiting'],
};

/** What the flows asked of the table, in the simulation: by role, the kinds of items and how, and the indexes. */
export function rightsOf(used: ReadonlySet<string>): Readonly<Record<string, readonly string[]>> {
  const rights = new Map<string, Set<string>>();
  for (const call of used) {
    const [role = '', store = '', method = '', asked = ''] = call.split(' ');
    const all = rights.get(role) ?? new Set<string>();
    rights.set(role, all);
    for (const right of neededFor(store, method, asked)) all.add(right);
  }
  return Object.fromEntries([...rights].map(([role, all]) => [role, [...all].sort()]));
}

const KIND_OF: Readonly<Record<string, Kind>> = {
  targets: 'target',
  applications: 'application',
  requests: 'request',
  inbox: 'slackInbox',
  runs: 'run',
  freezes: 'freezes',
  channels: 'channel',
  pace: 'pace',
  timeline: 'timeline',
  chunks: 'chunk',
};

function neededFor(store: string, method: string, asked: string): readonly string[] {
  if (store === 'open') return [asked === 'inbox' ? 'index waiting' : 'index open'];
  if (store === 'starts') return ['run p', 'application p', 'target p'];
  const kind = KIND_OF[store] ?? store;
  if (store === 'timeline') return method === 'append' ? [`${kind} g`, `${kind} p`] : [`${kind} g`];
  // The list of a chunk's targets is an item of its own, read by its key.
  if (store === 'chunks') return method.startsWith('put') ? [`${kind} p`] : [`${kind} q`, `${kind} g`];
  return [`${kind} ${method === 'read' ? 'g' : 'p'}`];
}

/** The written table in the same words, without the inboxes of people at a command line, of whom there are none there. */
export function grantedTo(role: string): readonly string[] {
  const kinds = Object.entries(MAY[role] ?? {}).filter(([kind]) => kind !== 'ownInbox' && kind !== 'othersInbox');
  return [
    ...kinds.flatMap(([kind, how]) => [...how].map((one) => `${kind} ${one}`)),
    ...(INDEXES[role] ?? []).map((index) => `index ${index}`),
  ].sort();
}
