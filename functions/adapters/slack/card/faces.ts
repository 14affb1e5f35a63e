import type { KnownBlock } from '@slack/types';
import type { Face, Notice, Offer } from '../../../core/model/notice.ts';
import { section } from './buttons.ts';
import { prose, stack } from './text.ts';

export interface FaceLook {
  readonly emoji: string;
  readonly word: string;
  /** What follows the word: trouble says what is wrong, everything else which database it is about. */
  readonly subject: 'title' | 'target';
}

/** States that have to look different at a glance: another picture and another first word for each. */
const faces: Readonly<Record<Face, FaceLook>> = {
  warning: { emoji: '⚠️', word: 'Warning', subject: 'title' },
  critical: { emoji: '🔴', word: 'Critical', subject: 'title' },
  refusing: { emoji: '⛔', word: 'Full', subject: 'title' },
  unreachable: { emoji: '🔌', word: 'Unreachable', subject: 'title' },
  down: { emoji: '💥', word: 'Down', subject: 'title' },
  doubted: { emoji: '🩺', word: 'Checking the application', subject: 'target' },
  blind: { emoji: '🙈', word: 'Blind', subject: 'title' },
  awaiting: { emoji: '✋', word: 'Waits for a second person', subject: 'target' },
  running: { emoji: '⏳', word: 'Running', subject: 'target' },
  verifying: { emoji: '🔎', word: 'Checking whether it helped', subject: 'target' },
  recovered: { emoji: '✅', word: 'Recovered', subject: 'target' },
  improved: { emoji: '📉', word: 'Improved, still too high', subject: 'target' },
  notRecovered: { emoji: '❌', word: 'No effect', subject: 'target' },
  relapsed: { emoji: '🔁', word: 'Relapsed', subject: 'target' },
  inconclusive: { emoji: '❔', word: "Can't tell if it helped", subject: 'target' },
  settling: { emoji: '🌤️', word: 'Recovering', subject: 'target' },
  resolved: { emoji: '🟢', word: 'Resolved', subject: 'target' },
};

/** Faces on which it matters at a glance that somebody has it, or that it was told to be quiet. */
const TROUBLE: readonly Face[] = [
  'warning',
  'critical',
  'refusing',
  'unreachable',
  'down',
  'doubted',
  'blind',
  'improved',
  'notRecovered',
  'relapsed',
  'inconclusive',
];

/** How a card begins. An acknowledgement and a silence change its first picture, because the eye reads no further. */
export function lookOf({ face, severity, silence, acknowledgedBy, isPractice, run, observing }: Notice): FaceLook {
  const look = faces[face];
  const over = (emoji: string, word: string): FaceLook => ({ ...look, emoji: `${emoji}${look.emoji}`, word });
  // Nothing is wrong, so no word and no picture says how bad it is.
  if (isPractice && look.subject === 'title') return { ...look, emoji: '🧪', word: 'Practice' };
  if (isPractice) return over('🧪', `Practice, ${look.word.toLowerCase()}`);
  if (run?.brokenGlass !== undefined) return over('🚨', `${look.word}, without a second person`);
  if (!TROUBLE.includes(face)) return look;
  const isThrough = silence?.lets === 'critical' && severity === 'critical';
  if (silence !== null && !isThrough) {
    return silence.byUserId === null ? over('🔧', `${look.word}, maintenance`) : over('🔕', `${look.word}, silenced`);
  }
  if (acknowledgedBy !== null) return over('👀', `${look.word}, taken`);
  return observing === undefined ? look : over('👁️', `${look.word}, observed`);
}

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
