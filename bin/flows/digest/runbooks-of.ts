import type { Outcome } from '../../../functions/core/model/run.ts';
import { type TimelineEntry, UNCHANGED } from '../../../functions/core/model/timeline.ts';
import type { ToldChain } from './read-chains.ts';

export type OutcomeKind = Outcome['kind'];

export interface RunbookDigest {
  readonly runbookId: string;
  /** Dry runs are not among them. */
  readonly runs: number;
  readonly dryRuns: number;
  readonly outcomes: Readonly<Record<OutcomeKind, number>>;
  /** Refused, failed before the first change, or nothing to do: nothing to judge. */
  readonly unchanged: number;
  /** Too early to say, or ended before anybody could. */
  readonly withoutOutcome: number;
}

const NO_OUTCOMES: RunbookDigest['outcomes'] = {
  recovered: 0,
  improved: 0,
  notRecovered: 0,
  relapsed: 0,
  applicationDown: 0,
  inconclusive: 0,
};

const DRY_RUN = /^started ".*" without changing anything on /;

const WISH = /^asked to (?:(?:run|try out) ([a-z0-9-]+) on|take back \S+ with ([a-z0-9-]+))/;

/** A run that may have changed something. */
export function isRealStart({ what, text }: TimelineEntry): boolean {
  return what === 'started' && !DRY_RUN.test(text);
}

/** Per runbook, the most used first. An outcome is looked for wherever it was kept: by then the incident may be another. */
export function runbooksOf(
  chains: readonly ToldChain[],
  isWithin: (entry: TimelineEntry) => boolean,
): readonly RunbookDigest[] {
  const all = chains.flatMap(({ entries }) => entries);
  const names = runbookNames(all);
  const outcomes = lastOutcomes(all);
  const unchanged = new Set(
    all.flatMap(({ what, why, refs }) => (what === 'outcome' && why === UNCHANGED ? [refs['runId']] : [])),
  );
  const found = new Map<string, RunbookDigest>();
  for (const entry of all.filter((one) => one.what === 'started' && isWithin(one))) {
    const runId = entry.refs['runId'] ?? '';
    const runbookId = names.get(runId) ?? bareDocument(entry.refs['document']);
    const before = found.get(runbookId) ?? newRunbook(runbookId);
    const outcome = unchanged.has(runId) ? UNCHANGED : (outcomes.get(runId) ?? null);
    found.set(runbookId, withRun(before, isRealStart(entry), outcome));
  }
  return [...found.values()].sort((a, b) => b.runs - a.runs || (a.runbookId < b.runbookId ? -1 : 1));
}

function newRunbook(runbookId: string): RunbookDigest {
  return { runbookId, runs: 0, dryRuns: 0, outcomes: NO_OUTCOMES, unchanged: 0, withoutOutcome: 0 };
}

function withRun(
  before: RunbookDigest,
  isReal: boolean,
  outcome: OutcomeKind | typeof UNCHANGED | null,
): RunbookDigest {
  if (!isReal) return { ...before, dryRuns: before.dryRuns + 1 };
  const counted = { ...before, runs: before.runs + 1 };
  if (outcome === UNCHANGED) return { ...counted, unchanged: before.unchanged + 1 };
  if (outcome === null) return { ...counted, withoutOutcome: before.withoutOutcome + 1 };
  return { ...counted, outcomes: { ...before.outcomes, [outcome]: before.outcomes[outcome] + 1 } };
}

/** A run that helped and whose trouble came back has two; the later one is true. */
function lastOutcomes(entries: readonly TimelineEntry[]): Map<string, OutcomeKind> {
  const told = entries.filter(({ what }) => what === 'outcome').sort((a, b) => a.atMs - b.atMs);
  return new Map(
    told.flatMap(({ id, refs }) => {
      const kind = id.slice(id.lastIndexOf(':') + 1);
      return isOutcomeKind(kind) && refs['runId'] ? [[refs['runId'], kind] as const] : [];
    }),
  );
}

function isOutcomeKind(word: string): word is OutcomeKind {
  return Object.hasOwn(NO_OUTCOMES, word);
}

/** By the wish that each run came from: it names the runbook as the catalogue does. */
function runbookNames(entries: readonly TimelineEntry[]): Map<string, string> {
  return new Map(
    entries.flatMap(({ what, text, refs }) => {
      const [, run, undo] = (what === 'permitted' ? WISH.exec(text) : null) ?? [];
      const runbookId = run ?? undo;
      return runbookId !== undefined && refs['runId'] ? [[refs['runId'], runbookId] as const] : [];
    }),
  );
}

/** Without the hash of its content: where the wish is lost, runs of one runbook still stand together. */
function bareDocument(name: string | undefined): string {
  return name === undefined ? 'unknown' : name.replace(/-[0-9a-f]{8}$/, '').replace(/^runbell-/, '');
}
