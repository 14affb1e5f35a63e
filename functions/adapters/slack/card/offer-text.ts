import type { KnownBlock } from '@slack/types';
import type { Notice, Offer } from '../../../core/model/notice.ts';
import { section } from './blocks.ts';
import { prose, stack } from './text.ts';

type Suggested = Extract<Offer, { readonly kind: 'suggested' }>;

/** As many as there would be buttons; the details have all of them. */
const SUGGESTED_MAX = 3;
const charsMax = { suggested: 600, advice: 300 };

/** What fits and has no button, with the reason, and what to do about it. */
export function offerText(notice: Notice): KnownBlock[] {
  const suggested = notice.offers.flatMap((offer) =>
    offer.kind === 'suggested' && offer.told === 'card' ? [offer] : [],
  );
  const said = new Set(suggested.map((offer) => offer.why));
  const advice = notice.advice.filter((sentence) => !said.has(sentence)).map((text) => prose(text, 300));
  return [
    ...(suggested.length === 0
      ? []
      : [section('suggested', stack(suggestedLines(suggested.slice(0, SUGGESTED_MAX)), charsMax.suggested))]),
    ...(advice.length === 0 ? [] : [section('advice', stack(advice, charsMax.advice))]),
  ];
}

/** A reason that several have is said once. */
function suggestedLines(offers: readonly Suggested[]): string[] {
  const reasons = [...new Set(offers.map(({ why }) => why))];
  return reasons.flatMap((why) => [
    `*What fits, but has no button:* ${prose(why, 200)}`,
    ...offers.filter((one) => one.why === why).map(({ title, says }) => `• *${prose(title, 80)}*: ${prose(says, 200)}`),
  ]);
}
