import { ConfiguredCredentialSource } from './adapters/mysql/credential-source.ts';
import { MysqlSampleSource } from './adapters/mysql/mysql-sample-source.ts';
import { readWatchEvent } from './adapters/system/lambda-events.ts';
import { Secrets } from './adapters/system/secrets.ts';
import { createSignedAwsCall } from './adapters/system/signed-aws-call.ts';
import { type WatchDeps, type WatchReport, watchNow, watchTick } from './flows/watch.ts';
import { basicsOf, lambdaPlace, once, type Place } from './wiring.ts';

/** A close look after a run ends in time for the function's own limit. */
const NOW_MS_MAX = 55_000;
/** Of a table that hangs a tick waits for one call, at most six seconds. */
const PATIENCE = { attemptsMax: 2 };

export function createWatchHandler(place: Place): (event: unknown) => Promise<readonly WatchReport[]> {
  const basics = basicsOf(place, PATIENCE);
  const { clock, log, stores } = basics;
  const secrets = new Secrets(createSignedAwsCall(place.environment), clock);
  const credentials = new ConfiguredCredentialSource({
    clock,
    readSecret: (arn) => secrets.refresh(arn),
    environment: place.environment,
  });
  const samples = new MysqlSampleSource({ clock, credentials, log, random: Math.random });
  const deps: WatchDeps = { ...basics, chunks: stores.chunks, samples, memory: new Map() };
  return async (event) => {
    clock.begin();
    const reports: WatchReport[] = [];
    for (const order of readWatchEvent(event)) reports.push(await watchOnce(deps, order));
    return reports;
  };
}

function watchOnce(deps: WatchDeps, order: ReturnType<typeof readWatchEvent>[number]): Promise<WatchReport> {
  if (order.kind === 'now') {
    // A call of an earlier version does not say when it was made.
    const askedAtMs = order.askedAtMs ?? deps.clock.nowMs();
    return watchNow(deps, order.targetIds, { askedAtMs, forMs: NOW_MS_MAX });
  }
  const tickMs = Date.parse(order.scheduledTime) + order.delaySeconds * 1000;
  const untilMs = tickMs + deps.settings.config.sampling.everySeconds * 1000;
  return watchTick(deps, { shard: order.shard, tickMs, untilMs });
}

const deployed = once(() => createWatchHandler(lambdaPlace()));

export function handler(event: unknown): Promise<readonly WatchReport[]> {
  return deployed()(event);
}
