import type { ConfigInput } from '../../../functions/core/config/config.ts';
import type { Details } from '../../../functions/core/model/details.ts';
import type { Message, Notice } from '../../../functions/core/model/notice.ts';
import { SECOND } from '../../interact/slack-click-stage.ts';
import { MINUTE_MS, Tale } from './tale.ts';

/** One picture: what it means, and the story that ends with it. */
export interface State {
  readonly name: string;
  readonly says: string;
  readonly shows: () => Promise<Message>;
}

const CALM_MINUTES = 20;
const CALM = 12;
const MAX = 50;

/** From now on so many connections more a minute, up to a most. */
function leaks(tale: Tale, perMinute: number, most = MAX): void {
  const sinceMs = tale.clock.nowMs();
  const from = tale.look(sinceMs, '');
  const base = typeof from === 'number' ? from : CALM;
  tale.look = (atMs) => Math.min(most, base + ((atMs - sinceMs) / MINUTE_MS) * perMinute);
}

async function calm(change: Partial<ConfigInput> = {}): Promise<Tale> {
  const tale = new Tale(change);
  await tale.minutes(CALM_MINUTES);
  return tale;
}

/** A leak that will fill the pool: seen early, critical a little later. */
async function critical(change: Partial<ConfigInput> = {}): Promise<Tale> {
  const tale = await calm(change);
  leaks(tale, 3);
  await tale.until(({ severity }) => severity === 'critical');
  return tale;
}

async function ended(tale: Tale): Promise<Tale> {
  await tale.run();
  // Two hosts, one after the other.
  for (let steps = 0; steps < 8 && tale.card().face === 'running'; steps += 1) await tale.pass(5000);
  return tale;
}

const FAILED = JSON.stringify({
  ending: 'failed',
  reason: 'shop-worker did not come up again within 60 seconds',
  lines: ['shop-worker: errored, its log ends with a syntax error'],
  changed: 'maybe',
});
const REFUSED = JSON.stringify({
  ending: 'refused',
  reason: 'several PM2 daemons run for /home/deploy/.pm2 (pids 2110 4711); nothing was changed',
  lines: [],
  changed: 'no',
});
const FOUND = JSON.stringify({
  ending: 'done',
  reason: '',
  lines: [
    'shop-worker: 17 connections, 16 of them idle for more than 5 minutes',
    'Nothing in the configuration closes a connection after use: see the pool of shop-worker',
  ],
});

const HISTORY_MS = 12 * 3_600_000;
/** What ended each of the incidents before: a restart that helped, one that did not, or nobody at all. */
const HISTORY = ['helped', 'alone', 'helped', 'failed', 'helped', 'alone', 'helped'] as const;

/** The same trouble, after a night of it. */
async function withHistory(): Promise<Tale> {
  const tale = new Tale({ runbooks: { 'restart-workers': { cooldownSeconds: 0 } } }, HISTORY_MS);
  await tale.minutes(CALM_MINUTES);
  for (const how of HISTORY) {
    await trouble(tale);
    if (how !== 'alone') await ended(tale);
    if (how === 'alone') tale.look = () => 42;
    if (how === 'alone') await tale.minutes(9);
    if (how === 'failed') await until(tale, ({ face }) => face === 'notRecovered');
    tale.look = () => 10;
    await until(tale, ({ resolvedAtMs }) => resolvedAtMs !== null);
    // What comes sooner is the same incident again.
    await tale.minutes(35);
  }
  await trouble(tale);
  return tale;
}

async function trouble(tale: Tale): Promise<void> {
  const before = tale.shown().length;
  tale.look = () => CALM;
  leaks(tale, 3);
  await until(tale, ({ severity }) => tale.shown().length > before && severity === 'critical');
}

/** Of the newest card alone. */
async function until(tale: Tale, isSo: (notice: Notice) => boolean): Promise<void> {
  for (let minute = 0; minute < 120; minute += 1) {
    await tale.minutes(1);
    if (tale.shown().length > 0 && isSo(tale.card())) return;
  }
  throw new Error(`it never came to ${isSo}`);
}

/** What the thread of an incident says in the end. */
export async function threadOf(): Promise<{ readonly card: Message; readonly replies: readonly string[] }> {
  const tale = await calm();
  leaks(tale, 2);
  await tale.until(({ severity }) => severity === 'critical');
  await ended(tale);
  tale.look = () => 9;
  await until(tale, ({ resolvedAtMs }) => resolvedAtMs !== null);
  return { card: tale.card(), replies: tale.thread() };
}

const state = (name: string, says: string, story: () => Promise<Tale>): State => ({
  name,
  says,
  shows: async () => (await story()).card(),
});

