import type { Offer } from '../model/notice.ts';
import type { TargetState } from '../model/target.ts';
import type { Settings } from '../settings.ts';
import { durationText } from '../text/sentences.ts';
import { endedAlone, helpedBefore } from '../verify/track-record.ts';

/** Below it a count is no rate, and below the others it is not worth saying. */
const ENOUGH = 5;
const RUNS_MIN = 2;
const INCIDENTS_MIN = 3;
const NAMED_MAX = 3;

type Asked = Parameters<typeof helpedBefore>[2];

/** "helped 4 of 5 times"; null: it was hardly ever judged here. */
export function helpedText(state: TargetState, settings: Settings, asked: Asked): string | null {
  const { times, of } = helpedBefore(state, settings, asked);
  return of < RUNS_MIN ? null : `helped ${times} of ${of} times${few(of)}`;
}

/** "2 of the last 6 incidents ended without a run, median 11 minutes"; null: too little is over. */
export function aloneText(state: TargetState): string | null {
  const { alone, of, medianMs } = endedAlone(state);
  if (of < INCIDENTS_MIN) return null;
  const median = medianMs === null ? '' : `, median ${durationText(medianMs)}`;
  return `${alone} of the last ${of} incidents ended without a run${median}${few(of)}`;
}

/** For the eye just before it decides: what the buttons have done here, and what waiting has. null: nothing is known. */
export function recordText(state: TargetState, settings: Settings, offers: readonly Offer[]): string | null {
  const pressed = offers.flatMap((offer) => (offer.kind === 'runnable' && offer.fitsCause ? [offer] : []));
  if (pressed.length === 0) return null;
  const helped = pressed.slice(0, NAMED_MAX).flatMap(({ title, request }) => {
    const text = helpedText(state, settings, request);
    return text === null ? [] : [`${title} ${text}`];
  });
  const alone = aloneText(state);
  const parts = [...helped, ...(alone === null ? [] : [alone])];
  return parts.length === 0 ? null : parts.join('; ');
}

function few(count: number): string {
  return count < ENOUGH ? ' (too few to tell)' : '';
}
