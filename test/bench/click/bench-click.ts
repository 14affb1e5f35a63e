import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { actionIdOf } from '../../../functions/adapters/slack/click-value.ts';
import { runRequest } from '../../adapters/slack/support/notices.ts';
import { AwsStub } from '../../interact/aws-stub.ts';
import { blockActions, form, SIGNING_SECRET, signedEvent } from '../../interact/signed-request.ts';
import { bundledInteract } from '../bundled-interact.ts';
import { type BenchReport, rounded, rowOf } from '../report.ts';

const ROUNDS = 30;
/** The first rounds fill the file cache of the machine. */
const ROUNDS_UNCOUNTED = 2;
const HERE = import.meta.dirname;

interface Contestant {
  readonly name: string;
  readonly handlerPath: string;
  /** `ask`: the button opens a form, so there is a call to Slack before the write. */
  readonly how: 'at once' | 'ask';
  readonly coldMs: number[];
  readonly warmMs: number[];
}

/** Spawn to acknowledgement of one click with its conditional write: ours as it is deployed, the stock example, an empty process. */
export async function benchClick(rounds = ROUNDS): Promise<BenchReport> {
  const folder = await mkdtemp(join(tmpdir(), 'runbell-bench-'));
  const aws = await new AwsStub().listen();
  const slack = await slackStub();
  try {
    const bundled = await bundledInteract(folder);
    aws.secretString = JSON.stringify({ botToken: 'test-bot-token', signingSecret: SIGNING_SECRET });
    const contestants = [
      contestant('runbell', bundled.path),
      contestant('runbell with a form', bundled.path, 'ask'),
      contestant('stock Bolt', join(HERE, 'stock-app.cjs')),
      contestant('empty Node', join(HERE, 'empty-app.cjs')),
    ];
    const environment = { ...aws.environment(), ...settings(slack.url) };
    // Interleaved, so that whatever else the machine does hits all of them alike.
    for (let round = -ROUNDS_UNCOUNTED; round < rounds; round += 1) {
      for (const one of contestants) await play(one, folder, environment, round >= 0);
    }
    return reportOf(contestants, bundled.bytes);
  } finally {
    await Promise.all([aws.close(), slack.close(), rm(folder, { recursive: true, force: true })]);
  }
}

function contestant(name: string, handlerPath: string, how: Contestant['how'] = 'at once'): Contestant {
  return { name, handlerPath, how, coldMs: [], warmMs: [] };
}

function settings(slackUrl: string): Record<string, string> {
  return {
    RUNBELL_APP: 'runbell',
    RUNBELL_TABLE: 'runbell',
    RUNBELL_SLACK_SECRET_ARN: 'arn:test',
    RUNBELL_SLACK_API_URL: slackUrl,
    SLACK_BOT_TOKEN: 'test-bot-token',
    SLACK_SIGNING_SECRET: SIGNING_SECRET,
    SLACK_API_URL: slackUrl,
  };
}

/** Answers what a bot asks at its start, and takes forms. */
async function slackStub(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer(async (request, response) => {
    await text(request);
    response.setHeader('content-type', 'application/json');
    const bot = { bot_id: 'B0BOT00001', user_id: 'U0BOT00001', team_id: 'T0AAAAAAA1' };
    response.end(JSON.stringify({ ok: true, ...bot, view: { id: 'V0AAAAAAA1' } }));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/`,
    close: () => {
      server.closeAllConnections();
      return new Promise((closed) => server.close(() => closed()));
    },
  };
}

let clicks = 0;

async function play(one: Contestant, folder: string, env: Record<string, string>, isCounted: boolean): Promise<void> {
  const click = () => {
    clicks += 1;
    return signedEvent({
      body: form(
        blockActions(runRequest, {}, { action_ts: `1773457620.${clicks}`, action_id: actionIdOf(runRequest, one.how) }),
      ),
      atMs: Date.now(),
    });
  };
  const eventsPath = join(folder, 'events.json');
  await writeFile(eventsPath, JSON.stringify([click(), click()]));
  const startedAtMs = performance.timeOrigin + performance.now();
  const child = spawn(process.execPath, [join(HERE, 'runner.cjs'), one.handlerPath, eventsPath], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [output, problems] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const answer = output.split('\n').findLast((line) => line.startsWith('{"ackAtMs"'));
  if (answer === undefined) throw new Error(`${one.name} gave no answer: ${output}${problems}`);
  const { ackAtMs, warmMs, statusCodes } = JSON.parse(answer) as Run;
  if (statusCodes.some((code) => code !== 200)) throw new Error(`${one.name} answered ${statusCodes.join(' ')}`);
  if (!isCounted) return;
  one.coldMs.push(ackAtMs - startedAtMs);
  one.warmMs.push(warmMs);
}

interface Run {
  readonly ackAtMs: number;
  readonly warmMs: number;
  readonly statusCodes: readonly number[];
}

function reportOf(contestants: readonly Contestant[], bytes: number): BenchReport {
  const rows = contestants.flatMap(({ name, coldMs, warmMs }) => [
    rowOf(`${name}, cold`, coldMs),
    rowOf(`${name}, warm`, warmMs),
  ]);
  const medianOf = (name: string): number =>
    rowOf(name, contestants.find((one) => one.name === name)?.coldMs ?? []).medianMs;
  const ours = medianOf('runbell');
  return {
    bench: 'click',
    node: process.version,
    rows,
    ratios: {
      toStock: rounded(ours / medianOf('stock Bolt')),
      toEmptyNode: rounded(ours / medianOf('empty Node')),
      bundleKilobytes: rounded(bytes / 1024),
    },
  };
}
