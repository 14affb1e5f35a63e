import { durationText } from '../../../functions/core/text/sentences.ts';
import { isoSeconds, plainTokens } from '../../../functions/core/text/tokens.ts';
import { checkText } from '../timeline/timelines.ts';
import type { Counts, Digest, Median } from './digest-of.ts';
import type { Gap } from './read-chains.ts';
import type { RunbookDigest } from './runbooks-of.ts';
import type { Suggestion } from './suggest-threshold.ts';

/** Below it a percentage pretends to know. */
const SAMPLE_MIN = 5;
const FREEZES_SHOWN_MAX = 20;
const GAPS_SHOWN_MAX = 10;

const NOT_ALIKE =
  'The two groups are not alike: people run something against what looks worse. Their difference is not what a run brings.';
const NOT_A_CAUSE = 'An outcome says what the database did after a run, not that the run was why.';

/** A heading and its lines, for a terminal and for Markdown alike. */
interface Section {
  readonly title: string;
  readonly lines: readonly string[];
}

export function digestText(digest: Digest, gaps: readonly Gap[], suggested: Suggested = []): string {
  const [head, ...rest] = sectionsOf(digest, gaps, suggested);
  const blocks = rest.map(({ title, lines }) => [title, ...lines.map((line) => `  ${line}`)].join('\n'));
  return [head?.title ?? '', ...blocks].join('\n\n');
}

export function digestMarkdown(digest: Digest, gaps: readonly Gap[], suggested: Suggested = []): string {
  const [head, ...rest] = sectionsOf(digest, gaps, suggested);
  const blocks = rest.map(({ title, lines }) => `## ${title}\n\n${lines.map((line) => `- ${plain(line)}`).join('\n')}`);
  return [`# ${head?.title ?? ''}`, ...blocks].join('\n\n');
}

