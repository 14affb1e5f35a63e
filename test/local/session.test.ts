import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { demoOwner } from '../../local/demo/demo-application.ts';
import { startDemo } from '../../local/demo/start-demo.ts';
import { processesOf } from '../../local/processes.ts';
import { openSession } from '../../local/session.ts';

const isRoot = process.getuid?.() === 0;
const said: string[] = [];
const say = (line: string) => said.push(line);
const modeOf = (path: string) => statSync(path).mode & 0o777;

let place = '';
let umask = 0;
beforeEach(() => {
  umask = process.umask(0);
  place = mkdtempSync(join(tmpdir(), 'runbell-sessions-'));
  chmodSync(place, 0o755);
  vi.stubEnv('TMPDIR', place);
  said.length = 0;
});
afterEach(() => {
  process.umask(umask);
  vi.unstubAllEnvs();
  rmSync(place, { recursive: true, force: true });
});

/** What somebody who is neither this user nor the application's, and in no group of theirs, could look into. */
function openToOthers(): string[] {
  const entries = readdirSync(place, { withFileTypes: true });
  return entries.map(({ name }) => join(place, name)).filter((path) => (lstatSync(path).mode & 0o007) !== 0);
}

describe('a session', () => {
  it('is a folder of its user alone, with a file of that user alone, and others beside it', async () => {
    const session = await openSession(say);
    const beside = session.folderBeside('database');
    expect(modeOf(session.dir)).toBe(0o700);
    expect(readdirSync(session.dir).map((name) => [name, modeOf(join(session.dir, name))])).toEqual([
      ['session.json', 0o600],
    ]);
    expect([beside.startsWith(`${session.dir}-`), modeOf(beside)]).toEqual([true, 0o700]);
    expect(() => session.folderBeside('database')).toThrow('EEXIST');
    await session.close();
    expect(readdirSync(place)).toEqual([]);
  });

  it.skipIf(!isRoot)('lets an application’s user through to its own folder, and nobody else', async () => {
    const session = await openSession(say);
    const { gid, uid } = statSync(session.folderBeside('application', 1234));
    expect([uid, gid, modeOf(`${session.dir}-application`)]).toEqual([0, 1234, 0o710]);
    await session.close();
  });

  it('cleans up behind one that was killed, with what lies beside it, and follows no link', async () => {
    const killed = join(place, 'runbell-local-AbCdEf');
    const kept = join(place, 'kept');
    for (const folder of [killed, `${killed}-application`, kept]) mkdirSync(folder);
    writeFileSync(join(killed, 'session.json'), JSON.stringify({ pid: 1, mark: 'of another process' }));
    writeFileSync(join(kept, 'file'), '');
    symlinkSync(kept, join(place, 'runbell-local-LinkLi'));
    symlinkSync(kept, join(`${killed}-application`, 'link'));
    const session = await openSession(say);
    expect(said).toEqual(['Cleaning up behind an earlier start that was killed.']);
    expect(existsSync(killed) || existsSync(`${killed}-application`)).toBe(false);
    expect(readdirSync(kept)).toEqual(['file']);
    await session.close();
  });
});

describe('the demonstration', () => {
  it('leaves nothing that others can read, and what it writes for itself to its own user alone', async () => {
    const state = join(place, 'own-state');
    vi.stubEnv('RUNBELL_STATE_DIR', state);
    const before = { ...process.env };
    const demo = await startDemo({ engine: 'embedded', port: 0, say });
    try {
      expect({ ...process.env }).toEqual(before);
      expect(openToOthers()).toEqual([]);
      const [dir = ''] = readdirSync(place).filter((name) => /^runbell-local-\w{6}$/.test(name));
      expect([modeOf(join(place, dir)), modeOf(state)]).toEqual([0o700, 0o700]);
      expect(modeOf(join(place, dir, 'aws.env'))).toBe(0o600);
      const { directory, pm2Home } = demo.application;
      expect([directory, pm2Home].map(modeOf)).toEqual([0o700, 0o700]);
      expect(statSync(directory).uid).toBe(demoOwner().uid);
      expect(modeOf(join(directory, 'ecosystem.config.json'))).toBe(0o600);
      const { secretAccessKey } = demo.loop.aws.credentials;
      const children = processesOf(join(place, dir));
      expect(children.length).toBeGreaterThan(2);
      for (const pid of children) {
        const texts = ['environ', 'cmdline'].map((file) => readFileSync(`/proc/${pid}/${file}`, 'latin1'));
        expect(texts.join('\n')).not.toContain(secretAccessKey);
      }
      expect(said.join('\n')).not.toContain(secretAccessKey);
    } finally {
      await demo.stop();
    }
    expect(readdirSync(place).filter((name) => name.startsWith('runbell-'))).toEqual([]);
  });

  it('does not begin where its state would be open to others', async () => {
    const state = join(place, 'own-state');
    mkdirSync(state, { mode: 0o755 });
    vi.stubEnv('RUNBELL_STATE_DIR', state);
    await expect(startDemo({ engine: 'embedded', port: 0, say })).rejects.toThrow(
      'own-state is open to others (mode 755)',
    );
    expect(readdirSync(place)).toEqual(['own-state']);
  });
});
