import type { RunDetails } from '../../../../functions/core/model/details.ts';
import type { Face, Message, Notice, Offer, Summary } from '../../../../functions/core/model/notice.ts';
import { freezeNoticeOf, frozenText } from '../../../../functions/core/notify/freeze-notice.ts';
import { timeToken, userToken } from '../../../../functions/core/text/tokens.ts';
import { controls, noticeFor, restartOffer, runRequest, T0, undoOffer } from './notices.ts';

/** One state of the card as the gallery shows it: a test checks each of them against Slack's limits. */
export interface CardState {
  readonly name: string;
  /** What it means, for the page of pictures. */
  readonly says: string;
  readonly card: Message;
}

const MINUTE = 60_000;
export const GALLERY_NOW_MS = T0 + 40 * MINUTE;
const ON_CALL = userToken('U0AAAAAAA1');

const freeze = {
  id: 'frz-0123456789abcdef',
  scope: { kind: 'application', id: 'shop' },
  byUserId: 'U0AAAAAAA2',
  sinceMs: T0 + 20 * MINUTE,
  untilMs: T0 + 80 * MINUTE,
  why: 'deploy under way',
} as const;
const FROZEN = frozenText(freeze);

const restart = {
  ...restartOffer,
  title: 'Restart workers',
  says: "Restarts the application's PM2 processes as their owner and watches that they stay up.",
  risk: 'disrupt',
  confirm: 'form',
} as const satisfies Offer;
const menu: readonly Offer[] = ['Clear the caches', 'Reload php-fpm', 'Roll back one version'].map((title, at) => ({
  ...restart,
  title,
  fitsCause: false,
  request: { ...runRequest, runbookId: `other-${at}` },
}));

const state = (name: string, says: string, face: Face, more: Partial<Notice> = {}): CardState => {
  const base = noticeFor(face);
  // The chart says the same as the words.
  const connected = Number(/^(\d+) of/.exec(more.summary ?? base.summary)?.[1] ?? 50);
  const trail = base.trail.map(
    ([atMs, count], at) => [atMs, at > 25 ? connected : Math.min(count, connected)] as const,
  );
  const perMinute = Number(/\+(\d+) a minute/.exec(more.summary ?? base.summary)?.[1] ?? 0);
  const forecast = Array.from({ length: 6 }, (_, at) => {
    const minutes = (at + 1) * Math.max(1, (50 - connected) / Math.max(1, perMinute) / 6);
    return [T0 + (29 + minutes) * MINUTE, Math.min(50, connected + perMinute * minutes)] as const;
  });
  const isForecast = /full in/.test(more.summary ?? base.summary);
  const offers = base.offers.length === 0 ? [] : [restart, ...menu];
  return { name, says, card: { ...base, trail, forecast: isForecast ? forecast : [], offers, ...more } };
};

const outcome = (sentence: string): Pick<Notice, 'run'> => ({
  run: {
    headline: `"Restart workers" by ${ON_CALL} at ${timeToken(T0 + 28 * MINUTE)}: ${sentence}`,
    lines: ['i-0aaaaaaaaaaaaaaa1: done', 'i-0aaaaaaaaaaaaaaa2: done'],
    brief: 'Done on i-0aaaaaaaaaaaaaaa1, i-0aaaaaaaaaaaaaaa2; what each said is in the details',
  },
});
const tried = [
  `Restart workers, by ${ON_CALL} at ${timeToken(T0 + 5 * MINUTE)}: improved, still too high: 47 → 41 of 50 connections`,
];

