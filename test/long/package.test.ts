import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { FUNCTION_NAMES } from '../../lib/bundle/function-code.ts';

const MINUTES_MS = 60_000;
const packed = z.array(z.object({ filename: z.string(), files: z.array(z.object({ path: z.string() })) })).length(1);
const manifest = z.object({
  version: z.string(),
  dependencies: z.record(z.string(), z.string()),
  devDependencies: z.record(z.string(), z.string()),
});
const { version, dependencies, devDependencies } = manifest.parse(JSON.parse(readFileSync('package.json', 'utf8')));

interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const NODES = [process.execPath, '/usr/bin/node', '/usr/local/bin/node'].filter((path) => existsSync(path));

describe('the package', () => {
  let root: string;
  let files: readonly string[];
  /** An empty folder that it is installed into, with nothing of the clone near. */
  let user: string;

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'runbell-package-'));
    user = join(root, 'user');
    mkdirSync(user);
    const [made] = packed.parse(
      JSON.parse((await run('npm', ['pack', '--json', '--pack-destination', root], '.')).stdout),
    );
    files = made?.files.map(({ path }) => path) ?? [];
    writeFileSync(join(user, 'package.json'), '{ "private": true, "type": "commonjs" }\n');
    await run(
      'npm',
      [
        ...['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'],
        join(root, made?.filename ?? ''),
        `aws-cdk@${devDependencies['aws-cdk']}`,
        `@types/node@${devDependencies['@types/node']}`,
      ],
      user,
    );
  }, 10 * MINUTES_MS);
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  const installed = () => join(user, 'node_modules/runbell');
  const runbell = (args: readonly string[], node = process.execPath) =>
    attempt(node, [join(user, 'node_modules/.bin/runbell'), ...args], user);

  it('holds the command, the construct, the bundles, the runbooks and the pages, and nothing else', () => {
    const kinds: readonly (readonly [RegExp, string])[] = [
      [/^(package\.json|README\.md|LICENSE|CHANGELOG\.md)$/, 'about it'],
      [/^bin\/(runbell|runbell-app|start)\.mjs$/, 'programs'],
      [/^dist\/(bin|lib|functions|local\/ssm)\/.*\.js$/, 'code'],
      // What a command that acts on this machine shares with the loop: its lock, its keys, its folder.
      [/^dist\/local\/(application-lock|private-folder|processes|session|aws\/keys-file)\.js$/, 'shared with the loop'],
      [/^dist\/(lib|functions\/core)\/.*\.d\.ts$/, 'types'],
      [/^dist\/bundles\/[a-z]+\/index\.cjs$/, 'bundles'],
      [/^dist\/runbooks\/.*\.(sh|json|md)$/, 'runbooks'],
      [/^dist\/(package|cdk)\.json$/, 'facts'],
      [/^docs\/([\w-]+|decisions\/[\w-]+|runbooks\/[\w-]+)\.md$/, 'pages'],
      [/^docs\/examples\/cdk-app\//, 'example'],
    ];
    const kindsOf = (path: string) => kinds.flatMap(([pattern, kind]) => (pattern.test(path) ? [kind] : []));
    expect(files.filter((path) => kindsOf(path).length !== 1)).toEqual([]);
    expect([...new Set(files.flatMap(kindsOf))].sort()).toEqual(kinds.map(([, kind]) => kind).sort());
    expect(files.filter((path) => path.startsWith('dist/bundles'))).toHaveLength(FUNCTION_NAMES.length);
    const runbooks = readdirSync('runbooks', { recursive: true, encoding: 'utf8' }).filter((path) =>
      /\.(sh|json|md)$/.test(path),
    );
    expect(files.filter((path) => path.startsWith('dist/runbooks'))).toHaveLength(runbooks.length);
  });

  it('imports nothing that it does not bring, and brings nothing for no reason', () => {
    const imported = new Set(
      files
        .filter((path) => /\.(js|mjs)$/.test(path))
        .flatMap((path) => importsOf(readFileSync(join(installed(), path), 'utf8'))),
    );
    const peers = ['aws-cdk-lib', 'constructs'];
    expect([...imported].filter((name) => !(name in dependencies) && !peers.includes(name))).toEqual([]);
    for (const path of files.filter((one) => one.endsWith('.js'))) {
      const relative = [...readFileSync(join(installed(), path), 'utf8').matchAll(/from '(\.[^']+)'/g)];
      for (const [, name = ''] of relative)
        expect(existsSync(join(installed(), dirname(path), name)), `${path}: ${name}`).toBe(true);
    }
  });

  it.each(NODES)(
    'has a command that works in an empty folder with %s',
    async (node) => {
      const config = join(user, 'runbell.config.ts');
      rmSync(config, { force: true });
      const help = await runbell(['--help'], node);
      expect([help.status, help.stderr]).toEqual([0, '']);
      expect(help.stdout).toContain('npx runbell <command> --help');
      const made = await runbell(
        [
          'init',
          '--yes',
          '--offline',
          '--channel',
          'C012AB3CD',
          '--workspace',
          'T012AB3CD',
          '--database',
          'db.example.com',
          '--credential',
          'iam:eu-central-1:db-EXAMPLEEXAMPLE0000000000000',
        ],
        node,
      );
      expect([made.status, made.stderr]).toEqual([0, expect.stringContaining('Left to fill in')]);
      expect(readFileSync(config, 'utf8')).toContain("from 'runbell/config'");
      expect(JSON.parse(readFileSync(join(user, 'cdk.json'), 'utf8'))).toEqual({ app: 'npx runbell-app' });
      const runbooks = await runbell(['runbook', 'list'], node);
      expect([runbooks.status, runbooks.stderr]).toEqual([0, '']);
      expect(runbooks.stdout).toContain('restart-workers');
      const app = await runbell(['slack-manifest', '--url', 'https://abc.lambda-url.eu-central-1.on.aws/'], node);
      expect([app.status, app.stderr]).toEqual([0, expect.any(String)]);
      expect(app.stdout).toContain('abc.lambda-url');
      const nonsense = await runbell(['nonsense'], node);
      expect([nonsense.status, nonsense.stdout]).toEqual([2, '']);
    },
    5 * MINUTES_MS,
  );

  it(
    'synthesizes the stack of a configuration by its own app, from bundles that it brought',
    async () => {
      writeFileSync(join(user, 'runbell.config.ts'), readFileSync('docs/examples/cdk-app/runbell.config.ts', 'utf8'));
      const out = join(root, 'own.out');
      const cdk = await attempt(
        process.execPath,
        [join(user, 'node_modules/.bin/cdk'), 'synth', '--quiet', '--output', out],
        user,
      );
      expect([cdk.status, cdk.stderr]).toEqual([0, expect.not.stringContaining('rror')]);
      const template = JSON.parse(readFileSync(join(out, 'orders.template.json'), 'utf8'));
      expect(template.Outputs.Version.Value).toBe(version);
      const bundles = readdirSync(out).filter((name) => existsSync(join(out, name, 'index.cjs')));
      const texts = bundles.map((name) => readFileSync(join(out, name, 'index.cjs'), 'utf8')).sort();
      const brought = FUNCTION_NAMES.map((name) =>
        readFileSync(join(installed(), `dist/bundles/${name}/index.cjs`), 'utf8'),
      );
      expect(texts).toEqual(brought.sort());
    },
    5 * MINUTES_MS,
  );

  it(
    'is a construct in an app of somebody else, with types that a strict compiler takes',
    async () => {
      const app = join(user, 'cdk-app');
      mkdirSync(app);
      for (const file of readdirSync('docs/examples/cdk-app')) {
        writeFileSync(join(app, file), readFileSync(join(installed(), 'docs/examples/cdk-app', file)));
      }
      const out = join(root, 'example.out');
      const cdk = await attempt(
        process.execPath,
        [join(user, 'node_modules/.bin/cdk'), 'synth', '--quiet', '--output', out],
        app,
      );
      expect([cdk.status, cdk.stderr]).toEqual([0, expect.not.stringContaining('rror')]);
      const { Resources } = JSON.parse(readFileSync(join(out, 'orders-monitoring.template.json'), 'utf8'));
      const kinds = Object.values<{ readonly Type: string }>(Resources).map(({ Type }) => Type);
      expect(kinds.filter((kind) => kind === 'AWS::Lambda::Function')).toHaveLength(FUNCTION_NAMES.length);
      expect(kinds).toContain('AWS::CloudWatch::Dashboard');

      const options = {
        strict: true,
        exactOptionalPropertyTypes: true,
        noEmit: true,
        module: 'nodenext',
        target: 'es2023',
        types: ['node'],
        allowImportingTsExtensions: true,
      };
      writeFileSync(
        join(app, 'tsconfig.json'),
        JSON.stringify({ compilerOptions: { ...options, skipLibCheck: true } }),
      );
      writeFileSync(
        join(app, 'wrong.ts'),
        [
          "import { defineConfig, Runbell } from 'runbell';",
          '// @ts-expect-error a channel is a text',
          "defineConfig({ slack: { channel: 1, workspaceId: 'T0EXAMPLE01' }, targets: [] });",
          '// @ts-expect-error there is no such property',
          'export const props = { config: {}, nonsense: 1 } satisfies ConstructorParameters<typeof Runbell>[2];',
          '',
        ].join('\n'),
      );
      const checked = await attempt(process.execPath, [resolve('node_modules/typescript/bin/tsc'), '-p', '.'], app);
      expect([checked.status, checked.stdout]).toEqual([0, '']);
    },
    5 * MINUTES_MS,
  );
});

