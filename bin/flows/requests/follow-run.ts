import { setTimeout as wait } from 'node:timers/promises';
import { isPracticeId } from '../../../functions/core/config/target-id.ts';
import type { HostRun, Run, TargetRun } from '../../../functions/core/model/run.ts';
import type { Stores } from '../../../functions/core/ports.ts';
import { endingText, outcomeText } from '../../../functions/core/text/sentences.ts';
import { plainTokens, timeToken } from '../../../functions/core/text/tokens.ts';

const LOOK_MS = 500;
/** The longest a configuration lets the judgement take is less. */
const OUTCOME_MS_MAX = 15 * 60_000;

export interface Followed {
  /** null: it never began, because nobody agreed to it or somebody took it back. */
  readonly run: Run | null;
  /** What the sampler says; null: there was nothing to judge. */
  readonly outcome: TargetRun['outcome'];
}

type Say = (line: string) => void;

/** Watches a permitted run to its end and its outcome, saying each step as it is stored. */
export async function followRun(
  stores: Pick<Stores, 'runs' | 'targets'>,
  runId: string,
  targetId: string,
  say: Say,
): Promise<Followed> {
  const run = await untilEnded(stores, runId, targetId, say);
  if (run === null || run.dryRun || isPracticeId(targetId)) return { run, outcome: null };
  say('It has ended. The next samples say whether it helped …');
  const startedMs = Date.now();
  while (Date.now() - startedMs < OUTCOME_MS_MAX) {
    const shown = (await stores.targets.read(targetId))?.value.run ?? null;
    if (shown?.runId !== runId || shown.phase === 'judged') {
      return { run, outcome: shown?.runId === runId ? shown.outcome : null };
    }
    await wait(LOOK_MS);
  }
  return { run, outcome: null };
}

async function untilEnded(
  { runs, targets }: Pick<Stores, 'runs' | 'targets'>,
  runId: string,
  targetId: string,
  say: Say,
): Promise<Run | null> {
  const said = new Set<string>();
  const sayOnce = (line: string) => {
    if (!said.has(line)) say(line);
    said.add(line);
  };
  for (;;) {
    const run = (await runs.read(runId))?.value ?? null;
    if (run === null) {
      const shown = (await targets.read(targetId))?.value.run ?? null;
      // Looked at once more, because it may have begun between the two reads.
      if (shown?.runId !== runId) return (await runs.read(runId))?.value ?? null;
      if (shown.waiting !== null) {
        sayOnce(
          `It waits for a second person, who agrees on the card, until ${plainTokens(timeToken(shown.waiting.untilMs))} …`,
        );
      }
    }
    for (const host of run?.hosts ?? []) sayOnce(`  ${hostText(host)}`);
    if (run?.phase === 'ended') return run;
    await wait(LOOK_MS);
  }
}

const PHASES: Readonly<Record<HostRun['phase'], string>> = {
  waiting: 'waits for its turn',
  claimed: 'is about to be sent its command',
  sent: 'runs it',
  ended: 'has ended',
  skipped: 'is left alone',
};

function hostText({ hostId, phase, ending }: HostRun): string {
  return `${hostId} ${ending === null ? PHASES[phase] : endingText(ending)}`;
}

/** What every script said, and what it did to the target. */
export function followedText({ run, outcome }: Followed): string {
  if (run === null) return 'It never began: nobody agreed to it in time, or it was taken back. Nothing was changed.';
  return [
    ...run.hosts.flatMap((host) => [hostText(host), ...host.lines.map((line) => `  ${line}`)]),
    ...(outcome === null ? [] : [`Outcome: ${outcomeText(outcome)}`]),
  ].join('\n');
}

/** As a script would end: 0 done or nothing to do, 20 refused, 30 anything else. */
export function exitCodeOfRun({ run }: Followed): number {
  if (run === null) return 20;
  const kinds = run.hosts.map(({ ending }) => ending?.kind ?? 'skipped');
  if (kinds.every((kind) => kind === 'done' || kind === 'nothingToDo')) return 0;
  return kinds.some((kind) => kind === 'refused') &&
    !kinds.some((kind) => kind === 'failed' || kind === 'timedOut' || kind === 'lost')
    ? 20
    : 30;
}