export const cardStates: readonly CardState[] = [
  state('warning', 'Something has begun. Nobody has to run yet.', 'warning', {
    title: 'orders-db leaks connections',
    summary: '29 of 50 connections (58 %), +1 a minute, full in about 20 minutes',
  }),
  state('critical', 'It will be full soon, or is nearly so.', 'critical'),
  state('refusing', 'The server refuses new connections (error 1040).', 'refusing', {
    title: 'orders-db refuses connections',
    summary: 'all 50 connections are taken, new ones are refused',
    facts: ['Why: the server refuses new connections (error 1040) in 3 samples in a row'],
  }),
  state('unreachable', 'Nobody gets through to the database, whatever was wrong before.', 'unreachable', {
    title: 'orders-db is unreachable',
    summary: 'Nothing listens at db.example.internal:3306 (ECONNREFUSED); last seen: 48 of 50 connections (96 %)',
    facts: ['Why: connections leak: 29 have been idle for more than 5 minutes; could not be read 3 times in a row'],
    holders: [],
  }),
  state('blind', 'The database cannot be read, and the card says why.', 'blind', {
    title: 'orders-db cannot be read',
    summary: 'The monitoring account was refused: wrong password; last seen: 21 of 50 connections (42 %)',
    facts: ['Why: could not be read 3 times in a row', `Out of sight since ${timeToken(T0 + 31 * MINUTE)}`],
    holders: [],
    offers: [],
  }),
  state('acknowledged', 'Somebody has it. Nothing else changes.', 'critical', {
    acknowledgedBy: 'U0AAAAAAA1',
    acknowledgedAtMs: T0 + 34 * MINUTE,
    controls: { ...controls, acknowledge: null },
  }),
  state('silenced', 'Told to be quiet, until when, by whom and why. Sampling goes on.', 'critical', {
    silence: {
      untilMs: T0 + 100 * MINUTE,
      byUserId: 'U0AAAAAAA2',
      why: 'planned migration, more connections until five',
    },
    controls: { ...controls, silence: null, unsilence: { kind: 'unsilence', targetId: 'orders-db' } },
  }),
  state('maintenance', 'Its maintenance window is on: only what is critical would be told.', 'warning', {
    title: 'orders-db leaks connections',
    summary: '29 of 50 connections (58 %), +1 a minute, full in about 20 minutes',
    silence: { untilMs: T0 + 90 * MINUTE, byUserId: null, why: 'minor upgrade', lets: 'critical' },
    controls: { ...controls, unsilence: { kind: 'unsilence', targetId: 'orders-db' } },
  }),
  state('frozen', 'Somebody froze the application: no buttons until it is lifted, and why.', 'critical', {
    offers: [
      {
        kind: 'suggested',
        runbookId: 'restart-workers',
        title: restart.title,
        says: restart.says,
        why: FROZEN,
        told: 'line',
      },
    ],
    advice: [FROZEN],
    controls: { ...controls, undo: null },
  }),
  { name: 'freeze', says: 'The channel is told of a freeze, once.', card: freezeNoticeOf(freeze) },
  {
    name: 'freeze-lifted',
    says: 'The same message, when somebody has lifted it.',
    card: freezeNoticeOf({ ...freeze, ended: { byUserId: 'U0AAAAAAA1', atMs: T0 + 40 * MINUTE } }),
  },
  state('awaiting', 'A run waits for a second person, who can agree or refuse.', 'awaiting'),
  state('broken-glass', 'Somebody started alone what a second person would have to agree to, and why.', 'running', {
    run: {
      headline: `"Restart workers" by ${ON_CALL} is running since ${timeToken(T0 + 28 * MINUTE)}, 0 of 2 hosts done`,
      lines: [],
      brief: null,
      brokenGlass: 'customers are refused and nobody else answers',
    },
  }),
  state('observing', 'Observe mode: a press only says what would be done.', 'critical', { observing: ['shop'] }),
  state('running', 'A runbook runs: by whom, since when, how far. It can be cancelled.', 'running'),
  state('verifying', 'It has ended; the next samples say whether it helped.', 'verifying', {
    ...outcome('has ended; the next samples say whether it helped'),
  }),
  state('recovered', 'The sampler saw it recover.', 'recovered'),
  state('improved', 'Better, and not well.', 'improved', {
    ...outcome('improved, still too high: 47 → 41 of 50 connections, 2 minutes after it ended'),
    summary: '41 of 50 connections (82 %)',
  }),
  state('did-not-help', 'The script ended well and helped nothing.', 'notRecovered', {
    ...outcome('no effect: 47 → 47 of 50 connections, 5 minutes after it ended'),
    summary: '47 of 50 connections (94 %), +1 a minute, full in about 3 minutes',
    controls: { ...controls, undo: undoOffer },
  }),
  state('relapsed', 'It helped for a while.', 'relapsed', {
    ...outcome('it helped, but not for long: back at 44 of 50 connections 12 minutes later'),
    summary: '44 of 50 connections (88 %), +4 a minute, full in about 2 minutes',
    tried,
  }),
  state('inconclusive', 'Nobody can say whether it helped, and the card does not pretend.', 'inconclusive', {
    ...outcome("can't tell if it helped: the database was unreachable afterwards"),
  }),
  state('down', 'The connections are gone, and so are the workers: that is no recovery.', 'down', {
    title: 'orders-db: connections are gone, and so are the workers',
    summary: '0 of 50 connections (0 %)',
    facts: [
      `3 of 3 parts of shop are down on i-0aaaaaaaaaaaaaaa1, looked ${timeToken(T0 + 31 * MINUTE)}; look at the hosts`,
    ],
    holders: [],
  }),
  state('checking', 'Nothing is green before the application was looked at.', 'doubted', {
    summary: '9 of 50 connections (18 %)',
    facts: ['Known: 47 → 9 connections. Not known yet: whether shop still runs; Runbell looks at i-0aaaaaaaaaaaaaaa1'],
    holders: [],
  }),
  state('resolved', 'Over without anybody having done anything.', 'resolved', { run: null }),
  state('practice', 'Somebody tries Runbell out.', 'critical', { isPractice: true }),
  {
    name: 'nobody-may',
    says: 'Nobody is listed: runbooks are suggested and cannot be pressed.',
    card: noticeFor('critical', {
      offers: [
        {
          kind: 'suggested',
          runbookId: 'restart-workers',
          title: 'Restart workers',
          says: restart.says,
          why: 'nobody is allowed to run it yet: list a person under "people" in runbell.config.ts and deploy',
          told: 'card',
        },
      ],
    }),
  },
  { name: 'storm', says: 'Many databases at once fold into one message; the menu opens each.', card: stormOf(187) },
];

