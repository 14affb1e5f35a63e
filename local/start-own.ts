import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { copiesSentence, copiesView } from '../bin/flows/copies.ts';
import type { Config } from '../functions/core/config/config.ts';
import { configProblemsText, parseConfig } from '../functions/core/config/parse-config.ts';
import { loadCatalogue } from '../lib/runbook-catalogue.ts';
import { askPasswords, askWorkspace, secretsOf } from './ask-secrets.ts';
import { RUNBOOKS_FOLDER } from './demo/start-demo.ts';
import { LOCAL_HOST, type Loop, startLoop } from './loop.ts';
import { openSession } from './session.ts';
import { botTokenTrouble } from './slack/socket-mode.ts';
import { terminalLog } from './terminal-log.ts';

/** The loop for somebody's own configuration. Documents are executed on this machine, whatever hosts it names. */
export async function startOwn(
  file: string,
  port: number,
  say: (line: string) => void,
  slack: 'page' | 'workspace' = 'page',
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<{ readonly loop: Loop; stop(): Promise<void> }> {
  const config = onThisMachine(await readConfig(file));
  const ask = secretsOf(environment);
  const workspace = slack === 'page' ? null : await askWorkspace(ask, environment);
  const trouble = workspace === null ? null : await botTokenTrouble(workspace, config.slack.workspaceId);
  if (trouble !== null) throw new Error(`${trouble} Nothing was started.`);
  const secrets = await askPasswords(config, ask);
  const session = await openSession(say);
  try {
    const runbooks = loadCatalogue(config.name, RUNBOOKS_FOLDER);
    const loop = await startLoop({
      config,
      runbooks,
      dir: session.dir,
      stateDir: environment['RUNBELL_STATE_DIR'],
      port,
      secrets,
      visitors: [],
      log: terminalLog(say),
      ...(workspace === null ? {} : { workspace }),
    });
    say(
      `Watching ${config.targets.map((target) => target.id).join(', ')} every ${config.sampling.everySeconds} s; runbooks run on this machine.`,
    );
    if (config.people.length === 0)
      say('Nobody is listed under "people", so runbooks are suggested and nobody may run them.');
    const copies = copiesSentence(copiesView(config), config.snapshots.atUtc);
    if (copies !== null) say(copies);
    return {
      loop,
      stop: async () => {
        await loop.stop();
        await session.close();
      },
    };
  } catch (error) {
    await session.close();
    throw error;
  }
}

async function readConfig(file: string): Promise<Config> {
  const path = resolve(file);
  if (!existsSync(path)) throw new Error(`There is no ${file}. Nothing was started.`);
  const module: { readonly default?: unknown } = await import(pathToFileURL(path).href);
  const parsed = parseConfig(module.default);
  if (parsed.kind === 'invalid') throw new Error(configProblemsText(parsed.problems));
  return parsed.config;
}

function onThisMachine(config: Config): Config {
  return {
    ...config,
    applications: config.applications.map((application) => ({ ...application, hosts: [LOCAL_HOST] })),
  };
}
