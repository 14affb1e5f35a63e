import { durationText } from '../../../functions/core/text/sentences.ts';
import { isoSeconds } from '../../../functions/core/text/tokens.ts';
import type { Replay, ReplayEvent } from './replay.ts';

/** What was replayed and what Runbell would have told, as lines for a terminal. */
export function replayText(title: string, replayed: Replay): string {
  const { points, events } = replayed;
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return `${title}: no samples`;
  const head = `${title}: ${points.length} samples over ${durationText(last.atMs - first.atMs)}, from ${isoSeconds(first.atMs)}`;
  const open = last.severity === null ? [] : ['  The recording ends while the incident is open.'];
  const calm = events.length === 0 ? ['  Runbell would have said nothing.'] : [];
  return [head, ...calm, ...events.map(eventText), ...open].join('\n');
}

function eventText({ atMs, what, severity, text }: ReplayEvent): string {
  const head =
    what === 'opened' || what === 'escalated' || what === 'turned' || what === 'reopened'
      ? `${what}, ${severity}`
      : what;
  return `  ${isoSeconds(atMs)}  ${head}: ${text}`;
}

/** How many cards each configuration would have made, the one in question first. */
export function cardsText(counts: readonly { readonly config: string; readonly cards: number }[]): string {
  return `${counts.map(({ config, cards }) => `${cards} ${cards === 1 ? 'card' : 'cards'} with ${config}`).join(', ')}.`;
}