/** Many databases at once. */
export function stormOf(count: number): Summary {
  const lines = Array.from({ length: Math.min(200, count) }, (_, at) => ({
    targetId: `tenant-${at}`,
    incidentId: `inc-storm${String(at).padStart(5, '0')}`,
    severity: at < 12 ? ('critical' as const) : ('warning' as const),
    isOpen: at < count - 4,
    sinceMs: T0 + at * 2000,
    title: at < 12 ? `tenant-${at} refuses connections` : `tenant-${at} is running out of connections`,
    details: { kind: 'details' as const, targetId: `tenant-${at}`, of: null, viewId: null },
  }));
  return {
    kind: 'summary',
    id: 'sum-a1b2c3d4e5',
    channel: 'C0ALARMS01',
    openedAtMs: T0,
    resolvedAtMs: null,
    title: `${count} databases are in trouble, 12 of them critical`,
    counts: { open: count - 4, critical: 12, resolved: 4 },
    lines,
    more: Math.max(0, count - 200),
  };
}

/** What fills the form of a runbook that disrupts. */
export const runDetails: RunDetails = {
  kind: 'run',
  request: runRequest,
  title: 'Restart workers',
  says: restart.says,
  risk: 'disrupt',
  document: { name: 'runbell-restart-workers-1f2e3d4c', sha256: '0123456789abcdef'.repeat(4) },
  summary: '38 of 50 connections (76 %), +4 a minute, full in about 3 minutes',
  hosts: runRequest.hosts,
  processes: ['shop-worker', 'shop-mailer'],
  parameters: [
    { name: 'User', value: 'deploy', says: 'The Unix user that owns the PM2 daemon' },
    { name: 'Pm2Home', value: '/home/deploy/.pm2', says: 'PM2_HOME of the daemon' },
  ],
  choices: [
    {
      name: 'DrainSeconds',
      says: 'How long workers may take to finish their job before they are cut, 0 to 119',
      pattern: '^([0-9]|[1-9][0-9]|1[01][0-9])$',
      preset: '30',
    },
  ],
  impact: [
    'Success: every process has a new pid, and it stayed up for 6 seconds.',
    'At most 3 minutes a host, one host after the other; the first that fails stops the run.',
    'It cannot be undone.',
  ],
  hazards: [
    'A job that outlasts the draining time is cut and runs again after its retry time.',
    'A restart frees leaked connections; it does not mend the leak.',
  ],
  record: ['On orders-db it helped 4 of 5 times'],
  lastOutcomes: [
    `${timeToken(T0 - 86_400_000)}, by ${ON_CALL}: it helped: 46 → 9 of 50 connections, 40 seconds after it ended`,
    `${timeToken(T0 - 5 * 86_400_000)}, by ${ON_CALL}: no effect: 48 → 47 of 50 connections`,
  ],
  needsApproval: false,
  canDryRun: true,
};
