import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { App, RemovalPolicy } from 'aws-cdk-lib';
import * as z from 'zod';
import { readDeployment } from '../lib/read-deployment.ts';
import { RunbellStack, type RunbellStackProps } from '../lib/runbell-stack.ts';

/** `cdk synth -c runbell:config=other.config.ts`, or the same in the context of cdk.json. */
const CONFIG_CONTEXT = 'runbell:config';

const yesOrNo = z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')], {
  error: 'write true or false',
});
const keyArn = z.string().regex(/^arn:[\w-]+:kms:[\w-]+:\d{12}:key\/[\w-]{30,}$/, 'use the whole ARN of a key');
const clicks = z.coerce.number('write a number').int().min(1).max(1000);
/** What concerns the stack and not what is watched; on a command line everything is text. */
const STACK_CONTEXT = {
  retain: yesOrNo.default(false),
  dashboard: yesOrNo.default(false),
  pointInTimeRecovery: yesOrNo.default(true),
  keyArn: keyArn.optional(),
  interactConcurrency: clicks.optional(),
};

async function readConfigFile(path: string): Promise<unknown> {
  if (!existsSync(path)) {
    fail(`There is no configuration ${path}: copy one of docs/examples, or name yours with -c ${CONFIG_CONTEXT}=FILE.`);
  }
  const module: { readonly default?: unknown } = await import(pathToFileURL(path).href);
  if (module.default === undefined) fail(`${path} has no default export: write "export default defineConfig({ … })".`);
  return module.default;
}

function fail(text: string): never {
  process.stderr.write(`${text}\n`);
  process.exit(1);
}

/** The feature flags that the stack is tested with, also where the user's own cdk.json has none. */
function featureFlags(): Record<string, unknown> {
  const file = new URL('../cdk.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly context: Record<string, unknown> }).context;
}

function stackProps(app: App): Omit<RunbellStackProps, 'config'> {
  const given = Object.keys(STACK_CONTEXT).map((name) => [name, app.node.tryGetContext(`runbell:${name}`)]);
  const parsed = z.object(STACK_CONTEXT).safeParse(Object.fromEntries(given));
  if (!parsed.success) {
    fail(parsed.error.issues.map(({ path, message }) => `-c runbell:${path.join('.')}: ${message}`).join('\n'));
  }
  const { retain, dashboard, pointInTimeRecovery, keyArn: encryptionKeyArn, interactConcurrency } = parsed.data;
  return {
    dashboard,
    pointInTimeRecovery,
    ...(retain ? { removalPolicy: RemovalPolicy.RETAIN } : {}),
    ...(encryptionKeyArn === undefined ? {} : { encryptionKeyArn }),
    ...(interactConcurrency === undefined ? {} : { interactConcurrency }),
  };
}

const app = new App({ context: featureFlags() });
const path = resolve(String(app.node.tryGetContext(CONFIG_CONTEXT) ?? 'runbell.config.ts'));
const deployment = readDeployment(await readConfigFile(path));
if (deployment.kind === 'invalid') fail(deployment.text);
new RunbellStack(app, deployment.config.name, { ...stackProps(app), config: deployment.config });