export const states: readonly State[] = [
  state('warning', 'Something has begun. Nobody has to run yet.', async () => {
    const tale = await calm();
    leaks(tale, 1);
    await tale.until(() => true);
    return tale;
  }),
  state('critical', 'It will be full soon, or is nearly so.', critical),
  state('refusing', 'The server refuses new connections (error 1040).', async () => {
    const tale = await calm();
    leaks(tale, 4, MAX);
    await tale.minutes(8);
    tale.look = () => 'full';
    await tale.until(({ face }) => face === 'refusing');
    return tale;
  }),
  state(
    'unreachable',
    'The database has died while its connections ran out: told anew, on the same card.',
    async () => {
      const tale = await critical();
      tale.look = () => 'connectionRefused';
      await tale.until(({ face }) => face === 'unreachable');
      return tale;
    },
  ),
  state('blind', 'The database cannot be read, and the card says why.', async () => {
    const tale = await calm();
    tale.look = () => 'denied';
    await tale.until(({ face }) => face === 'blind');
    return tale;
  }),
  state('acknowledged', 'Somebody has it. Nothing else changes.', async () => {
    const tale = await critical();
    const { acknowledge } = tale.card().controls;
    if (acknowledge !== null) await tale.ask(acknowledge);
    return tale;
  }),
  state('silenced', 'Told to be quiet, until when, by whom and why. Sampling goes on.', async () => {
    const tale = await critical();
    const why = 'planned migration, more connections until five';
    await tale.ask({ kind: 'silence', targetId: 'orders-db', forSeconds: 7200, why }, SECOND);
    return tale;
  }),
  state('frozen', 'Frozen by somebody: the card says by whom and why, and offers nothing of it.', async () => {
    const tale = await critical();
    const scope = { kind: 'application', id: 'shop' } as const;
    await tale.ask({ kind: 'freeze', scope, forSeconds: 3600, why: 'deploy under way' }, SECOND);
    return tale;
  }),
  {
    name: 'freeze',
    says: 'A freeze is told to everybody when it begins, and again when it ends.',
    shows: async () => {
      const tale = await critical();
      await tale.ask(
        { kind: 'freeze', scope: { kind: 'everything' }, forSeconds: null, why: 'we do not know yet' },
        SECOND,
      );
      const found = tale.shown().find(({ kind }) => kind === 'freeze');
      if (found === undefined) throw new Error('the channel was not told of the freeze');
      return found;
    },
  },
  state('no-snapshot', 'No host has a copy of the configuration, so there is nothing to roll back to.', async () => {
    const tale = new Tale();
    tale.hasCopies = false;
    await tale.minutes(CALM_MINUTES);
    leaks(tale, 3);
    await tale.until(({ severity }) => severity === 'critical');
    return tale;
  }),
  state(
    'before-the-click',
    'Just above the buttons: how often each has helped here, and how often trouble here ends without a run.',
    withHistory,
  ),
  state('awaiting', 'A run waits for a second person, who can agree or refuse.', async () => {
    const tale = await critical({ runbooks: { 'restart-workers': { approval: { withinSeconds: 600 } } } });
    await tale.run('restart-workers');
    return tale;
  }),
  state('running', 'A runbook runs: by whom, since when, how far. It can be cancelled.', async () => {
    const tale = await critical();
    await tale.run();
    await tale.pass(9000);
    return tale;
  }),
  state('verifying', 'It has ended; the next samples say whether it helped.', async () => ended(await critical())),
  state('recovered', 'The sampler saw it recover.', async () => {
    const tale = await ended(await critical());
    tale.look = () => 9;
    await tale.until(({ face }) => face === 'recovered');
    return tale;
  }),
  state('improved', 'Improved, still too high.', async () => {
    const tale = await critical();
    await tale.minutes(3);
    await ended(tale);
    tale.look = () => 39;
    await tale.until(({ face }) => face === 'improved');
    return tale;
  }),
  state('did-not-help', 'No effect: the script ended well, and the database is as before.', async () => {
    const tale = await ended(await critical());
    leaks(tale, 0.5, 49);
    await tale.until(({ face }) => face === 'notRecovered');
    return tale;
  }),
  state('relapsed', 'It helped for a while.', async () => {
    const tale = await ended(await critical());
    tale.look = () => 9;
    await tale.until(({ face }) => face === 'recovered');
    leaks(tale, 8, 44);
    await tale.until(({ face }) => face === 'relapsed');
    return tale;
  }),
  state('inconclusive', "Can't tell if it helped, and the card does not pretend.", async () => {
    const tale = await ended(await critical());
    tale.look = () => 'denied';
    await tale.until(({ face }) => face === 'inconclusive');
    return tale;
  }),
  state(
    'well-for-now',
    'Recovering: healthy, and not for long enough. Trouble that comes and goes is told once.',
    async () => {
      const tale = await critical();
      tale.look = () => 14;
      await until(tale, ({ face }) => face === 'settling');
      return tale;
    },
  ),
  state(
    'host-failed',
    'A host failed: what it said stays in sight, and the hosts after it were left alone.',
    async () => {
      const tale = await critical();
      tale.saysOn = (hostId) => (hostId.endsWith('1') ? tale.says : FAILED);
      await ended(tale);
      leaks(tale, 0.5, 49);
      await tale.until(({ face }) => face === 'notRecovered');
      return tale;
    },
  ),
  state('refused', 'Refused by the script: nothing was changed, so there is nothing to judge.', async () => {
    const tale = await critical();
    tale.says = REFUSED;
    return ended(tale);
  }),
  state(
    'checking',
    'All connections of the application are gone: nothing is green before it was looked at, and no host answers.',
    async () => {
      const tale = await critical();
      tale.app = null;
      tale.look = () => 0;
      await until(tale, ({ face }) => face === 'doubted');
      await tale.minutes(2);
      return tale;
    },
  ),
  state('down', 'The connections are gone, and so are the workers: that is no recovery.', async () => {
    const tale = await critical();
    [tale.says, tale.app] = [FAILED, { up: 0, down: 3 }];
    await ended(tale);
    tale.look = () => 0;
    await tale.until(({ face }) => face === 'down');
    await tale.minutes(3);
    return tale;
  }),
  state('looked', 'A look at the hosts: what it found, and nothing is judged.', async () => {
    const tale = await critical();
    tale.says = FOUND;
    await tale.run('diagnose');
    for (let steps = 0; steps < 8 && tale.card().face === 'running'; steps += 1) await tale.pass(5000);
    return tale;
  }),
  state('taken-back', 'What was rolled back is being taken back.', async () => {
    const tale = await critical();
    await tale.run('rollback-config');
    for (let steps = 0; steps < 8 && tale.card().face === 'running'; steps += 1) await tale.pass(5000);
    tale.look = () => 9;
    await tale.until(({ face }) => face === 'recovered');
    const { undo } = tale.card().controls;
    if (undo === null) throw new Error('the card does not offer to take it back');
    await tale.ask(undo.request, SECOND);
    return tale;
  }),
  state('resolved', 'Over without anybody having done anything.', async () => {
    const tale = await critical();
    tale.look = () => 14;
    await tale.until(({ face }) => face === 'resolved', 120);
    return tale;
  }),
  state('practice', 'Somebody tries Runbell out.', async () => {
    const tale = await calm();
    await tale.practise();
    return tale;
  }),
  state('nobody-may', 'Nobody is listed: runbooks are suggested and cannot be pressed.', () =>
    critical({ people: [] }),
  ),
  {
    name: 'storm',
    says: 'Many databases at once fold into one message; the menu opens each.',
    shows: async () => {
      const tale = new Tale(many(40));
      await tale.minutes(5);
      // A few of them are full; in the others a level lasts.
      tale.look = (_, targetId) => (Number(targetId.split('-')[1]) % 5 === 0 ? 'full' : 46);
      await tale.minutes(8);
      const found = tale.shown().find(({ kind }) => kind === 'summary');
      if (found === undefined) throw new Error('nothing was folded');
      return found;
    },
  },
];

