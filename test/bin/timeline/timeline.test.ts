import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as explain from '../../../bin/commands/explain.ts';
import * as timeline from '../../../bin/commands/timeline.ts';
import { createDynamoStores } from '../../../functions/adapters/dynamodb/dynamo-store.ts';
import { createLocalAws, type LocalAws } from '../../../local/aws/local-aws.ts';
import { aDraft } from '../../contracts/timeline.contract.ts';
import { aHostRun, aRequest, aRun, SAMPLE_NOW_MS } from '../../fakes/sample-state.ts';
import { clientOf, environmentFor } from '../../support/signed.ts';

const tableName = 'runbell-test';
const INCIDENT = 'inc-a1b2c3d4e5';
const CLICK = '0123456789abcdef'.repeat(4);

let aws: LocalAws;
let client: DynamoDBClient;

let folder: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'runbell-timeline-'));
  aws = await createLocalAws({ tableName });
  client = new DynamoDBClient(clientOf(aws));
});
afterEach(async () => {
  rmSync(folder, { recursive: true });
  await aws.close();
});

function terminal() {
  const shown: string[] = [];
  const said: string[] = [];
  return {
    shown,
    said,
    environment: {
      ...environmentFor(aws),
      AWS_ENDPOINT_URL_DYNAMODB: aws.url,
      RUNBELL_TABLE: tableName,
    },
    isInteractive: false,
    out: (text: string) => void shown.push(text),
    say: (text: string) => void said.push(text),
    input: async () => '',
  };
}

/** An incident that opened, a click that was refused, one that ran. */
async function told() {
  const stores = createDynamoStores({ client, tableName });
  const opened = aDraft('opened:1', {
    what: 'opened',
    byUserId: null,
    text: 'orders-db is full',
    refs: { incidentId: INCIDENT },
  });
  await stores.timeline.append('all', opened);
  await stores.timeline.append(INCIDENT, opened);
  const sentence = 'You are not on the list. Nothing was started or changed.';
  const refused = { kind: 'refused', atMs: SAMPLE_NOW_MS, reason: 'notAllowed', sentence } as const;
  await stores.requests.write(CLICK, aRequest({ id: CLICK, decision: refused }), null);
  const refs = { requestId: CLICK, targetId: 'orders-db' };
  await stores.timeline.append(
    INCIDENT,
    aDraft('decided:1', { what: 'refused', why: 'notAllowed', text: 'run | <it> at ⟦time:1795410300⟧', refs }),
  );
  return stores;
}

async function tamper(seq: number, change: (body: string) => string): Promise<void> {
  const { entries } = await createDynamoStores({ client, tableName }).timeline.read(INCIDENT, 10);
  const body = { S: change(JSON.stringify(entries[seq - 1])) };
  const Item = { pk: { S: `timeline#${INCIDENT}` }, sk: { S: `E#${String(seq).padStart(9, '0')}` }, body };
  await client.send(new PutItemCommand({ TableName: tableName, Item }));
}

/** A file that cannot be read at all is a failure as well. */
const outcomeOf = (args: readonly string[]): Promise<number> => timeline.run(args, terminal()).catch(() => 2);

