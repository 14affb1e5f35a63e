import { GLOBAL_CHAIN, type TimelineEntry } from '../../../functions/core/model/timeline.ts';
import type { RuleName } from '../../../functions/core/model/verdict.ts';
import type { ToldChain } from './read-chains.ts';
import { isRealStart } from './runbooks-of.ts';

export interface DigestedIncident {
  readonly id: string;
  readonly targetId: string;
  /** The highest that it reached. */
  readonly severity: 'warning' | 'critical' | 'unknown';
  readonly openedAtMs: number;
  /** null: by nobody so far. */
  readonly acknowledgedAfterMs: number | null;
  /** For good; null while it is open, or open again. */
  readonly resolvedAfterMs: number | null;
  readonly isReopened: boolean;
  /** What it was told for. */
  readonly rules: readonly RuleName[];
  /** When a person first did something about it, whatever that was; null: nobody did. */
  readonly actedAtMs: number | null;
  /** Before it was resolved; a dry run is none. */
  readonly hasRun: boolean;
}

/** Every incident whose opening is told, in its own chain or, where that is damaged, in the chain of all. */
export function incidentsOf(chains: readonly ToldChain[]): DigestedIncident[] {
  const own = new Map(chains.map(({ chain, entries }) => [chain, entries]));
  const opened = new Map<string, TimelineEntry>();
  for (const entry of own.get(GLOBAL_CHAIN) ?? []) {
    if (entry.what === 'opened' && entry.refs['incidentId']) opened.set(entry.refs['incidentId'], entry);
  }
  for (const { chain, entries } of chains) {
    const first = entries.find(({ what }) => what === 'opened');
    if (chain !== GLOBAL_CHAIN && first !== undefined) opened.set(chain, first);
  }
  return [...opened].map(([id, entry]) => incidentOf(id, entry, own.get(id) ?? []));
}

function incidentOf(id: string, opened: TimelineEntry, entries: readonly TimelineEntry[]): DigestedIncident {
  const last = (kind: TimelineEntry['what']) => entries.findLast(({ what }) => what === kind)?.atMs ?? null;
  const acknowledgedAtMs = entries.find(({ what }) => what === 'acknowledged')?.atMs ?? null;
  const resolvedAtMs = last('resolved');
  const reopenedAtMs = last('reopened');
  const isOpen = resolvedAtMs === null || (reopenedAtMs !== null && reopenedAtMs > resolvedAtMs);
  const targetId = opened.refs['targetId'] ?? 'unknown';
  return {
    id,
    targetId,
    severity: last('escalated') === null ? severityIn(opened.text, targetId) : 'critical',
    openedAtMs: opened.atMs,
    acknowledgedAfterMs: acknowledgedAtMs === null ? null : acknowledgedAtMs - opened.atMs,
    resolvedAfterMs: isOpen ? null : resolvedAtMs - opened.atMs,
    isReopened: reopenedAtMs !== null,
    rules: rulesIn(opened.text),
    actedAtMs: entries.find((entry) => isDeed(entry))?.atMs ?? null,
    hasRun: entries.some((entry) => isRealStart(entry) && (isOpen || entry.atMs <= resolvedAtMs)),
  };
}

/** A click that was refused is a wish to do something as well. */
function isDeed({ what, byUserId }: TimelineEntry): boolean {
  return byUserId !== null && what !== 'posted';
}

/** Nor for them; the sentence ends with a reason of each. */
function rulesIn(text: string): RuleName[] {
  return RULE_NAMES.filter((rule) => REASONS[rule].test(text));
}

const REASONS: Readonly<Record<RuleName, RegExp>> = {
  applicationDown: / does not run on /,
  full: /the server refuses new connections/,
  refused: /connects were refused or failed/,
  level: /at or above \d+ % of max_connections/,
  absolute: /at or above the configured \d+ connections/,
  leak: /(?:connections leak|a rush): /,
  unreadable: /could not be read \d+ times in a row/,
  blindMonitor: /sees only its own connections/,
};
const RULE_NAMES: readonly RuleName[] = ['full', 'refused', 'level', 'absolute', 'leak', 'unreadable', 'blindMonitor'];

/** An entry has no field for it; its sentence begins with the target and the severity. */
function severityIn(text: string, targetId: string): DigestedIncident['severity'] {
  if (text.includes(`${targetId}, critical: `)) return 'critical';
  return text.includes(`${targetId}, warning: `) ? 'warning' : 'unknown';
}
