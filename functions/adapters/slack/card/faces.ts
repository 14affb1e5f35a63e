import type { Face, Notice } from '../../../core/model/notice.ts';

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
  blind: { emoji: '🙈', word: 'Blind', subject: 'title' },
  awaiting: { emoji: '✋', word: 'Waits for a second person', subject: 'target' },
  running: { emoji: '⏳', word: 'Running', subject: 'target' },
  verifying: { emoji: '🔎', word: 'Checking whether it helped', subject: 'target' },
  recovered: { emoji: '✅', word: 'Recovered', subject: 'target' },
  improved: { emoji: '📉', word: 'Better, not well', subject: 'target' },
  notRecovered: { emoji: '❌', word: 'Did not help', subject: 'target' },
  relapsed: { emoji: '🔁', word: 'Relapsed', subject: 'target' },
  inconclusive: { emoji: '❔', word: 'Unclear whether it helped', subject: 'target' },
  settling: { emoji: '🌤️', word: 'Well for now', subject: 'target' },
  resolved: { emoji: '🟢', word: 'Resolved', subject: 'target' },
};

/** Faces on which it matters at a glance that somebody has it, or that it was told to be quiet. */
const TROUBLE: readonly Face[] = [
  'warning',
  'critical',
  'refusing',
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