describe('npx runbell timeline', () => {
  it('shows an incident with who, what and why', async () => {
    await told();
    const io = terminal();
    expect(await timeline.run(['--incident', INCIDENT], io)).toBe(0);
    expect(io.shown).toEqual([
      '2026-11-23T05:05:00Z  opened        orders-db is full',
      '2026-11-23T05:05:00Z  refused       @U0TESTER run | <it> at 2026-11-23T05:05:00Z [notAllowed]',
    ]);
  });

  it('writes Markdown in which nothing of the text is markup, and JSON of one entry a line', async () => {
    await told();
    const io = terminal();
    await timeline.run(['--incident', INCIDENT, '--markdown'], io);
    expect(io.shown[0]?.split('\n').at(-1)).toBe(
      '| 2026-11-23T05:05:00Z | U0TESTER | refused | run \\|  it  at 2026-11-23T05:05:00Z (notAllowed) |',
    );
    const json = terminal();
    await timeline.run(['--json'], json);
    expect(json.shown.map((line) => JSON.parse(line))).toMatchObject([{ seq: 1, what: 'opened' }]);
  });

  it('finds nothing wrong with what nobody touched, in every incident', async () => {
    await told();
    const io = terminal();
    expect(await timeline.run(['--verify'], io)).toBe(0);
    expect(io.shown).toEqual(['all: whole, 1 entries', `${INCIDENT}: whole, 2 entries`]);
  });

  it('finds one changed letter and says where, with a failing exit code', async () => {
    await told();
    await tamper(2, (body) => body.replace('notAllowed', 'notAlloweD'));
    const io = terminal();
    expect(await timeline.run(['--verify'], io)).toBe(1);
    expect(io.shown.at(-1)).toBe(`${INCIDENT}: BROKEN, entry 2 was altered`);
  });

  it('is written into a file that shows a change of any byte and a lost line, without asking anybody', async () => {
    await told();
    const file = join(folder, 'kept.jsonl');
    expect(await timeline.run(['--export', file], terminal())).toBe(0);
    await aws.close();
    const io = terminal();
    expect(await timeline.run(['--verify', file], io)).toBe(0);
    expect(io.shown).toEqual(['all: whole, 1 entries', `${INCIDENT}: whole, 2 entries`]);
    const kept = readFileSync(file, 'utf8');
    const other = join(folder, 'other.jsonl');
    const body = kept.indexOf('\n');
    for (let at = body + 1; at < kept.length; at += 1) {
      if (kept[at] === '\n') continue;
      writeFileSync(other, kept.slice(0, at) + (kept[at] === '7' ? '8' : '7') + kept.slice(at + 1));
      expect(await outcomeOf(['--verify', other]), `byte ${at}`).not.toBe(0);
    }
    const lines = kept.trimEnd().split('\n');
    for (let at = 0; at < lines.length; at += 1) {
      writeFileSync(other, lines.toSpliced(at, 1).join('\n'));
      expect(await outcomeOf(['--verify', other]), `line ${at}`).not.toBe(0);
    }
  });

  it('is never written over an older file, and goes to standard output where that is asked for', async () => {
    await told();
    const file = join(folder, 'kept.jsonl');
    writeFileSync(file, 'an older proof');
    await expect(timeline.run(['--export', file], terminal())).rejects.toThrow('is there already');
    const io = terminal();
    await timeline.run(['--export', '-'], io);
    expect(io.shown.map((line) => Object.keys(JSON.parse(line))[0])).toEqual(['kind', 'chain', 'chain']);
  });

  it('agrees with an older file as it grows, and not when it was written anew as a whole', async () => {
    const { timeline: chains } = await told();
    const file = join(folder, 'kept.jsonl');
    await timeline.run(['--export', file], terminal());
    await chains.append(INCIDENT, aDraft('later'));
    expect(await outcomeOf(['--verify', '--against', file])).toBe(0);
    await aws.close();
    aws = await createLocalAws({ tableName });
    client = new DynamoDBClient(clientOf(aws));
    const anew = createDynamoStores({ client, tableName });
    const opened = aDraft('opened:1', { what: 'opened', refs: { incidentId: INCIDENT } });
    await anew.timeline.append('all', opened);
    await anew.timeline.append(INCIDENT, opened);
    expect(await outcomeOf(['--verify'])).toBe(0);
    const io = terminal();
    expect(await timeline.run(['--verify', '--against', file], io)).toBe(1);
    expect(io.shown).toContain(`${INCIDENT}: BROKEN, entry 1 was altered`);
  });

  it('refuses a file that is none of its own', async () => {
    const file = join(folder, 'x');
    await expect(timeline.run(['--verify', file], terminal())).rejects.toThrow('There is no file');
    writeFileSync(file, '{}');
    await expect(timeline.run(['--verify', file], terminal())).rejects.toThrow('not what --export wrote');
    await expect(timeline.run(['--against', file], terminal())).rejects.toThrow('goes with --verify');
  });

  it('refuses an id that is none', async () => {
    await expect(timeline.run(['--incident', 'all'], terminal())).rejects.toThrow('foot of the card');
  });
});

describe('npx runbell explain', () => {
  it('says why a click was refused, by the part of its id that the person was told', async () => {
    await told();
    const io = terminal();
    expect(await explain.run([CLICK.slice(0, 16)], io)).toBe(0);
    expect(io.shown[0]).toContain('@U0TESTER asked to acknowledge at 2026-11-23T05:05:00Z.');
    expect(io.shown[0]).toContain('reason notAllowed: You are not on the list.');
  });

  it('says what came of a run, host by host with the command that was sent', async () => {
    const stores = await told();
    const runId = `run-${CLICK.slice(0, 16)}`;
    const host = aHostRun({ phase: 'ended', commandId: 'command-1', ending: { kind: 'done' } });
    await stores.runs.write(runId, aRun({ runId, hosts: [host], phase: 'ended' }), null);
    const refs = { requestId: CLICK, runId };
    await stores.timeline.append(INCIDENT, aDraft('decided:2', { refs }));
    const io = terminal();
    await explain.run([runId], io);
    expect(io.shown[0]).toContain('mi-00000000000000001: done, command command-1');
  });

  it('says so when it knows no such click', async () => {
    const io = terminal();
    expect(await explain.run(['ffffffffffffffff'], io)).toBe(1);
    expect(io.said[0]).toContain('No click ffffffffffffffff is known');
  });
});

it('timeline and explain look into a loop of npm start by its address, and say when that is another one', async () => {
  await told();
  const io = { ...terminal(), environment: environmentFor(aws) };
  const there = ['--endpoint', aws.url, '--table', tableName];
  expect(await explain.run([CLICK.slice(0, 16), ...there], io)).toBe(0);
  expect(await timeline.run(['--verify', ...there], io)).toBe(0);
  const other = createServer((_, answer) => answer.end('{"ok":false}'));
  await new Promise<void>((listening) => void other.listen(0, '127.0.0.1', () => listening()));
  const address = other.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  // An empty answer is not an empty timeline.
  await expect(timeline.run(['--endpoint', `http://127.0.0.1:${address.port}`], io)).rejects.toThrow(
    'Nothing of Runbell that you started answers',
  );
  await new Promise((closed) => void other.close(closed));
});
