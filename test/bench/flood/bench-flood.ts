import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { createLightPost } from '../../../functions/adapters/system/light-post.ts';
import { runRequest } from '../../adapters/slack/support/notices.ts';
import { AwsStub } from '../../interact/aws-stub.ts';
import { blockActions, form, SIGNING_SECRET, signedEvent } from '../../interact/signed-request.ts';
import { bundledInteract } from '../bundled-interact.ts';
import { type BenchReport, rounded, rowOf } from '../report.ts';

const ROUNDS = 5;
const CLICKS_A_ROUND = 20;
/** A steady flood: at most so many a second, and a quarter of what an environment with an empty function could take now. */
const FLOOD_A_SECOND_MAX = 300;
const FLOOD_SHARE = 0.25;
/** Before the first click beside a flood. */
const SETTLED_MS = 300;
const FAST_MS = 1000;
const CLICK_MS_MAX = 60_000;
const HERE = import.meta.dirname;

interface Flood {
  readonly name: string;
  readonly event: object;
  /** Of clicks beside it. */
  readonly clickMs: number[];
  /** Of one refusal, when the next comes as soon as it is answered. */
  readonly refusedMs: number[];
  /** The same in an environment whose function looks at nothing: what Lambda itself takes to hand an event over. */
  readonly emptyMs: number[];
  /** Of the steady flood, a second. */
  readonly rates: number[];
}

/** A click in one execution environment, beside floods of requests that are refused and beside none. */
export async function benchFlood(rounds = ROUNDS): Promise<BenchReport> {
  const folder = await mkdtemp(join(tmpdir(), 'runbell-bench-'));
  const aws = await new AwsStub().listen();
  aws.secretString = JSON.stringify({ botToken: 'test-bot-token', signingSecret: SIGNING_SECRET });
  const variables = { ...aws.environment(), RUNBELL_TABLE: 'runbell', RUNBELL_SLACK_SECRET_ARN: 'arn:test' };
  const { path } = await bundledInteract(folder);
  const environments = [path, join(HERE, '../click/empty-app.cjs')].map((app) => startEnvironment(app, variables));
  try {
    const [url, emptyUrl] = await Promise.all(environments.map(urlOf));
    if (url === undefined || emptyUrl === undefined) throw new Error('an environment did not start');
    const calm: number[] = [];
    const floods = newFloods();
    await click(url);
    for (let round = 0; round < rounds; round += 1) {
      calm.push(...(await clicks(url)));
      for (const flood of floods) {
        const eventPath = join(folder, 'flood.json');
        await writeFile(eventPath, JSON.stringify(flood.event));
        const emptyMs = await oneOf(emptyUrl, eventPath);
        flood.emptyMs.push(emptyMs);
        flood.refusedMs.push(await oneOf(url, eventPath));
        const rate = Math.min(FLOOD_A_SECOND_MAX, (1000 / emptyMs) * FLOOD_SHARE);
        flood.rates.push(rate);
        const steady = await startFlood([url, eventPath, String(rate)]);
        await after(SETTLED_MS);
        flood.clickMs.push(...(await clicks(url)));
        await endFlood(steady);
      }
    }
    return reportOf(calm, floods);
  } finally {
    for (const environment of environments) environment.disconnect();
    await Promise.all([aws.close(), rm(folder, { recursive: true, force: true })]);
  }
}

function startEnvironment(app: string, env: Readonly<Record<string, string>>): ChildProcess {
  return fork(join(HERE, 'environment.cjs'), [app], { env, execArgv: [], stdio: ['ignore', 'ignore', 2, 'ipc'] });
}

async function urlOf(environment: ChildProcess): Promise<string> {
  const [port] = await once(environment, 'message');
  return `http://127.0.0.1:${String(port)}/`;
}

/** Refused by its length, and all that can be made to be hashed. */
function newFloods(): readonly Flood[] {
  const forged = (bytes: number) =>
    signedEvent({ secret: 'another-secret', atMs: Date.now(), body: `payload=${'x'.repeat(bytes)}` });
  const flood = (name: string, event: object) => ({ name, event, clickMs: [], refusedMs: [], emptyMs: [], rates: [] });
  return [
    flood('500 KB', forged(500_000)),
    flood('15 KB, well-formed', forged(15_000)),
    flood('250 KB, well-formed', forged(250_000)),
  ];
}

/** How long one takes, as fast as they go. */
async function oneOf(url: string, eventPath: string): Promise<number> {
  const fast = await startFlood([url, eventPath, '0']);
  await after(FAST_MS);
  const { answered, ms, statusCodes } = await endFlood(fast);
  // A flood that lasts is refused with 503.
  if ('500' in statusCodes) throw new Error(JSON.stringify(statusCodes));
  return ms / Math.max(1, answered);
}

async function startFlood(args: readonly string[]): Promise<ChildProcess> {
  const child = fork(join(HERE, 'flooder.cjs'), [...args], { execArgv: [], stdio: ['ignore', 'ignore', 2, 'ipc'] });
  await once(child, 'message');
  return child;
}

interface Flooded {
  readonly answered: number;
  readonly ms: number;
  readonly statusCodes: Readonly<Record<string, number>>;
}

async function endFlood(child: ChildProcess): Promise<Flooded> {
  const told = once(child, 'message');
  child.send('end');
  const [flooded] = await told;
  return flooded as Flooded;
}

async function clicks(url: string): Promise<readonly number[]> {
  const all: number[] = [];
  for (let at = 0; at < CLICKS_A_ROUND; at += 1) all.push(await click(url));
  return all;
}

const post = createLightPost();
let pressed = 0;

async function click(url: string): Promise<number> {
  pressed += 1;
  const body = form(blockActions(runRequest, {}, { action_ts: `1773457620.${pressed}` }));
  const event = JSON.stringify(signedEvent({ body, atMs: Date.now() }));
  const startedMs = performance.now();
  const headers = { 'content-length': String(Buffer.byteLength(event)) };
  const answer = await post(new URL(url), headers, event, CLICK_MS_MAX);
  const code = answer.kind === 'answered' ? answer.text : answer.why;
  if (code !== '200') throw new Error(`a click was answered with ${code}`);
  return performance.now() - startedMs;
}

function reportOf(calm: readonly number[], floods: readonly Flood[]): BenchReport {
  const median = (samples: readonly number[]) => rowOf('', samples).medianMs;
  const rows = [
    rowOf('click, no flood', calm),
    ...floods.flatMap(({ name, clickMs, refusedMs, emptyMs }) => [
      rowOf(`click beside a flood of ${name}`, clickMs),
      rowOf(`one refusal of ${name}`, refusedMs),
      rowOf(`the same handed to an empty function`, emptyMs),
    ]),
  ];
  const ratios = floods.flatMap(({ name, clickMs, refusedMs, emptyMs, rates }) => [
    [`flood a second, ${name}`, rounded(median(rates))],
    [`click to no flood, ${name}`, rounded(median(clickMs) / median(calm))],
    [`refusal to empty, ${name}`, rounded(median(refusedMs) / median(emptyMs))],
  ]);
  return { bench: 'flood', node: process.version, rows, ratios: Object.fromEntries(ratios) };
}