/** People's reasons stand in it, and nothing of them may become markup. */
function plain(line: string): string {
  return line.replaceAll(/[\\`*_[\]<>|#~]/g, (sign) => `\\${sign}`);
}

/** For the noisiest rule; a sentence: nothing could be tried out, and why. */
export type Suggested = readonly Suggestion[] | string;

function sectionsOf(digest: Digest, gaps: readonly Gap[], suggested: Suggested): Section[] {
  const { fromMs, untilMs, incidents, runbooks, refusals, freezes } = digest;
  const title = `Runbell from ${isoSeconds(fromMs)} to ${isoSeconds(untilMs)}`;
  const missing: Section[] =
    gaps.length === 0 ? [] : [{ title: 'Not all of it can be trusted', lines: gapLines(gaps) }];
  const happened = incidents.count + runbooks.length + Object.keys(refusals).length + freezes.length;
  const sections =
    happened === 0
      ? [{ title: 'Nothing', lines: ['No incident, no run, no refusal and no freeze is kept of that time.'] }]
      : [
          { title: 'Incidents', lines: incidentLines(digest) },
          { title: 'Runs', lines: runLines(runbooks) },
          { title: 'With and without a run', lines: baselineLines(digest) },
          { title: 'Noise', lines: noiseLines(digest, suggested) },
          { title: 'Refusals', lines: [countsText(refusals) || 'none'] },
          { title: 'Freezes', lines: freezeLines(digest) },
        ];
  return [{ title, lines: [] }, ...missing, ...sections];
}

function incidentLines({ incidents, acknowledged, nobodyAcknowledged, resolved }: Digest): string[] {
  const { count, bySeverity, byTarget, reopened, open } = incidents;
  if (count === 0) return ['none opened'];
  const withRun = nobodyAcknowledged.withRun === 0 ? '' : `, ${nobodyAcknowledged.withRun} of them had a run`;
  return [
    `${count} opened (highest severity: ${countsText(bySeverity)}); came back after it was resolved: ${reopened}`,
    `by target: ${countsText(byTarget)}`,
    `acknowledged: ${share(acknowledged.count, count)}${medianText(acknowledged)}`,
    `acknowledged by nobody: ${share(nobodyAcknowledged.count, count)}${withRun}`,
    `resolved: ${share(resolved.count, count)}${medianText(resolved)}; still open: ${open}`,
  ];
}

function runLines(runbooks: readonly RunbookDigest[]): string[] {
  return runbooks.length === 0 ? ['none started'] : [...runbooks.map(runbookLine), NOT_A_CAUSE];
}

function runbookLine({ runbookId, runs, dryRuns, outcomes, unchanged, withoutOutcome }: RunbookDigest): string {
  const judged = runs - withoutOutcome - unchanged;
  const others = Object.entries(outcomes).filter(([kind, count]) => kind !== 'recovered' && count > 0);
  const parts = [
    `${runs === 1 ? '1 run' : `${runs} runs`}`,
    ...(judged === 0 ? [] : [`recovered ${share(outcomes.recovered, judged)}`]),
    ...others.map(([kind, count]) => `${kind} ${count}`),
    ...(unchanged === 0 ? [] : [`changed nothing ${unchanged}`]),
    ...(withoutOutcome === 0 ? [] : [`without an outcome ${withoutOutcome}`]),
    ...(dryRuns === 0 ? [] : [`dry runs beside ${dryRuns}`]),
  ];
  return `${runbookId}: ${parts.join(', ')}`;
}

function baselineLines({ resolved, resolvedAfterRun, resolvedWithoutRun }: Digest): string[] {
  if (resolved.count === 0) return ['no incident that opened in that time is resolved'];
  return [
    `healed by themselves, without any run: ${share(resolvedWithoutRun.count, resolved.count)}${medianText(resolvedWithoutRun)}`,
    `resolved with a run of whatever runbook: ${share(resolvedAfterRun.count, resolved.count)}${medianText(resolvedAfterRun)}`,
    NOT_ALIKE,
  ];
}

function noiseLines({ noise }: Digest, suggested: Suggested): string[] {
  const [worst] = noise;
  if (worst === undefined) return ['nothing was told that came to nothing'];
  const { rule, told, forNothing, byTarget } = worst;
  return [
    `noisiest rule: ${rule}; of ${told} that it told, ${forNothing} ended and nobody had done anything (${countsText(byTarget)})`,
    ...(typeof suggested === 'string' ? [suggested] : suggested.map(suggestionLine)),
  ];
}

function suggestionLine(one: Suggestion): string {
  if (one.kind === 'none') return `${one.targetId}: ${NO_SUGGESTION[one.why]}`;
  const { targetId, setting, from, to, saved, cards, kept, laterMs } = one;
  const later = laterMs === 0 ? '' : `, the latest of them ${durationText(laterMs)} later`;
  return `${targetId}: rules.${setting} ${to} instead of ${from ?? 'unset'} would have saved ${saved} of ${cards} cards, and told all ${kept} that somebody acted on or that became critical${later}`;
}

const NO_SUGGESTION: Readonly<Record<Extract<Suggestion, { kind: 'none' }>['why'], string>> = {
  noThreshold: 'this rule has no threshold to change',
  noSamples: 'no samples of that time are stored, so nothing could be tried out',
  notReplayed: 'the stored samples do not give again what somebody acted on, so nothing is suggested',
  nothingSaved:
    'no other threshold would have saved a card without missing what somebody acted on or what became critical',
};

function freezeLines({ freezes }: Digest): string[] {
  if (freezes.length === 0) return ['none'];
  const lines = freezes
    .slice(-FREEZES_SHOWN_MAX)
    .map(({ atMs, byUserId, text }) => `${isoSeconds(atMs)}  @${byUserId ?? 'Runbell'} ${plainTokens(text)}`);
  return freezes.length <= FREEZES_SHOWN_MAX ? lines : [`${freezes.length} entries, the newest of them:`, ...lines];
}

function gapLines(gaps: readonly Gap[]): string[] {
  const lines = gaps
    .slice(0, GAPS_SHOWN_MAX)
    .map((gap) =>
      gap.kind === 'broken'
        ? checkText(gap)
        : `${gap.chain}: too long to be read whole; what is before ${isoSeconds(gap.fromMs)} is not counted`,
    );
  const more = gaps.length > GAPS_SHOWN_MAX ? [`and ${gaps.length - GAPS_SHOWN_MAX} more`] : [];
  return [
    ...lines,
    ...more,
    'What can still be read is counted below; npx runbell timeline --verify looks at all of them.',
  ];
}

function share(part: number, whole: number): string {
  const percent = whole < SAMPLE_MIN ? '' : ` (${Math.round((100 * part) / whole)} %)`;
  return `${part} of ${whole}${percent}`;
}

function medianText({ medianMs }: Median): string {
  return medianMs === null ? '' : `, median ${durationText(medianMs)}`;
}

function countsText(counts: Counts): string {
  return Object.entries(counts)
    .map(([word, count]) => `${word} ${count}`)
    .join(', ');
}
