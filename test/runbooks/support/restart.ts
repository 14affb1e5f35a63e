import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { ApplicationConfig } from '../../../functions/core/config/config.ts';
import { fillParameters } from '../../../functions/core/runbook/fill-parameters.ts';
import { asEnvironment, type Delivered, deliver, runbook } from './deliver.ts';
import { Pm2Host } from './pm2-host.ts';

export const restartWorkers = runbook('restart-workers');

/** What one delivery has of its own. */
export interface Change {
  readonly runId?: string;
  readonly dryRun?: boolean;
  readonly application?: Partial<ApplicationConfig>;
  readonly processes?: readonly string[];
  readonly home?: string;
  readonly person?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
}

export function parametersFor(host: Pm2Host, change: Change): Record<string, string> {
  const application: ApplicationConfig = {
    id: 'shop',
    kind: 'node',
    targets: ['shop-db'],
    hosts: [],
    directory: applicationOf(host),
    user: host.user,
    pm2: { home: change.home ?? host.home, processes: [...(change.processes ?? ['worker'])] },
    databaseUsers: [],
    ...change.application,
  };
  const { runId = 'run-1', dryRun = false, person = {} } = change;
  const filled = fillParameters(restartWorkers.manifest, { application, runId, dryRun, person });
  if (filled.kind === 'invalid') throw new Error(filled.problems.join('; '));
  return asEnvironment(filled.parameters);
}

/** With a configuration file, which is kept before the first run. */
export function applicationOf(host: Pm2Host): string {
  const directory = join(host.dir, 'application');
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  writeFileSync(join(directory, '.env'), 'PORT=1\n', { mode: 0o644 });
  return directory;
}

const KEPT_FIRST = /configuration was kept as version \d+$/;

/** What it says of the copy that is kept first is left out: every first run on a host says it. */
export async function restart(host: Pm2Host, change: Change = {}): Promise<Delivered> {
  const environment = { ...parametersFor(host, change), ...change.environment };
  const done = await deliver(host.dir, restartWorkers.script, environment);
  if (done.result === null) return done;
  return { ...done, result: { ...done.result, lines: done.result.lines.filter((line) => !KEPT_FIRST.test(line)) } };
}

type HostOptions = ConstructorParameters<typeof Pm2Host>[0];

export async function onHost(test: (host: Pm2Host) => Promise<void>, options?: HostOptions): Promise<void> {
  const host = new Pm2Host(options);
  hosts.add(host);
  try {
    await test(host);
  } finally {
    await host.close();
  }
}

/** A test that ran out of time never comes to its own end, and its daemons must go all the same. */
const hosts = new Set<Pm2Host>();
afterAll(() => Promise.all([...hosts].map((host) => host.close())));
