import { dynamoClient, hearTime, type Patience } from './adapters/dynamodb/dynamo-call.ts';
import { createDynamoStores } from './adapters/dynamodb/dynamo-store.ts';
import { loadSettings } from './adapters/system/load-settings.ts';
import { jsonLog, randomIds } from './adapters/system/log.ts';
import { TableClock } from './adapters/system/table-clock.ts';
import type { Basics, ChunkStore, Log, SetAside, Stores } from './core/ports.ts';
import type { Settings } from './core/settings.ts';

export { once } from './core/invariant.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where a function runs: Lambda's own environment, or one that a laptop made for it. */
export interface Place {
  readonly environment: Environment;
  readonly settings: Settings;
  /** Default: what the process's own environment says, as in Lambda. */
  readonly aws?: AwsPlace;
  /** Default: JSON lines on standard output. */
  readonly log?: Log;
}

/** Where AWS is, and who calls it, as every client of the SDK takes it. */
export interface AwsPlace {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** What Lambda gives a function. Read once per container, when it is first called. */
export function lambdaPlace(): Place {
  return { environment: process.env, settings: loadSettings() };
}

export interface WiredBasics extends Basics {
  /** To be begun with each invocation. */
  readonly clock: TableClock;
  readonly stores: Stores & { readonly chunks: ChunkStore };
}

/** The part that every function behind the stream has. */
export function basicsOf(place: Place, patience: Partial<Patience> = {}): WiredBasics {
  const tableName = required(place.environment, 'RUNBELL_TABLE');
  const log = place.log ?? jsonLog;
  const clock = new TableClock((offMs) => log.info('clockOff', { offMs }));
  const client = dynamoClient(place.aws, patience);
  hearTime(client, (tableMs, tookMs) => clock.hear(tableMs, tookMs));
  const onSetAside = (aside: SetAside) => log.error('setAside', { ...aside });
  const stores = createDynamoStores({ client, tableName, onSetAside });
  return { settings: place.settings, clock, ids: randomIds, log, stores };
}

export function required(environment: Environment, name: string): string {
  const value = environment[name];
  if (value === undefined || value === '') throw new Error(`${name} is not set: deploy the stack again`);
  return value;
}