function many(count: number): Partial<ConfigInput> {
  const targets = Array.from({ length: count }, (_, at) => ({
    id: `tenant-${at}`,
    host: `tenant-${at}.example.internal`,
    user: 'runbell',
    credential: { kind: 'iam', region: 'eu-central-1', resourceId: 'db-EXAMPLE' } as const,
  }));
  return { targets, applications: [] };
}

/** What fills the form of a runbook before it is run, after it has run here before. */
export async function runForm(): Promise<Details> {
  const tale = await ended(await critical());
  tale.look = () => 9;
  await tale.until(({ face }) => face === 'recovered');
  leaks(tale, 3);
  await tale.until(({ offers, face }) => offers.length > 0 && face !== 'recovered' && face !== 'verifying');
  const of = tale.card().offers.find((offer) => offer.kind === 'runnable');
  if (of?.kind !== 'runnable') throw new Error('the card offers nothing');
  return tale.details({ kind: 'details', targetId: 'orders-db', of: of.request, viewId: null });
}

/** What fills the form about an incident that several people have met. */
export async function incidentForm(): Promise<Details> {
  const tale = await critical();
  const { acknowledge } = tale.card().controls;
  if (acknowledge !== null) await tale.ask(acknowledge);
  await tale.ask({ kind: 'silence', targetId: 'orders-db', forSeconds: 10, why: 'too short' }, SECOND);
  await ended(tale);
  tale.look = () => 9;
  await tale.minutes(3);
  return tale.details({ kind: 'details', targetId: 'orders-db', of: null, viewId: null });
}
