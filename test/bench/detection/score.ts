import { fork } from 'node:child_process';
import { parseArgs } from 'node:util';
import { CLOSELY, scoreClosely } from './closely.ts';
import { DETECTORS } from './detectors.ts';
import { goalLines, table } from './score-table.ts';
import { aggregate, scoreTrace, type TraceScore } from './scoring.cjs';
import { closeTraceOf, listTraces, traceOf } from './sources.ts';

/** One detector over a list of traces. */
export interface Scored {
  readonly name: string;
  readonly scores: readonly TraceScore[];
  readonly micros: number;
  readonly samples: number;
}

/** All detectors over all traces, in this process. */
export function scoreTraces(ids: readonly string[], names: readonly string[]): Scored[] {
  const totals = names.map((name) => ({ name, scores: [] as TraceScore[], micros: 0, samples: 0 }));
  for (const id of ids) {
    const trace = traceOf(id);
    // The generator could not place this incident.
    if (!trace.ok) continue;
    for (const total of totals) {
      if (total.name === CLOSELY) {
        addClosely(total, id);
        continue;
      }
      const create = DETECTORS[total.name];
      if (create === undefined) throw new Error(`there is no detector "${total.name}"`);
      const detector = create();
      const start = process.cpuUsage();
      const verdicts = trace.samples.map((sample) => detector.push(sample));
      const used = process.cpuUsage(start);
      total.micros += used.user + used.system;
      total.samples += trace.samples.length;
      total.scores.push(scoreTrace(trace, verdicts));
    }
  }
  return totals;
}

function addClosely(total: { scores: TraceScore[]; micros: number; samples: number }, id: string): void {
  const trace = closeTraceOf(id);
  const start = process.cpuUsage();
  const score = scoreClosely(trace);
  const used = process.cpuUsage(start);
  total.micros += used.user + used.system;
  total.samples += score.samples;
  total.scores.push(score);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      split: { type: 'string', default: 'public' },
      class: { type: 'string' },
      limit: { type: 'string' },
      jobs: { type: 'string', default: '2' },
      detectors: { type: 'string' },
      classes: { type: 'boolean', default: false },
      bounds: { type: 'boolean', default: false },
    },
  });
  const classes = values.class?.split(',') ?? [''];
  const limit = Number(values.limit ?? Number.POSITIVE_INFINITY);
  const ids = listTraces(values.split)
    .filter((name) => name.idx < limit && classes.some((prefix) => name.cls.startsWith(prefix)))
    .map((name) => name.id);
  const names = values.detectors?.split(';') ?? Object.keys(DETECTORS);
  const scored = await inProcesses(ids, names, Number(values.jobs));
  console.log(`${ids.length} generated traces of the split "${values.split}"\n`);
  console.log(table(scored));
  const own = scored[0];
  if (own === undefined) return;
  const goals = goalLines(own.scores);
  console.log(`\n${own.name} against its goals (generated traces):\n${goals.map((goal) => goal.line).join('\n')}`);
  console.log(`\nTraces missed, late or with a false alarm:\n${failures(own.scores).join('\n') || '(none)'}`);
  if (values.classes) console.log(`\nBy class:\n${classLines(own.scores).join('\n')}`);
  if (values.bounds && goals.some((goal) => !goal.isMet)) process.exitCode = 1;
}

function failures(scores: readonly TraceScore[]): string[] {
  return scores.flatMap((score) => {
    const late = score.inc.filter((one) => one.required && one.timely !== true);
    const flaps = score.inc.reduce((sum, one) => sum + one.flaps, 0);
    const parts = [
      ...(score.fa > 0 ? [`${score.fa} false alarm`] : []),
      ...late.map((one) => `lead ${minutes(one.lead)} of ${minutes(one.dur)} min`),
      ...(flaps > 0 ? [`${flaps} flaps`] : []),
    ];
    return parts.length > 0 ? [`  ${score.id}: ${parts.join(', ')}`] : [];
  });
}

function classLines(scores: readonly TraceScore[]): string[] {
  return Object.entries(aggregate(scores).byClass).map(([cls, of]) => {
    const timely = of.timelyPct === null ? '' : `, timely ${of.timelyPct.toFixed(0)} % of ${of.required}`;
    const lead = of.leadMed === null ? '' : `, median lead ${of.leadMed.toFixed(1)} min`;
    return `  ${cls}: ${of.n} traces, ${of.fa} false alarms${timely}${lead}`;
  });
}

function minutes(ms: number | undefined): string {
  return ((ms ?? 0) / 60_000).toFixed(1);
}

async function inProcesses(ids: readonly string[], names: readonly string[], jobs: number): Promise<Scored[]> {
  const parts = Array.from({ length: jobs }, (_, job) => ids.filter((_id, at) => at % jobs === job));
  const answers = await Promise.all(parts.map((part) => inOneProcess(part, names)));
  return names.map((name, at) => {
    const mine = answers.flatMap((answer) => answer[at] ?? []);
    return {
      name,
      scores: mine.flatMap((one) => one.scores),
      micros: mine.reduce((sum, one) => sum + one.micros, 0),
      samples: mine.reduce((sum, one) => sum + one.samples, 0),
    };
  });
}

function inOneProcess(ids: readonly string[], names: readonly string[]): Promise<Scored[]> {
  return new Promise((resolve, reject) => {
    const child = fork(import.meta.filename, ['--worker'], { serialization: 'advanced' });
    child.once('message', (answer) => resolve(answer as Scored[]));
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? undefined : reject(new Error(`a scorer ended with ${code}`))));
    child.send({ ids, names });
  });
}

if (process.argv[2] === '--worker') {
  process.once('message', (work: { ids: string[]; names: string[] }) => {
    process.send?.(scoreTraces(work.ids, work.names), () => process.disconnect());
  });
} else if (process.argv[1] === import.meta.filename) {
  await main();
}
