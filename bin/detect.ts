import { createInterface } from 'node:readline';
import { decideSample } from '../functions/core/evaluate/decide-sample.ts';
import { createDecisionState, type DecisionState } from '../functions/core/evaluate/decision-state.ts';
import { DEFAULT_QUIET_MS, DEFAULT_RULES } from '../functions/core/evaluate/default-rules.ts';
import { readTraceLine, type TraceLine, toTraceVerdict } from './flows/replay/trace-line.ts';

/** Answers are written in blocks: one write a line would take most of the time. */
const BLOCK_LINES = 512;

/** Samples as JSON lines on stdin, one verdict a line on stdout: what the watch function decides, and nothing besides. */
async function detect(): Promise<void> {
  let state: DecisionState = createDecisionState();
  let block: string[] = [];
  let number = 0;
  for await (const text of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    number++;
    if (text.trim() === '') continue;
    const line = readTraceLine(text);
    if (line.kind === 'bad') {
      process.stderr.write(`line ${number}: ${line.why}\n`);
      process.exitCode = 1;
      continue;
    }
    const decided = decideSample(state, line.record, optionsOf(line));
    state = decided.state;
    block.push(JSON.stringify(toTraceVerdict(line.record.atMs, decided)));
    if (block.length < BLOCK_LINES) continue;
    process.stdout.write(`${block.join('\n')}\n`);
    block = [];
  }
  if (block.length > 0) process.stdout.write(`${block.join('\n')}\n`);
}

function optionsOf(line: Extract<TraceLine, { kind: 'record' }>) {
  return { rules: DEFAULT_RULES, waitTimeoutSeconds: line.waitTimeoutSeconds, quietMs: DEFAULT_QUIET_MS };
}

await detect();
