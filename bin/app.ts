import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { App } from 'aws-cdk-lib';
import { readDeployment } from '../lib/read-deployment.ts';
import { RunbellStack } from '../lib/runbell-stack.ts';

/** `cdk synth -c runbell:config=other.config.ts` */
const CONFIG_CONTEXT = 'runbell:config';

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

const app = new App();
const path = resolve(String(app.node.tryGetContext(CONFIG_CONTEXT) ?? 'runbell.config.ts'));
const deployment = readDeployment(await readConfigFile(path));
if (deployment.kind === 'invalid') fail(deployment.text);
new RunbellStack(app, deployment.config.name, { config: deployment.config });
