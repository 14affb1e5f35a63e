import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { changeItem } from '../../functions/flows/change-item.ts';
import { RecordingConsole } from '../bin/support/recording-console.ts';
import { ON_CALL, runningLoop } from '../bin/support/running-loop.ts';
import { codeBlocks, spansOf } from '../docs/markdown.ts';
import { anIncident, aTarget } from '../fakes/sample-state.ts';

const MINUTES_MS = 60_000;
const PAGES = [
  ...['README.md', 'CONTRIBUTING.md'],
  ...['docs', 'runbooks', 'local'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(folder, name)),
  ),
];

/** What somebody would copy out of the pages: without remarks, pipes and redirections. */
function documented(begin: RegExp): readonly string[] {
  const lines = PAGES.flatMap((page) => {
    const text = readFileSync(page, 'utf8');
    return [...spansOf(text), ...codeBlocks(text, 'sh').flatMap((block) => block.split('\n'))];
  });
  const commands = lines.flatMap((line) => line.replace(/\s+[#|<].*$/, '').split(' && ')).map((one) => one.trim());
  return [...new Set(commands.filter((command) => begin.test(command)))].sort();
}

/** What is held by a test of its own: the file, and the words by which it runs there. */
const RUN_ELSEWHERE: Readonly<Record<string, readonly [file: string, words: string]>> = {
  'npm ci': ['.ci/run', 'npm ci'],
  'npm ci --ignore-scripts': ['test/long/package.test.ts', '--ignore-scripts'],
  'npm run setup:test': ['.ci/run', 'npm run setup:test'],
  'npm test': ['.ci/run', 'npm test'],
  'npm run check': ['.ci/run', 'npm run check'],
  'npm run test:long': ['.ci/run', 'npm run test:long'],
  'npm run test:hosts': ['.ci/run', 'npm run test:hosts'],
  'npm run drill': ['test/long/drill.test.ts', "'drill'"],
  'npm run drill -- --story': ['test/long/stories.test.ts', "'--story'"],
  'npm init': ['test/long/package.test.ts', 'package.json'],
  'npm install': ['test/long/package.test.ts', "'install'"],
  'npm pack': ['test/long/package.test.ts', "'pack'"],
  'npx cdk bootstrap': ['test/long/first-alert.test.ts', "cdk('bootstrap'"],
  'npx cdk deploy': ['test/long/first-alert.test.ts', "cdk('deploy'"],
  'npx cdk destroy': ['test/long/first-alert.test.ts', "cdk('destroy'"],
  'npx runbell init': ['test/long/first-alert.test.ts', "'init'"],
  'npx runbell secrets set': ['test/long/first-alert.test.ts', "'secrets'"],
  'npx runbell doctor': ['test/long/first-alert.test.ts', "'doctor'"],
  'npx runbell slack-manifest': ['test/long/first-alert.test.ts', "'slack-manifest'"],
  'npx runbell test-alert': ['test/long/first-alert.test.ts', "'test-alert'"],
  'npx runbell cost': ['test/bin/commands/cost.test.ts', 'run('],
  'npx runbell explain': ['test/bin/timeline/timeline.test.ts', 'explain'],
  'npx runbell timeline --verify FILE': ['test/bin/timeline/timeline.test.ts', "['--verify', file]"],
  'npx runbell timeline --verify --against FILE': [
    'test/bin/timeline/timeline.test.ts',
    "['--verify', '--against', file]",
  ],
  'npx runbell runbook cancel': ['test/bin/commands/ask.test.ts', "'cancel'"],
  'npx runbell runbook run': ['test/bin/commands/ask.test.ts', "'run'"],
  'npx runbell runbook run snapshot-config --host local': ['test/bin/commands/runbook.test.ts', "'local'"],
  'npx runbell replay --stored': ['test/bin/commands/replay.test.ts', "'--stored'"],
  'npm start -- --slack': ['test/local/start-own.test.ts', 'startOwn('],
  'npm start -- --config': ['test/local/start-own.test.ts', 'startOwn('],
};

function elsewhere(command: string): readonly [file: string, words: string] | null {
  const known = Object.keys(RUN_ELSEWHERE).filter((begin) => `${command} `.startsWith(`${begin} `));
  const longest = known.toSorted((a, b) => b.length - a.length)[0];
  return longest === undefined ? null : (RUN_ELSEWHERE[longest] ?? null);
}

const COMMANDS = documented(/^np[mx] [a-z]/);
const hereOnly = (begin: string) => COMMANDS.filter((one) => one.startsWith(begin) && elsewhere(one) === null);

describe('every command that the pages show', () => {
  it('is there in number', () => {
    expect(COMMANDS.length).toBeGreaterThan(30);
  });

  it.each(COMMANDS.filter((one) => elsewhere(one) !== null))(
    '%s is run by the test that is named for it',
    (command) => {
      const [file, words] = elsewhere(command) ?? ['', ''];
      expect(readFileSync(file, 'utf8')).toContain(words);
    },
  );
});

describe('the command, as the pages show it', () => {
  let stage: Awaited<ReturnType<typeof runningLoop>>;
  const incident = anIncident();
  beforeAll(async () => {
    stage = await runningLoop();
    // The loop has looked at it by now, or is just about to.
    const put = () => aTarget({ targetId: 'shop-db', incident });
    expect((await changeItem(stage.loop.stores.targets, 'shop-db', put)).kind).toBe('written');
  }, MINUTES_MS);
  afterAll(() => stage.stop());

  const WITHOUT_PLACE = ['replay', 'runbook'];
  /** Where a page only names a command: what it cannot do without. */
  const NEEDED: Readonly<Record<string, readonly string[]>> = {
    'npx runbell freeze': ['everything', 'a', 'release'],
    'npx runbell runbook': ['list'],
    'npx runbell replay': ['docs/examples/slow-leak.csv'],
  };
  const ASKS = ['freeze', 'unfreeze', 'silence', 'unsilence'];

  it.each(hereOnly('npx runbell '))('%s', { timeout: MINUTES_MS }, async (shown) => {
    const given: Readonly<Record<string, string>> = {
      ID: incident.id,
      'orders-db': 'shop-db',
    };
    const [name = '', ...words] = shown.replace('npx runbell ', '').split(' ');
    const args = [...words.map((word) => given[word] ?? word), ...(NEEDED[shown] ?? [])];
    const place = WITHOUT_PLACE.includes(name) ? [] : ['--endpoint', stage.endpoint];
    const who = ASKS.includes(name) ? ['--as', ON_CALL] : [];
    const { run } = (await import(`../../bin/commands/${name}.ts`)) as {
      readonly run: (args: readonly string[], io: RecordingConsole) => Promise<number>;
    };
    const io = new RecordingConsole(stage.environment);
    const code = await run([...args, ...place, ...who], io);
    expect({ code, said: io.everything }).toMatchObject({ code: 0 });
  });
});

describe('scripts of npm, in a copy', () => {
  let copy: string;
  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), 'runbell-copy-'));
    const left = ['node_modules', 'cdk.out', '.git'];
    for (const name of readdirSync('.')) if (!left.includes(name)) cpSync(name, join(copy, name), { recursive: true });
    symlinkSync(resolve('node_modules'), join(copy, 'node_modules'));
  });
  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  /** With `until` it is ended by Ctrl-C, which reaches the whole group, once it has said so. */
  function type(command: string, input: string, until: RegExp | null) {
    return new Promise<{ readonly code: number | null; readonly out: string }>((done) => {
      const env = { ...process.env, CI: 'true' };
      const child = spawn('sh', ['-c', command], { cwd: copy, env, detached: true });
      let out = '';
      let isEnding = false;
      const hear = (part: Buffer) => {
        out += part.toString();
        if (isEnding || until?.test(out) !== true || child.pid === undefined) return;
        isEnding = true;
        process.kill(-child.pid, 'SIGINT');
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
      child.stdin.end(input);
      child.on('close', (code) => done({ code, out }));
    });
  }

  const SAMPLE = `${JSON.stringify({ ts: 60_000, connected: 1, running: 1, max: 50 })}\n`;
  /** The same commands on less, where the whole of it takes many minutes. */
  const SHORTER: Readonly<Record<string, string>> = {
    'npm run bench -- click': 'npm run bench -- click --rounds 1',
    'npm run bench -- click --json': 'npm run bench -- click --json --rounds 1',
    'npm run bench -- flood': 'npm run bench -- flood --rounds 1',
  };
  const shorter = (command: string) =>
    SHORTER[command] ?? (command.includes('detect:score') ? `${command} --class l-slow --limit 1` : command);

  it.each(hereOnly('npm ').filter((one) => one !== 'npm start'))(
    '%s',
    { timeout: 10 * MINUTES_MS },
    async (command) => {
      const input = command.endsWith(' detect') ? SAMPLE : '';
      expect(await type(shorter(command), input, null)).toMatchObject({ code: 0 });
    },
  );

  it('npm start, which says where its page is and ends with Ctrl-C', { timeout: 5 * MINUTES_MS }, async () => {
    const { out } = await type('npm start', '', /http:\/\/(127\.0\.0\.1|localhost):\d+[\s\S]*Ctrl-C/);
    const [address = 'none'] = /http:\/\/(?:127\.0\.0\.1|localhost):\d+/.exec(out) ?? [];
    expect(address).toMatch(/^http/);
    await expect(fetch(address)).rejects.toThrow();
  });
});
