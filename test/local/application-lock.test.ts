import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { holdApplications } from '../../local/application-lock.ts';
import { SOON } from '../support/soon.ts';

const isRoot = process.getuid?.() === 0;
let dir = '';
const children: ChildProcess[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'runbell-lock-'));
  chmodSync(dir, 0o755);
  for (const name of ['shop', 'pm2', 'other', 'other-pm2']) mkdirSync(join(dir, name));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
});

function application(directory = 'shop', home = 'pm2') {
  return { directory: join(dir, directory), pm2: { home: join(dir, home) } };
}

const taken = expect.objectContaining({ message: expect.stringContaining('two would act on one application') });

/** Another process that holds it until it is killed. */
async function holdElsewhere(): Promise<ChildProcess> {
  const module = pathToFileURL(join(import.meta.dirname, '../../local/application-lock.ts')).href;
  const code = `import(${JSON.stringify(module)}).then(async ({ holdApplications }) => {
    await holdApplications([${JSON.stringify(application())}]);
    console.log('held');
    setInterval(() => undefined, 1000);
  })`;
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  await once(child.stdout, 'data');
  return child;
}

describe('an application on this machine', () => {
  it('is held by one at a time, and free again afterwards', async () => {
    const first = await holdApplications([application()]);
    await expect(holdApplications([application()])).rejects.toEqual(taken);
    await first.release();
    await (await holdApplications([application()])).release();
  });

  it.each<[string, [string, string]]>([
    ['the same directory', ['shop', 'other-pm2']],
    ['the same PM2 home', ['other', 'pm2']],
  ])('is known by %s alone', async (_, [directory, home]) => {
    const first = await holdApplications([application()]);
    await expect(holdApplications([application(directory, home)])).rejects.toEqual(taken);
    await first.release();
  });

  it('is known by any of its names', async () => {
    symlinkSync(join(dir, 'shop'), join(dir, 'current'));
    const first = await holdApplications([application()]);
    await expect(holdApplications([application('current', 'other-pm2')])).rejects.toEqual(taken);
    await first.release();
  });

  it('does not keep another one away, nor a second one with the same PM2 home from its own loop', async () => {
    const first = await holdApplications([application(), application('other')]);
    await expect(holdApplications([application('other', 'other-pm2')])).rejects.toEqual(taken);
    await first.release();
    const [one, two] = [
      await holdApplications([application()]),
      await holdApplications([application('other', 'other-pm2')]),
    ];
    await one.release();
    await two.release();
  });

  it('is let go of where only a part of the applications is free', async () => {
    const first = await holdApplications([application('other', 'other-pm2')]);
    await expect(holdApplications([application(), application('other', 'other-pm2')])).rejects.toEqual(taken);
    await (await holdApplications([application()])).release();
    await first.release();
  });

  it('says who has it and what to do, and is free as soon as that one is killed', async () => {
    const child = await holdElsewhere();
    const user = spawnSync('id', ['-nu'], { encoding: 'utf8' }).stdout.trim();
    await expect(holdApplications([application()])).rejects.toThrow(
      new RegExp(`shop is in use by process ${child.pid} of user ${user}: .*kill ${child.pid}.*Nothing was started`),
    );
    child.kill('SIGKILL');
    await expect.poll(() => holdApplications([application()]).then(({ release }) => release()), SOON).toBeUndefined();
  });

  it.skipIf(!isRoot)('is kept from other users too', async () => {
    const first = await holdApplications([application()]);
    const asNobody = spawnSync('runuser', ['-u', 'nobody', '--', 'flock', '--nonblock', join(dir, 'shop'), 'true']);
    expect(asNobody.status).toBe(1);
    await first.release();
  });

  it('need not be there', async () => {
    await (await holdApplications([application('gone', 'gone')])).release();
  });
});
