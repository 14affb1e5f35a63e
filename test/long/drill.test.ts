import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { describeOnLaravel } from '../hosts/describe-on-laravel.ts';
import { describeWith } from '../support/needs.ts';

interface Played {
  readonly code: number | null;
  readonly report: Readonly<Record<string, unknown>>;
  readonly said: string;
}

/** In a folder of its own for temporary things, so that what is left behind is its own. */
function play(place: string, ...args: string[]): Promise<Played> {
  const env = { ...process.env, TMPDIR: place };
  const order = ['run', '-s', 'drill', '--', '--json', ...args];
  const child = spawn('npm', order, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let said = '';
  child.stdout.on('data', (text) => {
    out += text;
  });
  child.stderr.on('data', (text) => {
    said += text;
  });
  return new Promise((resolve) =>
    child.on('close', (code) => resolve({ code, report: JSON.parse(out.trim().split('\n').at(-1) || '{}'), said })),
  );
}

/** What a busy machine does to a click or a call; whoever is told so presses again. */
const LATE =
  /abort|time[d ]?out|not acknowledged within|click\.lost|nothing came of the click|unhandled error occurred/i;

async function tellsTheStory(database: RegExp, ...args: string[]): Promise<void> {
  const place = mkdtempSync(join(tmpdir(), 'runbell-drill-'));
  chmodSync(place, 0o755);
  onTestFinished(() => rmSync(place, { recursive: true, force: true }));
  const { code, report, said } = await play(place, ...args);
  expect(report, said).toMatchObject({ outcome: 'recovered', cards: 1, runsStarted: 1 });
  expect((report['errors'] as readonly string[]).filter((line) => !LATE.test(line))).toEqual([]);
  expect(report['database']).toMatch(database);
  expect(code).toBe(0);
  expect(readdirSync(place).filter((name) => name.startsWith('runbell-'))).toEqual([]);
}

describeWith('mariadb', 'the drill on a real MariaDB', () => {
  it('goes from leak to recovery with one card and one run, and leaves nothing behind', async () => {
    await tellsTheStory(/^MariaDB /, '--database', 'server');
  });
});

describe('the drill on the embedded stand-in', () => {
  it('goes from leak to recovery with one card and one run, and leaves nothing behind', async () => {
    await tellsTheStory(/^embedded$/, '--database', 'embedded');
  });
});

describeOnLaravel('the drill with a Laravel application', () => {
  it('goes from leak to recovery with one card and one run, and leaves nothing behind', async () => {
    await tellsTheStory(/^MariaDB /, '--application', 'laravel');
  });
});
