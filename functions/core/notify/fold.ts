import type { ChannelState, Storm, StormLine } from '../model/channel.ts';
import { newDebt, owedAgain } from '../model/delivery.ts';
import type { Summary } from '../model/notice.ts';
import type { TargetState } from '../model/target.ts';
import { titleNow } from './face-of.ts';

/** So many cards of their own in this time; with the summary, at most three new messages. */
const CARDS_MAX = 2;
const CARDS_WINDOW_MS = 10 * 60_000;
/** Kept longer than they count, so that a post that was interrupted is placed where it was before. */
const CARDS_KEPT_MAX = 50;
/** A storm that has brought nothing new for so long gathers no more, while its old trouble lasts. */
const GATHERING_MS = 30 * 60_000;
const LINES_MAX = 500;
const LINES_SHOWN_MAX = 200;

export type Placed = { readonly place: 'card' | 'storm'; readonly state: ChannelState };

/** Where a new incident is told: on a card of its own, or, past the channel's counter, in the one summary. */
export function placed(state: ChannelState, line: StormLine, nowMs: number, newId: string): Placed {
  const { storm } = state;
  if (state.cards.some(({ incidentId }) => incidentId === line.incidentId)) return { place: 'card', state };
  if (storm?.lines.some(({ incidentId }) => incidentId === line.incidentId)) return { place: 'storm', state };
  const lately = state.cards.filter(({ atMs }) => nowMs - atMs < CARDS_WINDOW_MS).length;
  const open = storm !== null && storm.resolvedAtMs === null ? storm : null;
  const newestMs = Math.max(0, ...(open?.lines ?? []).map(({ sinceMs }) => sinceMs));
  if (lately < CARDS_MAX && nowMs - newestMs >= GATHERING_MS) {
    const cards = [...state.cards, { incidentId: line.incidentId, atMs: nowMs }].slice(-CARDS_KEPT_MAX);
    return { place: 'card', state: { ...state, cards } };
  }
  const into = open ?? newStorm(newId, nowMs);
  return { place: 'storm', state: { ...state, storm: oweStorm({ ...into, lines: [...into.lines, line] }, nowMs) } };
}

function newStorm(id: string, nowMs: number): Storm {
  return { id, openedAtMs: nowMs, resolvedAtMs: null, lines: [], notice: newDebt() };
}

/** The line of an incident as it is now; null: nothing new, or none of this storm's. */
export function withLine(state: ChannelState, line: StormLine, nowMs: number): ChannelState | null {
  const { storm } = state;
  const at = storm?.lines.findIndex(({ incidentId }) => incidentId === line.incidentId) ?? -1;
  if (storm === null || at < 0 || JSON.stringify(storm.lines[at]) === JSON.stringify(line)) return null;
  const lines = storm.lines.map((one, index) => (index === at ? line : one));
  return { ...state, storm: oweStorm({ ...storm, lines }, nowMs) };
}

function oweStorm(storm: Storm, nowMs: number): Storm {
  const { notice } = storm;
  const isOver = storm.lines.every(({ isOpen }) => !isOpen);
  // Resolved lines go first when there are too many: what is open must stay in sight.
  const kept = storm.lines.length <= LINES_MAX ? storm.lines : worstFirst(storm.lines).slice(0, LINES_MAX);
  const resolvedAtMs = isOver ? (storm.resolvedAtMs ?? nowMs) : null;
  return { ...storm, lines: kept, resolvedAtMs, notice: owedAgain(notice, nowMs) };
}

export function lineOf(state: TargetState): StormLine | null {
  const { targetId, incident } = state;
  if (incident === null) return null;
  return {
    targetId,
    incidentId: incident.id,
    severity: incident.severity,
    isOpen: incident.resolvedAtMs === null,
    sinceMs: incident.openedAtMs,
    title: titleNow(state, incident),
  };
}

/** What people should know of a storm now. */
export function summaryOf(channel: string, storm: Storm): Summary {
  const open = storm.lines.filter(({ isOpen }) => isOpen);
  const critical = open.filter(({ severity }) => severity === 'critical').length;
  const counts = { open: open.length, critical, resolved: storm.lines.length - open.length };
  return {
    kind: 'summary',
    id: storm.id,
    channel,
    openedAtMs: storm.openedAtMs,
    resolvedAtMs: storm.resolvedAtMs,
    title:
      open.length === 0
        ? `${storm.lines.length} databases were in trouble; all are well again`
        : `${open.length} ${open.length === 1 ? 'database is' : 'databases are'} in trouble, ${critical === open.length ? 'all' : `${critical} of them`} critical`,
    counts,
    lines: worstFirst(storm.lines)
      .slice(0, LINES_SHOWN_MAX)
      .map((line) => ({ ...line, details: { kind: 'details', targetId: line.targetId, of: null, viewId: null } })),
    more: Math.max(0, storm.lines.length - LINES_SHOWN_MAX),
  };
}

function worstFirst(lines: readonly StormLine[]): readonly StormLine[] {
  const rank = ({ isOpen, severity }: StormLine) => (isOpen ? (severity === 'critical' ? 0 : 1) : 2);
  return lines.toSorted((a, b) => rank(a) - rank(b) || a.sinceMs - b.sinceMs);
}
