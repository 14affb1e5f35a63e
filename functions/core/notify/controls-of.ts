import { undoOfferOf } from '../act/offers.ts';
import type { Freeze } from '../model/freeze.ts';
import type { Controls } from '../model/notice.ts';
import type { TargetState } from '../model/target.ts';
import type { Settings } from '../settings.ts';
import { frozenBy } from './freeze-notice.ts';

/** What a person can do now besides starting a runbook. */
export function controlsOf(state: TargetState, settings: Settings, frozen: readonly Freeze[]): Controls {
  const { targetId, incident, run, silence, acknowledgement, offerVersion } = state;
  const open = incident !== null && incident.resolvedAtMs === null ? incident : null;
  const awaiting = run?.phase === 'awaiting' ? run : null;
  const running = run?.phase === 'running' && run.stop === null ? run : null;
  const incidentId = incident?.id ?? '';
  const { second, agreed = [] } = awaiting?.waiting ?? {};
  const missing = (second?.approversMin ?? 1) - agreed.length;
  const undo = undoOfferOf(state, settings);
  return {
    details: { kind: 'details', targetId, of: null, viewId: null },
    acknowledge: open !== null && acknowledgement === null ? { kind: 'acknowledge', targetId, incidentId } : null,
    silence: open !== null && (silence === null || silence.byUserId === null) ? { targetId } : null,
    unsilence: silence === null ? null : { kind: 'unsilence', targetId },
    cancel: running === null ? null : { kind: 'cancel', targetId, runId: running.runId },
    approve: awaiting === null ? null : { kind: 'approve', targetId, incidentId, offerVersion, runId: awaiting.runId },
    ...(missing > 1 ? { yesMissing: missing } : {}),
    reject: awaiting === null ? null : { kind: 'reject', targetId, runId: awaiting.runId },
    undo: undo === null || frozenBy(undo.request, frozen) !== null ? null : undo,
  };
}
