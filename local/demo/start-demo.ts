import { join } from 'node:path';
import type { Config } from '../../functions/core/config/config.ts';
import { configProblemsText, parseConfig } from '../../functions/core/config/parse-config.ts';
import { loadCatalogue } from '../../lib/runbook-catalogue.ts';
import type { RunningDatabase } from '../database/new-login.ts';
import { openDatabase } from '../database/open-database.ts';
import { type Loop, startLoop } from '../loop.ts';
import { openSession } from '../session.ts';
import { type TerminalLog, terminalLog } from '../terminal-log.ts';
import {
  type DemoOptions as ApplicationOptions,
  type DemoApplication,
  demoOwner,
  startDemoApplication,
} from './demo-application.ts';
import { DEMO_MAX_CONNECTIONS, DEMO_SECRET_ARN, demoConfig } from './demo-config.ts';
import { startLaravelApplication } from './laravel-application.ts';

/** Fills the pool to 92 %: a card, and still room to see who holds the connections. */
const BATCH_JOBS = 47;
const JOB_MS = 550;

export const RUNBOOKS_FOLDER = join(import.meta.dirname, '..', '..', 'runbooks');

export interface DemoOptions {
  readonly engine: 'auto' | 'server' | 'embedded';
  /** Default: node, which runs everywhere. */
  readonly application?: 'node' | 'laravel';
  readonly port: number;
  readonly say: (line: string) => void;
  /** How many connections one batch forgets, and how fast. */
  readonly leak?: { readonly jobs: number; readonly jobMs: number };
  /** Other waits and rules than the demonstration's. After the check, because some are shorter than anybody should deploy. */
  readonly adjust?: (config: Config, application: DemoApplication) => Config;
}

export interface Demo {
  readonly loop: Loop;
  readonly database: RunningDatabase;
  readonly application: DemoApplication;
  readonly log: TerminalLog;
  /** Leaves no process, port or file behind. Safe to call twice. */
  stop(): Promise<void>;
}

/** The whole loop with a database and a leaking application of its own. */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  const { engine, application: kind = 'node', port, say, leak = { jobs: BATCH_JOBS, jobMs: JOB_MS } } = options;
  const session = await openSession(say);
  const parts: (() => Promise<void>)[] = [() => session.close()];
  let stopping: Promise<void> | null = null;
  const stop = () => {
    stopping ??= stopInTurn(parts);
    return stopping;
  };
  try {
    const databaseDir = session.folderBeside('database');
    const database = await openDatabase({ engine, maxConnections: DEMO_MAX_CONNECTIONS, dir: databaseDir });
    parts.unshift(() => database.stop());
    say(
      `Database: ${database.name} ${database.version}${database.note === null ? '' : ` (${database.note})`}, at most ${database.maxConnections} connections.`,
    );

    const application = await startApplication(kind, {
      dir: session.folderBeside('application', demoOwner().gid),
      database,
      batchJobs: leak.jobs,
      jobMs: leak.jobMs,
    });
    parts.unshift(() => application.stop());
    say(`Application: ${application.name} (${kind}) under PM2, user ${application.user}.`);

    const parsed = parseConfig(demoConfig(database, application));
    if (parsed.kind === 'invalid') throw new Error(configProblemsText(parsed.problems));
    const config = options.adjust?.(parsed.config, application) ?? parsed.config;
    const secrets = new Map([[DEMO_SECRET_ARN, JSON.stringify({ password: database.users.monitor.password })]]);
    const runbooks = loadCatalogue(config.name, RUNBOOKS_FOLDER);
    const visitors = [
      { id: 'U0DEVELOPER', name: 'Developer (may not run)' },
      { id: 'U0VISITOR', name: 'Visitor (other workspace)', kind: 'foreign' as const },
    ];
    const log = terminalLog(say);
    const stateDir = process.env['RUNBELL_STATE_DIR'];
    const loop = await startLoop({ config, runbooks, dir: session.dir, stateDir, port, secrets, visitors, log });
    parts.unshift(() => loop.stop());
    return { loop, database, application, log, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Four Laravel workers leak at once, so each job takes four times as long. */
function startApplication(kind: 'node' | 'laravel', options: ApplicationOptions): Promise<DemoApplication> {
  if (kind === 'node') return startDemoApplication(options);
  return startLaravelApplication({ ...options, jobMs: options.jobMs * 4 });
}

async function stopInTurn(parts: readonly (() => Promise<void>)[]): Promise<void> {
  for (const part of parts) await part().catch(() => undefined);
}
