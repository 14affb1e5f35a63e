import { timedOut } from '../core/act/freezes.ts';
import { UNHEARD_MINUTES } from '../core/config/metrics.ts';
import { isSilent } from '../core/incident/maintenance.ts';
import { isNoticeOwed, owedForMs, oweNotice } from '../core/incident/owe.ts';
import { nextWakeMs, passTime } from '../core/incident/pass-time.ts';
import type { EntityKind, VersionedStore } from '../core/ports.ts';
import { keyOf } from '../core/store/item.ts';
import { neverBegunStory } from '../core/text/thread.ts';
import { advanceRun } from './advance-run.ts';
import { apart } from './apart.ts';
import { changeItem, redrawCards } from './change-item.ts';
import { lookIfDue } from './look-again.ts';
import { beginSnapshots, type SnapshotDeps } from './snapshots.ts';
import type { AdvanceRunDeps } from './store-host.ts';

/** Items touched in one minute; the rest come a minute later. */
const DUE_MAX = 100;
const UNHEARD_MS = UNHEARD_MINUTES * 60_000;
/** A short command may end before its id is stored. */
const EARLY_LOOKS_MAX = 3;
const EARLY_LOOK_MS = 1000;

export type TrackDeps = AdvanceRunDeps & SnapshotDeps;

/** Ids of what was moved on or delivered again. */
export interface TrackReport {
  readonly targets: readonly string[];
  readonly requests: readonly string[];
  readonly runs: readonly string[];
  /** Applications whose configuration was due to be kept. */
  readonly snapshots: readonly string[];
}

const NOTHING_MOVED: TrackReport = { targets: [], requests: [], runs: [], snapshots: [] };

/**
 * Every minute: runs are reconciled with SSM, and whatever else is overdue is touched, so that the stream delivers
 * it again to the one function that may do it. This is for truth; events are only for speed.
 */
export async function sweep(deps: TrackDeps): Promise<TrackReport> {
  const { stores } = deps;
  const runs = await eachDue(deps, 'run', async (id) => {
    // A step that this function may not take itself is delivered again to the one that may.
    if ((await advanceRun(deps, id)) === 'mayNotSend') await touch(stores.runs, id);
  });
  const { targets, requests, owedMs } = await touchOwed(deps);
  const snapshots = await beginSnapshots(deps);
  const report = { targets, requests, runs, snapshots };
  if (Object.values(report).some((ids) => ids.length > 0))
    deps.log.info('swept', { ...report, owedMs, overdue: owedMs >= UNHEARD_MS ? 1 : 0 });
  return report;
}

/** Between looks, while something must not wait for the next minute's sweep. */
const LOOK_AGAIN_MS = 5_000;

/**
 * A sweep, and what falls due after it for as long as there is time: a card or an answer that Slack did not take comes
 * again as soon as it may, and not up to a minute later.
 */
export async function sweepFor(deps: TrackDeps, leftMs: () => number): Promise<TrackReport> {
  const report = await sweep(deps);
  if (!(await isUrgent(deps, leftMs()))) return report;
  while (leftMs() >= LOOK_AGAIN_MS) {
    await deps.clock.sleep(LOOK_AGAIN_MS);
    await touchOwed(deps);
  }
  return report;
}

/** What is owed for longer than this somebody has to mend, which takes longer than a minute. */
const URGENT_MS_MAX = 60 * 60_000;

/** Somebody waits, or would from the next change on. */
async function isUrgent({ stores, clock }: TrackDeps, leftMs: number): Promise<boolean> {
  const nowMs = clock.nowMs();
  const asking = ['inbox', 'request'] as const;
  const due = await Promise.all(asking.map((kind) => stores.open.dueIds(kind, nowMs + leftMs)));
  if (due.some((ids) => ids.length > 0)) return true;
  return (await stores.open.openTargets()).items.some(({ value }) => {
    if (isSilent(value, nowMs)) return false;
    const { incident, notice } = value;
    const isCritical = incident?.severity === 'critical' && incident.resolvedAtMs === null;
    return isCritical || (isNoticeOwed(value) && nowMs - (notice.owedSinceMs ?? nowMs) < URGENT_MS_MAX);
  });
}

