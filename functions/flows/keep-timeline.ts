import { withSnapshotsDue } from '../core/act/snapshots.ts';
import type { RequestRecord } from '../core/model/decision.ts';
import { GLOBAL_CHAIN, type TimelineDraft } from '../core/model/timeline.ts';
import type { Basics, Stores } from '../core/ports.ts';
import { entryOfDecision } from '../core/timeline/decision-entry.ts';
import { withOutcome } from '../core/verify/track-record.ts';
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
  if (run?.outcome && state.timelineOwed.some(({ what }) => what === 'outcome')) {
    await changeItem(stores.applications, run.applicationId, (value) => withOutcome(value, targetId, run));
  }
  if (state.timelineOwed.some(({ what }) => what === 'resolved')) {
    const recovered = deps.settings.config.applications.filter(({ targets }) => targets.includes(targetId));
    for (const { id } of recovered) {
      await changeItem(stores.applications, id, (value) => withSnapshotsDue(value, deps.clock.nowMs()));
    }
  }
  for (const draft of state.timelineOwed) {
    await stores.timeline.append(draft.refs['incidentId'] || GLOBAL_CHAIN, draft);
    if (draft.what === 'opened') await stores.timeline.append(GLOBAL_CHAIN, globalOf(draft));
  }
  const kept = new Set(state.timelineOwed.map(({ id }) => id));
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
export async function keepDecision({ stores }: KeepTimelineDeps, record: RequestRecord): Promise<void> {
  const { request } = record;
  const targetId = 'targetId' in request ? request.targetId : null;
  const open = targetId === null ? null : ((await stores.targets.read(targetId))?.value.incident?.id ?? null);
  const entry = entryOfDecision(record, open);
  if (entry !== null) await stores.timeline.append(entry.chain, entry.draft);
}
