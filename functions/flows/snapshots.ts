import { planSnapshot, snapshotStory, withSnapshots } from '../core/act/snapshots.ts';
import { oweNotice } from '../core/incident/owe.ts';
import type { Run } from '../core/model/run.ts';
import { newTargetState } from '../core/model/target.ts';
import { GLOBAL_CHAIN } from '../core/model/timeline.ts';
import type { Basics, Stores } from '../core/ports.ts';
import { apart } from './apart.ts';
import { changeItem, readFreezes } from './change-item.ts';

/** Applications looked after in one minute; the rest come a minute later. */
const STARTED_MAX = 20;
/** Items read in one minute to see whether they say when they are due. */
const READ_MAX = 100;

export interface SnapshotDeps extends Basics {
  readonly stores: Stores;
  /** Applications that are known to say when they are due; lives as long as the container, as the configuration does. */
  readonly scheduled: Set<string>;
}

/** Begins what is due. The run itself is stored and left to the one function that may send. Answers whose it is. */
export async function beginSnapshots(deps: SnapshotDeps): Promise<readonly string[]> {
  const due = await deps.stores.open.dueIds('application', deps.clock.nowMs());
  const ids = [...new Set([...due, ...(await unscheduled(deps))])].slice(0, STARTED_MAX);
  for (const id of ids) await apart(deps, `application#${id}`, () => beginSnapshot(deps, id));
  return ids;
}

/** What was configured since, or was never looked after. */
async function unscheduled(deps: SnapshotDeps): Promise<readonly string[]> {
  const { settings, stores, scheduled } = deps;
  const unknown = settings.config.applications.map(({ id }) => id).filter((id) => !scheduled.has(id));
  const due: string[] = [];
  for (const id of unknown.slice(0, READ_MAX)) {
    await apart(deps, `application#${id}`, async () => {
      const dueAtMs = (await stores.applications.read(id))?.value.snapshots?.dueAtMs ?? null;
      if (dueAtMs === null) due.push(id);
      else scheduled.add(id);
    });
  }
  return due;
}

async function beginSnapshot(deps: SnapshotDeps, applicationId: string): Promise<void> {
  const { stores, settings, clock, ids, log } = deps;
  const current = await stores.applications.read(applicationId);
  const former = current?.value.snapshots?.runId ?? '';
  const { why, state, run } = planSnapshot({
    settings,
    applicationId,
    state: current?.value ?? null,
    freezes: await readFreezes(stores),
    isLooking: (await stores.runs.read(former))?.value.phase === 'running',
    newId: ids.newId('beside'),
    nowMs: clock.nowMs(),
  });
  if (run === null) deps.scheduled.add(applicationId);
  if (state === null) return;
  // Losing the race means that somebody has just started something, or the same.
  if ((await stores.applications.write(applicationId, state, current?.revision ?? null)) === 'conflict') return;
  if (run !== null) await stores.runs.write(run.runId, run, null);
  log.info('snapshot', { application: applicationId, run: run?.runId, why });
}

/** Remembers which copies an ended run has seen, for the next rollback and for the cards. Repeated, it changes nothing. */
export async function keepSnapshots(deps: Basics & { readonly stores: Stores }, run: Run): Promise<void> {
  const { stores, settings, clock } = deps;
  const { applicationId } = run;
  const nowMs = clock.nowMs();
  const changed = await changeItem(stores.applications, applicationId, (state) =>
    withSnapshots(state, run, settings, nowMs),
  );
  if (changed.kind !== 'written') return;
  const { snapshots } = changed.value;
  const hosts = Object.keys(snapshots?.hosts ?? {});
  const failed = snapshots?.failed === undefined ? {} : { failed: snapshots.failed.why };
  const story = snapshots === undefined ? null : snapshotStory(run, snapshots, nowMs);
  let isTold = story === null;
  for (const targetId of settings.config.applications.find(({ id }) => id === applicationId)?.targets ?? []) {
    await changeItem(stores.targets, targetId, (value) => {
      const state = value ?? newTargetState(targetId);
      const known = state.snapshots?.[applicationId];
      const news = story !== null && state.incident !== null && known?.runId !== run.runId ? [story] : [];
      const isKnown = known?.hosts.join() === hosts.join() && known.failed === failed.failed;
      if (news.length === 0 && isKnown) return null;
      const next = {
        ...state,
        snapshots: { ...state.snapshots, [applicationId]: { runId: run.runId, hosts, ...failed } },
      };
      return state.incident === null ? next : oweNotice(next, settings, nowMs, news);
    });
    // Its own chain has the entry, of this time or of a former one that died before the end.
    isTold ||= (await stores.targets.read(targetId))?.value.incident != null;
  }
  if (isTold || story === null) return;
  const { told: _, refs, ...entry } = story;
  await stores.timeline.append(GLOBAL_CHAIN, { ...entry, refs: { applicationId, ...refs } });
}
