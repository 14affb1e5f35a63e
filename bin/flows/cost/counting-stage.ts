import { createDynamoStores } from '../../../functions/adapters/dynamodb/dynamo-store.ts';
import { ConfiguredCredentialSource } from '../../../functions/adapters/mysql/credential-source.ts';
import type { ConfigInput } from '../../../functions/core/config/config.ts';
import { parseConfig } from '../../../functions/core/config/parse-config.ts';
import type { Reading } from '../../../functions/core/model/sample.ts';
import type { Basics, Clock, CommandRunner, Log } from '../../../functions/core/ports.ts';
import type { Settings } from '../../../functions/core/settings.ts';
import type { WatchDeps } from '../../../functions/flows/watch.ts';
import { CountingTable, type WrittenItem } from './counting-table.ts';
import type { Use } from './usage-cost.ts';

/** Forty minutes before the span of two hours that is rolled up ends. */
export const START_MS = Date.UTC(2026, 0, 4, 23, 20);
export const MINUTE_MS = 60_000;

type Load = Omit<Use, 'credentials'>;

/**
 * The flows of the functions over the adapter that they have, with time, the databases and the table's server as
 * stand-ins: what is asked of the table, how often and how much, is the real thing, and is counted.
 */
export function countingStage(
  use: Load,
  more: Partial<Settings> & { readonly config?: never; readonly input?: Partial<ConfigInput> } = {},
) {
  const written: WrittenItem[] = [];
  const table = new CountingTable((item) => written.push(item));
  const counts = { logBytes: 0, secretReads: 0, connected: 20 };
  const time = { nowMs: START_MS };
  const count = (event: string, fields: object) => {
    counts.logBytes += JSON.stringify({ level: 'INFO', event, ...fields }).length + 1;
  };
  const log: Log = { info: count, error: count };
  const clock: Clock = {
    nowMs: () => time.nowMs,
    sleep: async (ms) => {
      time.nowMs += ms;
    },
  };
  const readSecret = async () => {
    counts.secretReads += 1;
    return JSON.stringify({ password: 'unused' });
  };
  const passwords = new ConfiguredCredentialSource({ clock, readSecret, environment: {} });
  const take: WatchDeps['samples']['take'] = async (target) => {
    await passwords.password(target, null);
    return reading(time.nowMs, counts.connected);
  };
  let ids = 0;
  const newId = (prefix: string) => {
    ids += 1;
    return `${prefix}-${String(ids).padStart(10, '0')}`;
  };
  const stores = createDynamoStores({ client: table.client, tableName: 'counted' });
  const settings = { ...settingsOf(use, more.input ?? {}), catalogue: more.catalogue ?? [] };
  const basics: Basics = { settings, clock, log, ids: { newId } };
  const watch: WatchDeps = {
    ...basics,
    stores,
    chunks: stores.chunks,
    samples: { take, detail: async () => null },
    memory: new Map(),
  };
  const track = {
    ...basics,
    stores,
    commands: COMMANDS,
    watch: { watchNow: async () => undefined },
    maySend: false,
    scheduled: new Set<string>(),
  };
  return { table, written, counts, time, stores, settings, basics, watch, track };
}

/** Every command is taken, and has ended well when it is looked at. */
const COMMANDS: CommandRunner = {
  send: async ({ runId, hostId }) => ({ kind: 'sent', commandId: `${runId}-${hostId}` }),
  find: async () => ({ kind: 'notFound' }),
  look: async () => ({
    kind: 'ended',
    status: 'Success',
    exitCode: 0,
    ranForMs: null,
    output: '{"ending":"done","reason":"","lines":[]}',
  }),
  cancel: async () => 'asked',
};

/** The uptime moves, so that nothing looks like a restart. */
function reading(atMs: number, connected: number): Reading {
  const uptimeSeconds = 1_000_000 + Math.floor((atMs - START_MS) / 1000);
  return {
    kind: 'reading',
    atMs,
    connected,
    running: 2,
    connectionsMax: 500,
    refused: 0,
    attempts: 3,
    uptimeSeconds,
    waitTimeoutSeconds: 600,
    holders: null,
    counters: { connections: 1, abortedConnects: 0, refusedByLimit: 0, uptimeSeconds },
  };
}

const SECRET_ARN = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:monitoring-AbCdEf';

function settingsOf({ targets, everySeconds }: Load, more: Partial<ConfigInput>): Settings {
  const credential = { kind: 'secret', arn: SECRET_ARN } as const;
  const parsed = parseConfig({
    sampling: { everySeconds },
    slack: { channel: 'C0000000', workspaceId: 'T0000000' },
    ...more,
    targets: Array.from({ length: targets }, (_, at) => {
      const id = `database-${String(at).padStart(3, '0')}`;
      return { id, host: `${id}.example.internal`, user: 'runbell', credential };
    }),
  });
  if (parsed.kind === 'invalid')
    throw new Error(`the counted run has no valid configuration: ${parsed.problems[0]?.message}`);
  return { schema: 1, version: 'counted', config: parsed.config, catalogue: [] };
}
