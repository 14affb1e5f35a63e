import { holds } from '../act/freezes.ts';
import { undoOfferOf } from '../act/offers.ts';
import type { Freeze } from '../model/freeze.ts';
import type { Controls, FreezeNotice, Offer } from '../model/notice.ts';
import type { RunRequest } from '../model/request.ts';
import type { TargetState } from '../model/target.ts';
import type { Settings } from '../settings.ts';
import { scopeText } from '../text/thread.ts';
import { foreign, timeToken, userToken } from '../text/tokens.ts';

export function freezeNoticeOf(freeze: Freeze): FreezeNotice {
  const { id = '', scope, byUserId, sinceMs, untilMs, why, ended = null } = freeze;
  const what = scopeText(scope, userToken);
  const title = `${ended === null ? 'Frozen' : 'No longer frozen'}: ${what}`;
  return { kind: 'freeze', id, scope, title, what, byUserId, sinceMs, untilMs, why, ended };
}

/** What holds this run back whoever asks for it; null: nothing does. `frozen` is what is in force. */
export function frozenBy(
  { runbookId, applicationId }: Pick<RunRequest, 'runbookId' | 'applicationId'>,
  frozen: readonly Freeze[],
): Freeze | null {
  return frozen.find(({ scope }) => holds(scope, { runbookId, applicationId, userIds: [] })) ?? null;
}

/** A runbook that is frozen for everybody has no button, and says who froze it and why. */
export function withoutFrozen(offers: readonly Offer[], frozen: readonly Freeze[]): Offer[] {
  return offers.map((offer) => {
    const freeze = offer.kind === 'suggested' ? null : frozenBy(offer.request, frozen);
    if (offer.kind === 'suggested' || freeze === null) return offer;
    const { title, says, request } = offer;
    return {
      kind: 'suggested',
      runbookId: request.runbookId,
      title,
      says,
      why: frozenText(freeze),
      told: 'line',
    };
  });
}

/** Instead of buttons, for a card. */
export function frozenText({ scope, byUserId, sinceMs, untilMs, why }: Freeze): string {
  const until = untilMs === null ? 'until somebody lifts it' : `until ${timeToken(untilMs)}`;
  return `❄️ Without buttons: ${userToken(byUserId)} froze ${scopeText(scope, userToken)} at ${timeToken(sinceMs)}, ${until}: ${foreign(why)}`;
}

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
