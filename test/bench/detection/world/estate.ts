import type { Chance, Range } from './chance.ts';
import { Cron } from './cron.ts';
import { PoolFleet } from './pool-fleet.ts';
import { type QueueOptions, QueueWorkers } from './queue-workers.ts';
import { Requests, Steady } from './requests.ts';
import { WARM_S } from './scene.ts';
import type { Holder } from './server.ts';
import type { Traffic } from './traffic.ts';

/** How the web part of an application keeps its connections. */
export type WebKind = 'fpm' | 'persistent' | 'mysql2' | 'hikari' | 'elastic' | 'tarn' | 'go' | 'keeper';

export interface EstateOptions {
  /** Connections of the whole estate at an ordinary peak. */
  readonly size: number;
  readonly traffic: Traffic;
  readonly webKinds?: readonly WebKind[];
  readonly webShare?: Range;
  readonly workers?: Partial<QueueOptions>;
  /** Follows the load with its number of instances. */
  readonly scales?: boolean;
  readonly crons?: boolean;
  /** Makes every request take so many times as long. */
  readonly slowdown?: (timeS: number) => number;
  /** Most connections of the web part; by default a little over its share. */
  readonly webMost?: number;
}

export interface Estate {
  readonly holders: Holder[];
  readonly web: PoolFleet | Requests;
  readonly webLoad: (timeS: number) => number;
  readonly workers: QueueWorkers;
  readonly workerCount: number;
  /** Jobs a second at an ordinary peak. */
  readonly jobsPerS: number;
  /** What the parts beside the web hold at most. */
  readonly restMost: number;
}

const ALL_WEB: readonly WebKind[] = ['fpm', 'fpm', 'persistent', 'mysql2', 'hikari', 'elastic', 'tarn', 'go', 'keeper'];

/** A web part, a fleet of queue workers, a small API and what else is connected to a database. */
export function makeEstate(chance: Chance, options: EstateOptions): Estate {
  const { size, traffic } = options;
  const webSize = Math.max(2, size * chance.within(options.webShare ?? [0.5, 0.75]));
  const rest = Math.max(2, size - webSize);
  const workerCount = Math.max(2, Math.round(rest * chance.range(0.4, 0.8)));
  const apiSize = Math.max(1, Math.round(rest - workerCount));
  const { web, load } = makeWeb(chance, options, webSize);
  const { workers, jobsPerS } = makeWorkers(chance, options, workerCount);
  const api = new PoolFleet(chance, {
    user: 'api',
    load: (timeS) => apiSize * 0.35 * traffic(timeS),
    instances: () => 1,
    least: Math.ceil(apiSize / 2),
    most: apiSize,
    idleS: chance.pick([60, 300, 600]),
    lifeS: chance.pick([1800, 3600, Infinity]),
    order: 'stack',
    queriesPerS: 10,
    runningShare: 0.4,
  });
  const holders: Holder[] = [web, workers, api, new Steady('monitor', () => 1, 15, 0)];
  if (options.crons !== false) {
    holders.push(new Cron(chance, smallCron(chance, size), -WARM_S));
  }
  return { holders, web, webLoad: load, workers, workerCount, jobsPerS, restMost: workerCount + apiSize + 1 };
}

function smallCron(chance: Chance, size: number) {
  const everyS = chance.pick([300, 900, 3600]);
  return {
    user: 'cron',
    everyS,
    offsetS: chance.range(0, 60),
    connections: Math.max(1, Math.round(size * chance.range(0.01, 0.04))),
    riseS: chance.range(1, 30),
    runS: everyS * chance.range(0.05, 0.3),
    runningShare: 0.6,
  };
}

function makeWorkers(chance: Chance, { traffic, workers: own = {} }: EstateOptions, count: number) {
  const jobMedianS = chance.log(0.05, 8);
  const jobSigma = chance.range(0.4, 1);
  const meanS = jobMedianS * Math.exp(jobSigma ** 2 / 2);
  const jobsPerS = (chance.range(0.15, 0.6) * count) / meanS;
  const workers = new QueueWorkers(
    chance,
    {
      user: 'worker',
      workers: count,
      jobsPerS: (timeS) => jobsPerS * traffic(timeS),
      jobMedianS,
      jobSigma,
      jobsMost: chance.pick([Infinity, Infinity, 1000, 5000]),
      lifeS: chance.pick([Infinity, 3600, 14_400]),
      polls: chance.chance(0.4),
      ...own,
    },
    -WARM_S,
  );
  return { workers, jobsPerS };
}

function makeWeb(chance: Chance, options: EstateOptions, size: number) {
  const { traffic, slowdown = () => 1, scales = false } = options;
  const kind = chance.pick(options.webKinds ?? ALL_WEB);
  const most = options.webMost ?? size * 1.15 + 2;
  if (kind === 'fpm') {
    const mean = Math.max(0.6, size - 2.2 * Math.sqrt(size));
    const load = (timeS: number) => mean * traffic(timeS) * slowdown(timeS);
    const slow = chance.log(0.0008, 0.006);
    return { load, web: new Requests(chance, { user: 'web', load, most, slow, runningShare: chance.range(0.2, 0.7) }) };
  }
  const instances = Math.max(1, Math.min(chance.int(2, 14), Math.floor(size / 3)));
  const perInstance = Math.max(2, Math.round((options.webMost ?? size) / instances));
  const use = chance.range(0.2, 0.65);
  const load = (timeS: number) => size * use * traffic(timeS) * slowdown(timeS);
  const shape = poolShape(chance, kind, perInstance);
  const follow = (timeS: number) =>
    (instances * Math.max(traffic(timeS), traffic(timeS - 300), traffic(timeS - 600))) / 1.05;
  const web = new PoolFleet(chance, {
    user: 'web',
    load,
    instances: scales ? (timeS) => Math.min(instances, Math.ceil(follow(timeS))) : () => instances,
    most: perInstance,
    queriesPerS: chance.log(4, 60),
    runningShare: chance.range(0.25, 0.6),
    ...shape,
  });
  return { load, web };
}

function poolShape(chance: Chance, kind: Exclude<WebKind, 'fpm'>, most: number) {
  const part = (from: number, to: number) => Math.max(1, Math.round(most * chance.range(from, to)));
  switch (kind) {
    case 'persistent':
      // pm.max_spare_servers ends idle children within minutes, pm.max_requests the busy ones.
      return {
        least: part(0.1, 0.3),
        idleS: chance.pick([30, 120, 600]),
        lifeS: chance.log(600, 7200),
        order: 'stack',
      } as const;
    case 'mysql2':
      return { least: 0, idleS: chance.pick([60, 60, Infinity]), lifeS: Infinity, order: 'queue' } as const;
    case 'hikari':
      return { least: most, idleS: Infinity, lifeS: 1800, order: 'stack' } as const;
    case 'elastic':
      return { least: part(0.1, 0.5), idleS: 600, lifeS: chance.pick([1800, 3600]), order: 'stack' } as const;
    case 'tarn':
      return { least: 2, idleS: 30, lifeS: Infinity, order: 'stack' } as const;
    case 'go':
      return {
        least: 1,
        idleS: chance.pick([300, 900]),
        lifeS: chance.pick([300, 3600, Infinity]),
        order: 'queue',
      } as const;
    case 'keeper':
      // Neither idle time nor lifetime, or hours of it: what a peak opened stays.
      return { least: 1, idleS: chance.pick([3600, 14_400, Infinity]), lifeS: Infinity, order: 'stack' } as const;
  }
}