/** Packages that a file asks Node for: by their names, without Node's own and without what lies beside it. */
function importsOf(text: string): string[] {
  const names = [
    ...text.matchAll(/(?:^|\n)(?:import|export)[^;'"]*?from\s+['"]([^'"]+)['"]|\bimport\(['"]([^'"]+)['"]\)/g),
  ];
  return names
    .map(([, from, lazily]) => from ?? lazily ?? '')
    .filter((name) => !/^(\.|node:)/.test(name) && name !== '')
    .map((name) => /^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name);
}

async function run(program: string, args: readonly string[], cwd: string): Promise<Ended> {
  const ended = await attempt(program, args, cwd, process.env);
  if (ended.status !== 0) throw new Error(`${program} ${args.join(' ')}\n${ended.stdout}${ended.stderr}`);
  return ended;
}

/** With a person's environment, and for npm with the machine's settings of it. */
function attempt(
  program: string,
  args: readonly string[],
  cwd: string,
  settings: NodeJS.ProcessEnv = {},
): Promise<Ended> {
  const { PATH = '', HOME = '' } = process.env;
  const env = {
    ...settings,
    PATH,
    HOME,
    CI: 'true',
    CDK_DISABLE_CLI_TELEMETRY: 'true',
    npm_config_update_notifier: 'false',
  };
  return new Promise((done) => {
    execFile(program, args, { cwd, env, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      const status = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      done({ status, stdout, stderr });
    });
  });
}
