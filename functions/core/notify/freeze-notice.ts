import { holds } from '../act/freezes.ts';
import type { Freeze } from '../model/freeze.ts';
import type { FreezeNotice, Offer } from '../model/notice.ts';
import type { RunRequest } from '../model/request.ts';
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
