import type { Run } from '../core/act/run.ts';
import { planSnapshot, snapshotStory, snapshotsOf, withSnapshots } from '../core/act/snapshots.ts';
import type { Settings } from '../core/config/settings.ts';
import { newTargetState } from '../core/incident/new-target-state.ts';
import { oweNotice } from '../core/incident/owe.ts';
import type { TargetState } from '../core/incident/target-state.ts';
import type { Happening } from '../core/notify/story.ts';
import type { Basics, Stores } from '../core/ports.ts';
import { GLOBAL_CHAIN } from '../core/timeline/entry.ts';
import { changeItem } from './change-item.ts';
import { readFreezes } from './read-freezes.ts';

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
  for (const id of ids) await beginSnapshot(deps, id);
  return ids;
}

/** What was configured since, or was never looked after. */
async function unscheduled({ settings, stores, scheduled }: SnapshotDeps): Promise<readonly string[]> {
  const unknown = settings.config.applications.map(({ id }) => id).filter((id) => !scheduled.has(id));
  const due: string[] = [];
  for (const id of unknown.slice(0, READ_MAX)) {
    const isScheduled = typeof (await stores.applications.read(id))?.value.snapshots?.dueAtMs === 'number';
    if (isScheduled || snapshotsOf(settings, id) === null) scheduled.add(id);
    else due.push(id);
  }
  return due;
}

async function beginSnapshot(
  { stores, settings, clock, ids, log }: SnapshotDeps,
  applicationId: string,
): Promise<void> {
  const current = await stores.applications.read(applicationId);
  const former = current?.value.snapshots?.runId ?? null;
  const { why, state, run } = planSnapshot({
    settings,
    applicationId,
    state: current?.value ?? null,
    freezes: await readFreezes(stores),
    isLooking: former !== null && (await stores.runs.read(former))?.value.phase === 'running',
    newId: ids.newId('beside'),
    nowMs: clock.nowMs(),
  });
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
  const news = { run, hosts: Object.keys(changed.value.snapshots?.hosts ?? {}), story: snapshotStory(run, nowMs) };
  const application = settings.config.applications.find(({ id }) => id === applicationId);
  let isTold = news.story === null;
  for (const targetId of application?.targets ?? []) {
    await changeItem(stores.targets, targetId, (state) =>
      withNews(state ?? newTargetState(targetId), news, settings, nowMs),
    );
    // Its own chain has the entry, of this time or of a former one that died before the end.
    isTold ||= (await stores.targets.read(targetId))?.value.incident != null;
  }
  if (isTold || news.story === null) return;
  const { told: _, refs, ...entry } = news.story;
  await stores.timeline.append(GLOBAL_CHAIN, { ...entry, refs: { applicationId, ...refs } });
}

interface News {
  readonly run: Run;
  readonly hosts: readonly string[];
  readonly story: Happening | null;
}

/** Hosts that have a copy are what a rollback is offered on; null: the card knows all this. */
function withNews(state: TargetState, { run, hosts, story }: News, settings: Settings, nowMs: number) {
  const known = state.snapshots?.[run.applicationId];
  const isKnown = known !== undefined && known.hosts.join() === hosts.join();
  const tells = story !== null && state.incident !== null && known?.runId !== run.runId;
  if (isKnown && !tells) return null;
  const next = { ...state, snapshots: { ...state.snapshots, [run.applicationId]: { runId: run.runId, hosts } } };
  return state.incident === null ? next : oweNotice(next, settings, nowMs, tells ? [story] : []);
}