/** Everything that owes somebody something and is due. Answers for how long the oldest has been owed. */
async function touchOwed(deps: TrackDeps) {
  const { stores } = deps;
  let owedMs = 0;
  const targets = await eachDue(deps, 'target', async (id) => {
    await apart(deps, `target#${id}`, () => clearNeverBegun(deps, id));
    owedMs = Math.max(owedMs, await passTimeOf(deps, id));
    await lookIfDue(deps, id);
  });
  // A summary speaks for many cards, and a click waits for somebody's answer: both are owed as a card is.
  const owedSince = (ms: number | null | undefined) => {
    owedMs = Math.max(owedMs, deps.clock.nowMs() - (ms ?? deps.clock.nowMs()));
  };
  await eachDue(deps, 'channel', async (id) =>
    owedSince((await touch(stores.channels, id))?.storm?.notice.owedSinceMs),
  );
  await eachDue(deps, 'freezes', (id) => passTimeOfFreezes(deps, id));
  const requests = await eachDue(deps, 'request', async (id) =>
    owedSince((await touch(stores.requests, id))?.receivedAtMs),
  );
  const waiting = await eachDue(deps, 'inbox', async (id) => owedSince((await touch(stores.inbox, id))?.receivedAtMs));
  return { targets, requests: [...requests, ...waiting], owedMs };
}

/** SSM says that a command moved on. Events may come twice, late, never, or before the command's id is stored. */
export async function commandMoved(deps: TrackDeps, commandId: string): Promise<TrackReport> {
  for (let look = 0; look < EARLY_LOOKS_MAX; look += 1) {
    const ids = await deps.stores.open.dueIds('run', Number.MAX_SAFE_INTEGER);
    const found = await Promise.all(ids.map((id) => apart(deps, `run#${id}`, () => deps.stores.runs.read(id))));
    const runs = found.flatMap((run) => run?.value ?? []);
    const run = runs.find(({ hosts }) => hosts.some((host) => host.commandId === commandId));
    if (run !== undefined) {
      await advanceRun(deps, run.runId);
      return { ...NOTHING_MOVED, runs: [run.runId] };
    }
    if (!runs.some(({ hosts }) => hosts.some((host) => host.phase === 'claimed'))) break;
    await deps.clock.sleep(EARLY_LOOK_MS);
  }
  return NOTHING_MOVED;
}

/** Answers which were moved on. What cannot be read stays due, and takes nobody's place. */
async function eachDue(
  deps: TrackDeps,
  kind: EntityKind,
  work: (id: string) => Promise<unknown>,
): Promise<readonly string[]> {
  const moved: string[] = [];
  for (const id of await deps.stores.open.dueIds(kind, deps.clock.nowMs())) {
    if (moved.length === DUE_MAX) break;
    const done = await apart(deps, keyOf(kind, id), async () => {
      await work(id);
      return id;
    });
    if (done !== null) moved.push(id);
  }
  return moved;
}

/** A run begins with its card in one write. An earlier version could die between the two and leave a card alone. */
async function clearNeverBegun({ stores, settings, clock }: TrackDeps, targetId: string): Promise<void> {
  const shown = (await stores.targets.read(targetId))?.value.run ?? null;
  if (shown?.phase !== 'running' || (await stores.runs.read(shown.runId)) !== null) return;
  const nowMs = clock.nowMs();
  await changeItem(stores.targets, targetId, (state) => {
    if (state?.run?.runId !== shown.runId || state.run.phase !== 'running') return null;
    const next = { ...state, run: state.run.waiting?.previous ?? null };
    return oweNotice(next, settings, nowMs, neverBegunStory(state.run, nowMs));
  });
}

/** What time alone changes, or a touch, so that what is owed is delivered again. Answers for how long it is owed. */
async function passTimeOf({ stores, settings, clock }: TrackDeps, targetId: string): Promise<number> {
  const nowMs = clock.nowMs();
  const changed = await changeItem(stores.targets, targetId, (state) => {
    if (state === null) return null;
    const passed = passTime(state, settings, nowMs);
    if (passed === null) return state;
    // What began and ended within a silence was never told, and the end of the silence is no reason to.
    const isUnheard = state.notice.message === null && state.incident?.resolvedAtMs !== null;
    return isUnheard
      ? { ...passed.state, wakeAtMs: nextWakeMs(passed.state, settings) }
      : oweNotice(passed.state, settings, nowMs, passed.story);
  });
  return changed.kind === 'written' ? owedForMs(changed.value, nowMs) : 0;
}

/** The cards first: whoever draws them sees by the clock alone what is frozen, and this is repeated until it is stored. */
async function passTimeOfFreezes(deps: TrackDeps, id: string): Promise<void> {
  const nowMs = deps.clock.nowMs();
  const current = (await deps.stores.freezes.read(id))?.value;
  if (current !== undefined && timedOut(current, nowMs) !== null) await redrawCards(deps);
  await changeItem(deps.stores.freezes, id, (state) => (state === null ? null : (timedOut(state, nowMs) ?? state)));
}

/** A conflict means that somebody else just moved it: then it is not forgotten. */
async function touch<T>(store: VersionedStore<T>, id: string): Promise<T | null> {
  const current = await store.read(id);
  if (current !== null) await store.write(id, current.value, current.revision);
  return current?.value ?? null;
}
