import { execFile, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the way `cdk.json` and the npm scripts do. */
function launch(
  arguments_: readonly string[],
  node = process.execPath,
  environment: Record<string, string> = {},
  launcher = 'bin/launch.mjs',
): Promise<Ended> {
  return new Promise((done) => {
    const env = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...environment };
    execFile(node, [launcher, ...arguments_], { env }, (error, stdout, stderr) => {
      done({ status: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runbell-app-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the CDK app', () => {
  const synthesize = (configFile: string) => {
    const context = JSON.stringify({ 'runbell:config': configFile });
    return launch(['bin/app.ts'], process.execPath, { CDK_OUTDIR: join(folder, 'out'), CDK_CONTEXT_JSON: context });
  };

  it('synthesizes the example of the repository with no account, no region and no lookup', async () => {
    const ended = await synthesize('runbell.config.ts');
    expect([ended.status, ended.stderr]).toEqual([0, '']);
    const manifest = JSON.parse(readFileSync(join(folder, 'out', 'manifest.json'), 'utf8'));
    expect(manifest.missing).toBeUndefined();
    expect(manifest.artifacts.runbell.environment).toBe('aws://unknown-account/unknown-region');
  }, 180_000);

  it('names every problem of a configuration, without a stack trace, and synthesizes nothing', async () => {
    const file = join(folder, 'bad.config.ts');
    writeFileSync(
      file,
      "export default { targets: [], slack: { channel: 'general', workspaceId: 'T0TEAM' }, extra: 1 };\n",
    );
    const ended = await synthesize(file);
    expect(ended.status).toBe(1);
    expect(ended.stderr.trim().split('\n')).toEqual([
      'The configuration has 3 problems; nothing was started or changed:',
      expect.stringContaining('slack.channel: use a channel id'),
      expect.stringContaining('targets: name at least one target'),
      expect.stringContaining('extra: is not a setting of Runbell'),
    ]);
    expect(existsSync(join(folder, 'out', 'manifest.json'))).toBe(false);
  }, 180_000);

  it('takes what concerns the stack from the context, and refuses what it does not understand', async () => {
    const withContext = (context: object) =>
      launch(['bin/app.ts'], process.execPath, {
        CDK_OUTDIR: join(folder, 'out'),
        CDK_CONTEXT_JSON: JSON.stringify(context),
      });
    const good = await withContext({ 'runbell:retain': 'true', 'runbell:dashboard': 'true' });
    expect([good.status, good.stderr]).toEqual([0, '']);
    const { Resources } = JSON.parse(readFileSync(join(folder, 'out', 'runbell.template.json'), 'utf8'));
    const found = Object.values<{ readonly Type: string; readonly DeletionPolicy?: string }>(Resources);
    const kept = found.filter(({ DeletionPolicy }) => DeletionPolicy === 'Retain');
    expect(kept.map(({ Type }) => Type)).toEqual(['AWS::DynamoDB::Table']);
    expect(found.some(({ Type }) => Type === 'AWS::CloudWatch::Dashboard')).toBe(true);
    const bad = await withContext({ 'runbell:retain': 'perhaps', 'runbell:keyArn': 'my-key' });
    expect([bad.status, bad.stderr]).toEqual([
      1,
      '-c runbell:retain: write true or false\n-c runbell:keyArn: use the whole ARN of a key\n',
    ]);
  }, 180_000);

  it('says what to do when there is no configuration, or none in the file', async () => {
    const missing = await synthesize(join(folder, 'none.config.ts'));
    expect([missing.status, missing.stderr]).toEqual([1, expect.stringContaining('copy one of docs/examples')]);
    const file = join(folder, 'empty.config.ts');
    writeFileSync(file, 'export const config = {};\n');
    const empty = await synthesize(file);
    expect([empty.status, empty.stderr]).toEqual([1, expect.stringContaining('has no default export')]);
  }, 180_000);
});

describe('the launcher', () => {
  const script = () => {
    const file = join(folder, 'script.ts');
    writeFileSync(file, 'const said: readonly string[] = process.argv.slice(1);\nconsole.log(JSON.stringify(said));\n');
    return file;
  };

  it('starts a TypeScript file as if it had been started directly', async () => {
    const file = script();
    const ended = await launch([file, '--flag', 'a b']);
    expect(ended).toEqual({ status: 0, stdout: `${JSON.stringify([file, '--flag', 'a b'])}\n`, stderr: '' });
    expect(resolve(file)).toBe(file);
  });

  it('says how it is used when the file is not there', async () => {
    const ended = await launch([join(folder, 'none.ts')]);
    expect([ended.status, ended.stdout]).toEqual([2, '']);
    expect(ended.stderr).toContain('there is no');
  });

  const oldNode = ['/usr/bin/node', '/usr/local/bin/node'].find((path) => existsSync(path));
  it.runIf(oldNode)('goes on with an older Node and says so in one line', async () => {
    const version = await new Promise<string>((done) => {
      execFile(oldNode ?? '', ['--version'], (_error, stdout) => done(stdout.trim().slice(1)));
    });
    // A clone whose node_modules lack the Node of npm.
    const clone = join(folder, 'clone');
    cpSync('bin', join(clone, 'bin'), { recursive: true, filter: (path) => !path.endsWith('.ts') });
    mkdirSync(join(clone, 'node_modules'));
    symlinkSync(resolve('node_modules/tsx'), join(clone, 'node_modules/tsx'));
    const ended = await launch([script(), 'x'], oldNode, {}, join(clone, 'bin/launch.mjs'));
    expect([ended.status, JSON.parse(ended.stdout)[1]]).toEqual([0, 'x']);
    const isOld = Number(version.split('.')[0]) < 22;
    const says = `Node 24 is missing from node_modules (npm ci --ignore-scripts leaves it out): going on with Node ${version} through tsx.\n`;
    expect(ended.stderr).toBe(isOld ? says : '');
  });

  it.runIf(oldNode)(
    'hands over to the Node of the clone when it was started with an older one, in silence',
    async () => {
      const file = join(folder, 'version.ts');
      writeFileSync(file, 'const code: number = 7;\nconsole.log(process.version);\nprocess.exit(code);\n');
      expect(await launch([file], oldNode)).toEqual({ status: 7, stdout: `${process.version}\n`, stderr: '' });
    },
  );

  it.runIf(oldNode)('passes on that it is to end', async () => {
    const file = join(folder, 'endless.ts');
    writeFileSync(
      file,
      "process.on('SIGTERM', () => process.exit(9));\nsetInterval(() => {}, 1000);\nconsole.log('up');\n",
    );
    const child = spawn(oldNode ?? '', ['bin/launch.mjs', file], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = new Promise<number | null>((done) => child.once('exit', done));
    await new Promise((up) => child.stdout.once('data', up));
    child.kill('SIGTERM');
    expect(await ended).toBe(9);
  });
});
