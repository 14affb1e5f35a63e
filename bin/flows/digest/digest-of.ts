import { isPracticeId } from '../../../functions/core/config/target-id.ts';
import { GLOBAL_CHAIN, type TimelineEntry } from '../../../functions/core/model/timeline.ts';
import type { RuleName } from '../../../functions/core/model/verdict.ts';
import { medianOf as medianOfAll } from '../../../functions/core/verify/track-record.ts';
import { type DigestedIncident, incidentsOf } from './incidents-of.ts';
import type { ToldChain } from './read-chains.ts';
import { type RunbookDigest, runbooksOf } from './runbooks-of.ts';

export type Counts = Readonly<Record<string, number>>;

/** A median without its count says nothing. */
export interface Median {
  readonly count: number;
  readonly medianMs: number | null;
}

/** What the timelines say of a span: incidents that opened in it, runs that started in it, decisions made in it. */
export interface Digest {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly incidents: {
    readonly count: number;
    readonly bySeverity: Counts;
    readonly byTarget: Counts;
    readonly reopened: number;
    readonly open: number;
  };
  readonly acknowledged: Median;
  readonly nobodyAcknowledged: { readonly count: number; readonly withRun: number };
  readonly resolved: Median;
  /** How the resolved ones divide: the second is what becomes of trouble that nothing was run against. */
  readonly resolvedAfterRun: Median;
  readonly resolvedWithoutRun: Median;
  /** Rules by what they told that came to nothing: it ended, and nobody had done anything. The worst first. */
  readonly noise: readonly RuleNoise[];
  readonly runbooks: readonly RunbookDigest[];
  readonly refusals: Counts;
  readonly freezes: readonly Pick<TimelineEntry, 'atMs' | 'what' | 'byUserId' | 'text'>[];
}

export interface RuleNoise {
  readonly rule: RuleName;
  readonly told: number;
  readonly forNothing: number;
  /** For nothing, the most first. */
  readonly byTarget: Counts;
}

export function digestOf(chains: readonly ToldChain[], fromMs: number, untilMs: number): Digest {
  const told = chains.map((one) => upTo(one, untilMs)).filter(({ entries }) => !isPractice(entries));
  const isWithin = ({ atMs }: { readonly atMs: number }) => atMs >= fromMs;
  const incidents = incidentsWithin(chains, fromMs, untilMs);
  const unacknowledged = incidents.filter(({ acknowledgedAfterMs }) => acknowledgedAfterMs === null);
  const entries = told.flatMap((one) => one.entries).filter((entry) => isWithin(entry));
  return {
    fromMs,
    untilMs,
    incidents: {
      count: incidents.length,
      bySeverity: countsOf(incidents.map(({ severity }) => severity)),
      byTarget: countsOf(incidents.map(({ targetId }) => targetId)),
      reopened: incidents.filter(({ isReopened }) => isReopened).length,
      open: incidents.filter(({ resolvedAfterMs }) => resolvedAfterMs === null).length,
    },
    acknowledged: medianOf(incidents.map(({ acknowledgedAfterMs }) => acknowledgedAfterMs)),
    nobodyAcknowledged: { count: unacknowledged.length, withRun: unacknowledged.filter(({ hasRun }) => hasRun).length },
    resolved: resolutionOf(incidents),
    resolvedAfterRun: resolutionOf(incidents.filter(({ hasRun }) => hasRun)),
    resolvedWithoutRun: resolutionOf(incidents.filter(({ hasRun }) => !hasRun)),
    noise: noiseOf(incidents),
    runbooks: runbooksOf(told, isWithin),
    refusals: countsOf(entries.flatMap(({ what, why }) => (what === 'refused' ? [why ?? 'unknown'] : []))),
    freezes: entries
      .filter(({ what }) => what === 'frozen' || what === 'unfrozen')
      .map(({ atMs, what, byUserId, text }) => ({ atMs, what, byUserId, text }))
      .sort((a, b) => a.atMs - b.atMs),
  };
}

function noiseOf(incidents: readonly DigestedIncident[]): RuleNoise[] {
  const rules = [...new Set(incidents.flatMap((one) => one.rules))];
  return rules
    .map((rule) => {
      const told = incidents.filter((one) => one.rules.includes(rule));
      const nothing = told.filter((one) => one.actedAtMs === null && one.resolvedAfterMs !== null);
      const byTarget = countsOf(nothing.map(({ targetId }) => targetId));
      return { rule, told: told.length, forNothing: nothing.length, byTarget };
    })
    .filter(({ forNothing }) => forNothing > 0)
    .sort((a, b) => b.forNothing - a.forNothing);
}

/** The incidents that a digest counts. */
export function incidentsWithin(chains: readonly ToldChain[], fromMs: number, untilMs: number): DigestedIncident[] {
  const told = chains.map((one) => upTo(one, untilMs)).filter(({ entries }) => !isPractice(entries));
  return incidentsOf(told).filter(({ openedAtMs }) => openedAtMs >= fromMs);
}

/** The chain of all also names practices, and keeps what was asked of one that is over. */
function upTo({ chain, entries }: ToldChain, untilMs: number): ToldChain {
  const isKept = ({ atMs, refs }: TimelineEntry) =>
    atMs <= untilMs && (chain !== GLOBAL_CHAIN || !isPracticeId(refs['targetId'] ?? ''));
  return { chain, entries: entries.filter(isKept) };
}

function isPractice(entries: readonly TimelineEntry[]): boolean {
  return entries.some(({ refs }) => isPracticeId(refs['targetId'] ?? ''));
}

function resolutionOf(incidents: readonly DigestedIncident[]): Median {
  return medianOf(incidents.map(({ resolvedAfterMs }) => resolvedAfterMs));
}

/** null: it has not happened. */
export function medianOf(given: readonly (number | null)[]): Median {
  const values = given.filter((value) => value !== null);
  return { count: values.length, medianMs: medianOfAll(values) };
}

/** The most frequent first. */
export function countsOf(words: readonly string[]): Counts {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)));
}
