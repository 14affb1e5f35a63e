import type { TargetConfig } from '../core/config/config.ts';
import { rulesOf, TARGETS_PER_SHARD } from '../core/config/people.ts';
import { isBackedOff, isMoving, isSuspicious } from '../core/evaluate/needs-close-look.ts';
import type { TickRecord } from '../core/model/sample-record.ts';
import type { TargetState } from '../core/model/target.ts';
import type { ChunkStore, Stores, Versioned } from '../core/ports.ts';
import { boundedClock } from './bounded-clock.ts';
import { forEachApart, forEachLimited } from './change-item.ts';
import { recall, rollUp } from './watch-course.ts';
import { distrust, memoryOf } from './watch-memory.ts';
import { logUntold, ReachedTable, tellApart } from './watch-table.ts';
import { decideOn, type Taken, takeSample, type WatchTargetDeps } from './watch-target.ts';

/** A shard's sockets at one time. */
const SOCKETS_MAX = 25;
/** A calm target's holders are looked at on every fourth tick. */
const HOLDERS_EVERY_TICKS = 4;
/** Schedule, call and queue give up after a minute each: a tick that looks later is none, it is a clock that is wrong. */
const LATE_MS_MAX = 5 * 60_000;
/** One that was asked for outside the schedule is begun within the minute for which a call is kept. */
const CALL_MS_MAX = 60_000;
/** Longer than one target may take. */
const SAMPLE_MS_MAX = 30_000;
/** Under suspicion, and while a run is being judged. */
const CLOSE_LOOK_MS = 5000;
/** So many containers that look within a few milliseconds are not to be expected. */
const LOOK_KEYS_MAX = 20;
/** Targets that a log line names; all of them are counted. */
const BLIND_NAMED_MAX = 20;

export interface WatchDeps extends WatchTargetDeps {
  readonly stores: Pick<Stores, 'targets' | 'open'>;
  readonly chunks: ChunkStore;
}

export interface Tick {
  readonly shard: number;
  /** When the tick was due: the chunk's key. */
  readonly tickMs: number;
  /** The next tick's time: a close look ends before it. */
  readonly untilMs: number;
}

export type WatchReport =
  | { readonly kind: 'stale' | 'duplicate' }
  | {
      readonly kind: 'watched';
      readonly targets: number;
      readonly closeLooks: number;
      /** Why some or all of it was judged from memory alone; null: the table was there. */
      readonly outOfReach: string | null;
    };

/** sample -> evaluate -> incident, once for every target of a shard, then closer for those under suspicion. */
export async function watchTick(given: WatchDeps, tick: Tick): Promise<WatchReport> {
  const { settings } = given;
  const everyMs = settings.config.sampling.everySeconds * 1000;
  const table = new ReachedTable();
  // First of all, because the table's answer also says what time it is.
  const found = await table.use(() => given.stores.open.openTargets());
  const open = new Map((found?.items ?? []).map((item) => [item.value.targetId, item]));
  const lateMs = given.clock.nowMs() - tick.tickMs;
  if (lateMs > everyMs && lateMs < LATE_MS_MAX) {
    given.log.info('stale', { shard: tick.shard, lateMs });
    return { kind: 'stale' };
  }
  const bounds = { notBeforeMs: tick.tickMs, notAfterMs: tick.tickMs + everyMs + SAMPLE_MS_MAX };
  const deps = { ...given, clock: boundedClock(given.clock, bounds) };
  const { clock } = deps;
  const targets = settings.config.targets.slice(tick.shard * TARGETS_PER_SHARD, (tick.shard + 1) * TARGETS_PER_SHARD);
  await table.use(() => recall(deps, tick.shard, targets, valuesOf(open)));
  const isHoldersTick = Math.round(tick.tickMs / everyMs) % HOLDERS_EVERY_TICKS === 0;

  const due = targets.filter(({ id }) => !isBackedOff(memoryOf(deps.memory, id).records, clock.nowMs()));
  const taken = await takeEach(deps, due, (target) => {
    const memory = memoryOf(deps.memory, target.id);
    const isCalm =
      memory.decision.finding.kind === 'calm' && !isSuspicious(memory.records, rulesOf(settings.config, target));
    return isHoldersTick || open.has(target.id) || !isCalm ? 'holders' : 'counts';
  });
  const records = new Map(taken.map(({ target, record }) => [target.id, record]));
  logTick(deps, tick.shard, records);
  // Another invocation of this tick keeps the evidence and decides. What ours saw is in nobody's evidence.
  if ((await table.use(() => deps.chunks.put(tick.shard, tick.tickMs, records))) === 'exists') {
    for (const { target } of taken) distrust(deps.memory, target.id);
    return { kind: 'duplicate' };
  }
  await decideOnAll(deps, tick.shard, table, taken, async ({ target }) => open.get(target.id) ?? null);

  await table.use(() => rollUp(deps, tick.shard, targets, tick.tickMs, everyMs));

  const suspects = targets.filter((target) => needsCloseLook(deps, target, open.get(target.id)?.value ?? null));
  const closeLooks = await lookClosely(deps, tick.shard, table, suspects, tick.untilMs);
  return { kind: 'watched', targets: due.length, closeLooks, outOfReach: table.outOfReach };
}

