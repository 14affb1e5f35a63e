import type { Face } from '../../../core/notify/notice.ts';

export interface FaceLook {
  readonly emoji: string;
  readonly word: string;
  /** What follows the word: trouble says what is wrong, everything else which database it is about. */
  readonly subject: 'title' | 'target';
}

/** States that have to look different at a glance: another picture and another first word for each. */
export const faces: Readonly<Record<Face, FaceLook>> = {
  warning: { emoji: '⚠️', word: 'Warning', subject: 'title' },
  critical: { emoji: '🔴', word: 'Critical', subject: 'title' },
  refusing: { emoji: '⛔', word: 'Full', subject: 'title' },
  blind: { emoji: '🙈', word: 'Blind', subject: 'title' },
  running: { emoji: '⏳', word: 'Running', subject: 'target' },
  verifying: { emoji: '🔎', word: 'Checking whether it helped', subject: 'target' },
  recovered: { emoji: '✅', word: 'Recovered', subject: 'target' },
  improved: { emoji: '📉', word: 'Better, not well', subject: 'target' },
  notRecovered: { emoji: '❌', word: 'Did not help', subject: 'target' },
  relapsed: { emoji: '🔁', word: 'Relapsed', subject: 'target' },
  inconclusive: { emoji: '❔', word: 'Unclear whether it helped', subject: 'target' },
  resolved: { emoji: '🟢', word: 'Resolved', subject: 'target' },
};
