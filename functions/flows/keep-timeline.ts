import { withSnapshotsDue } from '../core/act/snapshots.ts';
import type { ApplicationState } from '../core/model/application.ts';
import type { RequestRecord } from '../core/model/decision.ts';
import { GLOBAL_CHAIN, type TimelineDraft } from '../core/model/timeline.ts';
import type { Basics, Stores } from '../core/ports.ts';
import { entryOfDecision } from '../core/timeline/decision-entry.ts';
import { withOutcome } from '../core/verify/track-record.ts';
import { apart } from './apart.ts';
import { changeItem } from './change-item.ts';

export interface KeepTimelineDeps extends Basics {
  readonly stores: Pick<Stores, 'targets' | 'applications' | 'timeline'>;
}

/** Moves what a target still owes into the chain of its incident. Repeated, it changes nothing. */
export async function keepTimeline(deps: KeepTimelineDeps, targetId: string): Promise<void> {
  const { stores } = deps;
  const state = (await stores.targets.read(targetId))?.value ?? null;
  if (state === null || state.timelineOwed.length === 0) return;
  const { run } = state;
  const change = (id: string, to: Parameters<typeof changeItem<ApplicationState>>[2]) =>
    apart(deps, `application#${id}`, () => changeItem(stores.applications, id, to));
  if (run?.outcome && state.timelineOwed.some(({ what }) => what === 'outcome')) {
    await change(run.applicationId, (value) => withOutcome(value, targetId, run));
  }
  if (state.timelineOwed.some(({ what }) => what === 'resolved')) {
    const recovered = deps.settings.config.applications.filter(({ targets }) => targets.includes(targetId));
    for (const { id } of recovered) await change(id, (value) => withSnapshotsDue(value, deps.clock.nowMs()));
  }
  const kept = new Set<string>();
  for (const draft of state.timelineOwed) {
    const chain = draft.refs['incidentId'] || GLOBAL_CHAIN;
    await apart(deps, `timeline#${chain}`, async () => {
      await stores.timeline.append(chain, draft);
      if (draft.what === 'opened') await stores.timeline.append(GLOBAL_CHAIN, globalOf(draft));
      kept.add(draft.id);
    });
  }
  await changeItem(stores.targets, targetId, (value) => {
    if (value === null || !value.timelineOwed.some(({ id }) => kept.has(id))) return null;
    return { ...value, timelineOwed: value.timelineOwed.filter(({ id }) => !kept.has(id)) };
  });
}

/** So that the chain of all names every incident, and each incident's chain can be found. */
function globalOf(draft: TimelineDraft): TimelineDraft {
  return {
    ...draft,
    id: `${draft.refs['incidentId']}:${draft.id}`,
    text: `${draft.refs['incidentId']} opened: ${draft.text}`,
  };
}

/** Every decision on something that could act, refusals included. */
export async function keepDecision(deps: KeepTimelineDeps, record: RequestRecord): Promise<void> {
  const entry = entryOfDecision(record, await incidentOf(deps, record));
  if (entry === null) return;
  // Whoever asked is answered all the same.
  await apart(deps, `timeline#${entry.chain}`, () => deps.stores.timeline.append(entry.chain, entry.draft));
}

/** The trouble that a request is about, where it does not say so itself. */
export async function incidentOf(deps: KeepTimelineDeps, { request }: RequestRecord): Promise<string | null> {
  const targetId = 'targetId' in request ? request.targetId : null;
  if (targetId === null) return null;
  const target = await apart(deps, `target#${targetId}`, () => deps.stores.targets.read(targetId));
  return target?.value.incident?.id ?? null;
}