/** One sample of each. What is stored of one target keeps no other from being sampled. */
function takeEach(
  deps: WatchDeps,
  targets: readonly TargetConfig[],
  wantOf: (target: TargetConfig) => 'counts' | 'holders',
): Promise<readonly Taken[]> {
  return forEachApart(deps, targets, SOCKETS_MAX, {
    itemOf: ({ id }) => `target#${id}`,
    work: (target) => takeSample(deps, target, wantOf(target)),
  });
}

/** What the samples mean, each for its own target; what cannot be stored is said in the log. */
async function decideOnAll(
  deps: WatchDeps,
  shard: number,
  table: ReachedTable,
  taken: readonly Taken[],
  known: (one: Taken) => Promise<Versioned<TargetState> | null>,
): Promise<ReadonlyMap<string, TargetState>> {
  const untold: Taken[] = [];
  const states = new Map<string, TargetState>();
  await forEachLimited(taken, SOCKETS_MAX, async (one) => {
    const { target, sample } = one;
    const told = await tellApart(deps, table, one, async () => decideOn(deps, target, sample, await known(one)));
    if (told.kind === 'untold') untold.push(one);
    else if (told.state !== null) states.set(target.id, told.state);
  });
  logUntold(deps, shard, untold, table);
  return states;
}

/** One line for a whole shard, and one more while something in it cannot be read. */
function logTick({ log }: WatchDeps, shard: number, records: ReadonlyMap<string, TickRecord>): void {
  const blind = [...records].flatMap(([id, record]) => (record.kind === 'unreadable' ? [[id, record.cause]] : []));
  log.info('watched', { shard, samples: records.size });
  if (blind.length === 0) return;
  log.info('unreadable', {
    shard,
    samples: records.size,
    unreadable: blind.length,
    causes: Object.fromEntries(blind.slice(0, BLIND_NAMED_MAX)),
  });
}

/** Samples some targets now, after a run, and goes on until they are judged or the time is over. */
export async function watchNow(
  given: WatchDeps,
  targetIds: readonly string[],
  { askedAtMs, forMs }: { readonly askedAtMs: number; readonly forMs: number },
): Promise<WatchReport> {
  const bounds = { notBeforeMs: askedAtMs, notAfterMs: askedAtMs + CALL_MS_MAX + forMs + SAMPLE_MS_MAX };
  const deps = { ...given, clock: boundedClock(given.clock, bounds) };
  const untilMs = deps.clock.nowMs() + forMs;
  const { targets } = deps.settings.config;
  const chosen = targets.filter((target) => targetIds.includes(target.id));
  const table = new ReachedTable();
  let closeLooks = 0;
  for (const target of chosen) {
    const shard = Math.floor(targets.indexOf(target) / TARGETS_PER_SHARD);
    await table.use(() => recall(deps, shard, [target], new Map()));
    closeLooks += await lookClosely(deps, shard, table, [target], untilMs);
  }
  return { kind: 'watched', targets: chosen.length, closeLooks, outOfReach: table.outOfReach };
}

async function lookClosely(
  deps: WatchDeps,
  shard: number,
  table: ReachedTable,
  suspects: readonly TargetConfig[],
  untilMs: number,
): Promise<number> {
  let looks = 0;
  let left = suspects;
  while (left.length > 0 && deps.clock.nowMs() + CLOSE_LOOK_MS < untilMs) {
    await deps.clock.sleep(CLOSE_LOOK_MS);
    const taken = await takeEach(deps, left, () => 'holders');
    // Evidence before what follows from it, as on a tick: who dies in between has decided nothing.
    await table.use(() => keepLooks(deps, shard, new Map(taken.map(({ target, record }) => [target.id, record]))));
    const states = await decideOnAll(deps, shard, table, taken, ({ target }) => deps.stores.targets.read(target.id));
    left = left.filter((target) => needsCloseLook(deps, target, states.get(target.id) ?? null));
    looks += 1;
  }
  return looks;
}

/** Under an instant of their own: ticks are due at whole seconds, and another container may look at the same time. */
async function keepLooks(deps: WatchDeps, shard: number, records: ReadonlyMap<string, TickRecord>): Promise<void> {
  let keyMs = deps.clock.nowMs();
  for (let tries = 0; tries < LOOK_KEYS_MAX; tries += 1, keyMs += 1) {
    if (keyMs % 1000 === 0) keyMs += 1;
    if ((await deps.chunks.put(shard, keyMs, records)) === 'written') return;
  }
}

function needsCloseLook(deps: WatchDeps, target: TargetConfig, state: TargetState | null): boolean {
  if (state?.run?.phase === 'verifying') return true;
  const { records } = memoryOf(deps.memory, target.id);
  // A database that is busy and stays so is no news every five seconds.
  return isSuspicious(records, rulesOf(deps.settings.config, target)) && isMoving(records);
}

function valuesOf<T>(items: ReadonlyMap<string, { readonly value: T }>): ReadonlyMap<string, T> {
  return new Map([...items].map(([id, { value }]) => [id, value]));
}
