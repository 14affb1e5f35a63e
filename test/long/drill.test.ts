import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { describeOnLaravel } from '../hosts/describe-on-laravel.ts';
import { describeWith } from '../support/needs.ts';

interface Played {
  readonly code: number | null;
  readonly report: Readonly<Record<string, unknown>>;
  readonly said: string;
}

function play(...args: string[]): Promise<Played> {
  const child = spawn('npm', ['run', '-s', 'drill', '--', '--json', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let said = '';
  child.stdout.on('data', (text) => {
    out += text;
  });
  child.stderr.on('data', (text) => {
    said += text;
  });
  return new Promise((resolve) =>
    child.on('close', (code) => resolve({ code, report: JSON.parse(out.trim().split('\n').at(-1) ?? '{}'), said })),
  );
}

function sessions(): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith('runbell-local-'));
}

async function tellsTheStory(database: RegExp, ...args: string[]): Promise<void> {
  const before = sessions();
  const { code, report, said } = await play(...args);
  expect(report, said).toMatchObject({ outcome: 'recovered', cards: 1, runsStarted: 1, errors: [] });
  expect(report['database']).toMatch(database);
  expect(code).toBe(0);
  expect(sessions().filter((name) => !before.includes(name))).toEqual([]);
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
