import { runRequestOf } from '../../../functions/core/act/offers.ts';
import type { NoticeBoard } from '../../../functions/core/ports.ts';
import type { Settings } from '../../../functions/core/settings.ts';
import { decideInbox } from '../../../functions/flows/act.ts';
import { advanceRun } from '../../../functions/flows/advance-run.ts';
import { notifyTarget } from '../../../functions/flows/notify.ts';
import { notifyRequest } from '../../../functions/flows/notify-request.ts';
import { notifyChannel } from '../../../functions/flows/tell-debt.ts';
import { sweepFor } from '../../../functions/flows/track.ts';
import { watchTick } from '../../../functions/flows/watch.ts';
import { countedRun } from './counted-run.ts';
import { countingStage, MINUTE_MS, START_MS } from './counting-stage.ts';
import { PRICES } from './prices.ts';

/** What one incident costs beyond the calm that would have been there without it. */
export interface CountedIncident {
  readonly minutes: number;
  readonly writes: number;
  readonly reads: number;
  /** Of notify and act, one for each record of the stream that they are woken by. */
  readonly invocations: number;
  /** Calls of Slack, which cost nothing. */
  readonly freeCalls: number;
  /** For which track stayed awake, so that nobody waits for the next sweep. */
  readonly awakeSeconds: number;
  readonly dollars: number;
}

const USE = { targets: 1, everySeconds: 60 } as const;
const HOSTS = ['i-0000000000000001', 'i-0000000000000002'];
/** Opens after the first minutes of trouble, is run against, helped, judged and resolved well within it. */
const MINUTES = 40;
const TROUBLE_FROM = 10;
const PRESSED_AT = 20;
/** Measured: a warm invocation of notify or act, with the calls it waits for. */
const SECONDS_AN_INVOCATION = 0.4;
const GIGABYTES = 0.25;
/** Track stays awake until the next sweep while something is urgent. */
const AWAKE_MS_MAX = 55_000;
const PERSON = 'U0000000';

/** Opens, tells, runs one runbook on two hosts, judges, resolves: through the flows, by what the stream would bring. */
export async function countedIncident(catalogue: Settings['catalogue']): Promise<CountedIncident> {
  const application = {
    id: 'application',
    kind: 'node' as const,
    targets: ['database-000'],
    hosts: HOSTS,
    directory: '/srv/application',
    user: 'deploy',
    pm2: { home: '/home/deploy/.pm2', processes: ['worker'] },
  };
  const people = [{ slackUserId: PERSON, name: 'On call' }];
  const stage = countingStage(USE, { catalogue, input: { people, applications: [application] } });
  const tally = { invocations: 0, freeCalls: 0, awakeSeconds: 0 };
  for (let minute = 1; minute <= MINUTES; minute += 1) {
    stage.time.nowMs = Math.max(stage.time.nowMs, START_MS + minute * MINUTE_MS);
    if (minute === TROUBLE_FROM) stage.counts.connected = 480;
    await watchTick(stage.watch, {
      shard: 0,
      tickMs: START_MS + minute * MINUTE_MS,
      untilMs: START_MS + (minute + 1) * MINUTE_MS,
    });
    if (minute === PRESSED_AT) await press(stage);
    await deliver(stage, tally);
    const sweptMs = stage.time.nowMs;
    await sweepFor(stage.track, () => sweptMs + AWAKE_MS_MAX - stage.time.nowMs);
    tally.awakeSeconds += (stage.time.nowMs - sweptMs) / 1000;
    await deliver(stage, tally);
    if (minute === PRESSED_AT) stage.counts.connected = 20;
  }
  const state = (await stage.stores.targets.read('database-000'))?.value;
  if (state?.tried[0]?.outcome.kind !== 'recovered' || state.incident?.resolvedAtMs === null) {
    throw new Error('the counted incident did not come to its end');
  }
  const calm = await countedRun(USE);
  const share = MINUTES / calm.minutes;
  const writes = stage.table.units.writes - (calm.tickWrites + calm.sweepWrites) * share;
  const reads = stage.table.units.reads - (calm.tickReads + calm.sweepReads) * share;
  const seconds = tally.invocations * SECONDS_AN_INVOCATION + tally.awakeSeconds;
  const dollars =
    writes * PRICES.tableWrite +
    reads * PRICES.tableRead +
    tally.invocations * PRICES.lambdaRequest +
    seconds * GIGABYTES * PRICES.lambdaGbSecond;
  return { minutes: MINUTES, writes, reads, ...tally, dollars };
}

type Stage = ReturnType<typeof countingStage>;
interface Tally {
  invocations: number;
  freeCalls: number;
  awakeSeconds: number;
}

async function press({ stores, settings, time }: Stage): Promise<void> {
  const state = (await stores.targets.read('database-000'))?.value;
  const application = settings.config.applications[0];
  const entry = settings.catalogue.find(({ manifest }) => manifest.id === 'restart-workers');
  if (state === undefined || application === undefined || entry === undefined)
    throw new Error('nothing can be pressed');
  const id = 'c'.repeat(64);
  await stores.inbox.write(
    `slack#${id}`,
    {
      schema: 1,
      id,
      receivedAtMs: time.nowMs,
      by: { userId: PERSON, teamId: 'T0000000', kind: 'member' },
      channel: 'C0000000',
      messageTs: null,
      request: runRequestOf(state, application, entry),
      decision: null,
      answerOwed: true,
      answerFailures: 0,
    },
    null,
  );
}

/** Wakes notify and act by the filters that the stream has, until nothing is left. */
async function deliver(stage: Stage, tally: Tally): Promise<void> {
  const { stores, track, written } = stage;
  const board = countingBoard(tally);
  const pager = { page: async () => 'sent' as const };
  const notify = { ...stage.basics, stores, board, pager };
  const directory = { members: async () => 'unknown' as const, kindOf: async () => 'member' as const };
  const act = { ...track, maySend: true, directory };
  for (let one = written.shift(); one !== undefined; one = written.shift()) {
    const { entity, id, owes } = one;
    if (owes === '') continue;
    tally.invocations += 1;
    if (entity === 'inbox') await decideInbox(act, id);
    else if (owes === 'step') await advanceRun(act, id);
    else if (entity === 'request') await notifyRequest(notify, id);
    else if (entity === 'channel') await notifyChannel(notify, id);
    else await notifyTarget(notify, id);
  }
}

function countingBoard(tally: Tally): NoticeBoard {
  const message = { channel: 'C0000000', ts: '1767571200.000100' };
  const done = async () => {
    tally.freeCalls += 1;
    return { kind: 'done', message } as const;
  };
  return { post: done, edit: done, find: done, reply: done, whisper: done, direct: done, fill: done };
}
