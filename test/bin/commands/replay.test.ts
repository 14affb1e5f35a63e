import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTable } from '../../../bin/commands/common/open-table.ts';
import { run } from '../../../bin/commands/replay.ts';
import { sampleOf } from '../../../bin/flows/replay/read-recording.ts';
import { replay } from '../../../bin/flows/replay/replay.ts';
import type { ConfigInput } from '../../../functions/core/config/config.ts';
import type { TickRecord } from '../../../functions/core/model/sample-record.ts';
import { createLocalAws, type LocalAws } from '../../../local/aws/local-aws.ts';
import { NIGHT_MS, reading, settings } from '../../support/builders.ts';
import { environmentFor } from '../../support/signed.ts';
import { configWith } from '../support/config-file.ts';
import { RecordingConsole } from '../support/recording-console.ts';

const TABLE = 'runbell-local';
const EXAMPLE = 'docs/examples/slow-leak.csv';
const MINUTE_MS = 60_000;
let folder: string;
let environment: Readonly<Record<string, string>> = {};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runbell-replay-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function replayed(...args: string[]) {
  const io = new RecordingConsole(environment);
  const code = await run(args, io);
  return { code, out: io.written.join('\n'), said: io.said.join('\n') };
}

function configOf(config: ConfigInput): string {
  return file('other.config.mjs', [`export default ${JSON.stringify(config)};`]);
}

function file(name: string, lines: readonly string[]): string {
  const path = join(folder, name);
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

describe('npx runbell replay FILE', () => {
  it('tells the recorded incident as one card that opens before the server is full', async () => {
    const { code, out } = await replayed(EXAMPLE);
    expect(code).toBe(0);
    const opened = /opened, warning: (\d+) of 60 connections/.exec(out);
    expect(Number(opened?.[1])).toBeLessThan(58);
    expect(out).toMatch(/full in about .*a rush/);
    expect(out).toMatch(/^1 card with /m);
  });

  it('says how many cards a changed configuration would have made, beside the present one', async () => {
    const strict = configOf(configWith({ rules: { leak: { off: true }, level: { off: true } } }));
    const { out } = await replayed(EXAMPLE, '--config', strict);
    expect(out).toMatch(/^0 cards with .*\.mjs, 1 card with /m);
    expect(out).toContain('Runbell would have said nothing.');
  });

  it('draws connections, limit, bounds, what was said and the forecast', async () => {
    const svg = join(folder, 'leak.svg');
    await replayed(EXAMPLE, '--svg', svg);
    const drawn = readFileSync(svg, 'utf8');
    for (const part of ['limit 60', '80 %', '90 %', '>opened<', 'stroke-dasharray="6 4"', '<polyline'])
      expect(drawn).toContain(part);
  });

  it('does not let the name of a file into the picture as markup', async () => {
    const path = file('<b>&.csv', readFileSync(EXAMPLE, 'utf8').trim().split('\n'));
    const svg = join(folder, 'leak.svg');
    await replayed(path, '--svg', svg);
    expect(readFileSync(svg, 'utf8')).toContain('&lt;b&gt;&amp;.csv');
  });

  it('reads JSON lines, skips what is none, and says which lines and why', async () => {
    const line = (minute: number) =>
      JSON.stringify({ ts: minute * MINUTE_MS, connected: 10, running: 1, max: 100, sleep: [2, 1, 0, 0] });
    const path = file('calm.jsonl', [line(1), '{"ts": 120000}', 'oops', line(2)]);
    const { code, out, said } = await replayed(path, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ samples: 2, events: [] });
    expect(said).toMatch(/line 2: "connected" is missing/);
    expect(said).toMatch(/line 3: this is not JSON/);
  });

  it.each([
    ['a file that is not there', ['missing.csv'], /There is no file missing\.csv/],
    ['neither a file nor stored samples', [], /Name one FILE/],
    ['both', [EXAMPLE, '--stored', '1d'], /Name one FILE/],
    ['a target that is not configured', [EXAMPLE, '--target', 'nowhere'], /There is no target "nowhere".*It has: /],
    ['a span that is none', ['--stored', 'yesterday'], /30d, 12h or 90m/],
  ])('refuses %s with what to do', async (_, args, message) => {
    await expect(replayed(...args)).rejects.toThrow(message);
  });

  it('refuses a table with other columns by naming those it lacks', async () => {
    const path = file('other.csv', ['time,threads_connected', '1,2']);
    const io = new RecordingConsole({});
    await expect(run([path], io)).rejects.toThrow(/no sample that could be read/);
    expect(io.everything).toMatch(/does not name ts, threads_running, max_connections/);
  });
});

describe('two troubles hours apart', () => {
  it('are two cards, because the end of the first was told', async () => {
    const { config } = settings();
    const [target] = config.targets;
    if (target === undefined) throw new Error('there is no target');
    const samples = Array.from({ length: 420 }, (_, minute) => {
      const connected = minute % 200 > 100 && minute % 200 < 130 ? 100 : 40;
      return sampleOf(reading(NIGHT_MS + minute * MINUTE_MS, connected), null);
    });
    const { cards, events } = replay(samples, { schema: 1, version: 'test', config, catalogue: [] }, target);
    expect([cards, events.filter(({ what }) => what === 'reopened').length]).toEqual([2, 0]);
  });
});

describe('npx runbell replay --stored', () => {
  let local: LocalAws;
  beforeAll(async () => {
    local = await createLocalAws({ tableName: TABLE });
    environment = environmentFor(local);
  });
  afterAll(() => local.close());

  it('replays what a running Runbell has stored, for as long as it is asked to', async () => {
    const { chunks } = openTable(TABLE, 'us-east-1', environmentFor(local));
    const startMs = Date.now() - 40 * MINUTE_MS;
    for (let minute = 0; minute < 30; minute++) {
      const atMs = startMs + minute * MINUTE_MS;
      await chunks.put(0, atMs, new Map([['orders-db', aRecord(atMs, minute < 20 ? 20 : 100)]]));
    }
    const config = configOf(configWith({}));
    const { out } = await replayed('--stored', '1h', '--endpoint', local.url, '--config', config);
    expect(out).toMatch(/orders-db: 30 samples over 29 minutes/);
    expect(out).toMatch(/opened, critical: 100 of 100 connections/);
  });

  it('says for how long samples are kept when there is none', async () => {
    const config = configOf(configWith({}));
    const args = ['--stored', '1m', '--endpoint', local.url, '--config', config];
    await expect(replayed(...args)).rejects.toThrow(/Nothing is stored of orders-db.*31 days/);
  });
});

describe('a stored record', () => {
  it('becomes the sample that it was made of', () => {
    expect(sampleOf(aRecord(5, 7), 600)).toMatchObject({
      kind: 'reading',
      atMs: 5,
      connected: 7,
      waitTimeoutSeconds: 600,
    });
    expect(sampleOf({ kind: 'unreadable', atMs: 5, cause: 'denied' }, null)).toMatchObject({ kind: 'unreadable' });
    expect(sampleOf({ ...aRecord(5, 7), kind: 'full' }, null)).toMatchObject({
      kind: 'full',
      detail: { connected: 7 },
    });
  });
});

function aRecord(atMs: number, connected: number): TickRecord & { readonly kind: 'reading' | 'full' } {
  const known = { kind: 'reading', running: 2, connectionsMax: 100, refused: 0, blind: false } as const;
  return { ...known, atMs, connected, ages: null, uptimeMinutes: 5000 };
}
