import { Cron, Guests, Tools } from './cron.ts';
import type { WebKind } from './estate.ts';
import { Frozen } from './frozen.ts';
import { Leak } from './leak.ts';
import { PoolFleet } from './pool-fleet.ts';
import { Requests, Steady } from './requests.ts';
import { type Scene, WARM_S } from './scene.ts';
import { DAY_S, HOUR_S, type Stage } from './stage.ts';

export type SceneOf = (stage: Stage) => Scene;

const ENOUGH_S = 100 * HOUR_S;
const POOLS = ['persistent', 'mysql2', 'hikari', 'elastic', 'go', 'keeper'] as const;

/** Rises from 0 to 1 over `riseS`, stays for `holdS`, and falls. */
function plateau(timeS: number, fromS: number, riseS: number, holdS = Infinity, fallS = 1): number {
  const sinceS = timeS - fromS;
  if (sinceS <= 0) return 0;
  if (sinceS <= riseS) return sinceS / riseS;
  return Math.max(0, Math.min(1, 1 - (sinceS - riseS - holdS) / fallS));
}

function pools(stage: Stage, webKinds: readonly WebKind[] = POOLS): PoolFleet {
  const { web } = stage.estate({ webKinds });
  if (!(web instanceof PoolFleet)) throw new Error('pools were asked for');
  return web;
}

/** Health that looks like trouble; both splits have these. */
export const HEALTHY: Readonly<Record<string, SceneOf>> = {
  'h-office': (stage) => {
    stage.estate({ traffic: stage.traffic({ rhythm: 'office' }) });
    return stage.healthy();
  },
  'h-world': (stage) => {
    stage.estate({ traffic: stage.traffic({ rhythm: stage.chance.pick(['global', 'home']), spikesPerDay: 10 }) });
    return stage.healthy();
  },
  /** Instances are replaced one by one, and the old ones finish their work beside the new. */
  'h-rolling': (stage) => {
    const { chance } = stage;
    stage.size *= 0.75;
    const web = pools(stage);
    for (const atS of stage.times(chance.range(1, 6), -HOUR_S, ENOUGH_S)) {
      stage.at(atS, ({ nowS }) => web.roll(nowS, chance.log(10, 150), chance.log(30, 400)));
    }
    return stage.healthy();
  },
  'h-cronteeth': (stage) => {
    const { chance } = stage;
    stage.size *= 0.7;
    stage.estate();
    for (let count = chance.int(1, 3); count > 0; count--) {
      const everyS = chance.pick([300, 600, 900, 1800, 3600]);
      const runS = everyS * chance.range(0.15, 0.8);
      const connections = Math.max(1, Math.round(stage.limit * chance.range(0.03, 0.12)));
      const riseS = runS * chance.range(0.02, 0.9);
      const offsetS = chance.range(0, everyS);
      stage.add(
        new Cron(chance, { user: 'cron', everyS, offsetS, connections, riseS, runS, runningShare: 0.5 }, -WARM_S),
      );
    }
    return stage.healthy();
  },
  /** A night of imports, reports and a backup, each with its own connections. */
  'h-nightbatch': (stage) => {
    const { chance } = stage;
    stage.size *= 0.8;
    stage.estate({ traffic: stage.traffic({ rhythm: chance.pick(['office', 'home', 'machine']) }) });
    const firstS = stage.nextHour(-DAY_S, chance.range(0, 4));
    for (let count = chance.int(1, 3); count > 0; count--) {
      const runS = chance.log(1200, 4 * HOUR_S);
      const connections = Math.max(1, Math.round(stage.limit * chance.range(0.04, 0.13)));
      const riseS = runS * chance.range(0.02, 0.5);
      const offsetS = firstS + chance.range(0, 2 * HOUR_S);
      stage.add(
        new Cron(chance, { user: 'etl', everyS: DAY_S, offsetS, connections, riseS, runS, runningShare: 0.7 }, -WARM_S),
      );
    }
    const backupS = stage.nextHour(0, chance.range(1, 5));
    stage.add(new Steady('backup', (timeS) => ((timeS - backupS + DAY_S) % DAY_S < 5400 ? 2 : 0), 10, 1));
    return stage.healthy();
  },
  'h-autoscale': (stage) => {
    stage.estate({ scales: true, webKinds: ['hikari', 'elastic', 'mysql2', 'keeper'] });
    return stage.healthy();
  },
  /** Waves of jobs over workers that PM2 restarts after so many of them. */
  'h-queue': (stage) => {
    const { chance } = stage;
    const traffic = stage.traffic();
    const waves = stage.times(chance.range(2, 10), 0, ENOUGH_S).map((atS) => ({ atS, forS: chance.log(300, 7200) }));
    const rate = chance.range(0.1, 3);
    stage.estate({
      traffic,
      webShare: [0.25, 0.5],
      workers: {
        jobsPerS: (timeS) =>
          rate * traffic(timeS) * (1 + waves.filter(({ atS, forS }) => timeS > atS && timeS < atS + forS).length * 4),
        jobMedianS: chance.log(0.2, 20),
        jobsMost: chance.pick([50, 200, 1000]),
        lifeS: chance.pick([900, 3600]),
        polls: chance.chance(0.3),
      },
    });
    return stage.healthy();
  },
  'h-restart': (stage) => {
    const { chance } = stage;
    stage.size *= 0.85;
    stage.estate();
    for (const atS of stage.times(chance.range(0.5, 2), 2 * HOUR_S, ENOUGH_S)) {
      stage.restartServer(Math.round(atS / 5) * 5, Math.round(chance.log(5, 400)), chance.chance(0.5));
    }
    return stage.healthy();
  },
  /** A new service that stays. */
  'h-plateau': (stage) => {
    const { chance } = stage;
    stage.size *= 0.72;
    stage.estate();
    const fromS = chance.range(0.2, 0.8) * stage.ranges.healthyH[0] * HOUR_S;
    const riseS = chance.log(30, 3600);
    const size = stage.limit * chance.range(0.06, 0.2);
    stage.add(new Guests('newcomer', (timeS) => size * plateau(timeS, fromS, riseS), 0.1, chance.log(20, 3000)));
    return stage.healthy();
  },
  /** The monitor was installed an hour ago and has seen no day yet. */
  'h-first': (stage) => {
    stage.estate({ traffic: stage.traffic({ rhythm: stage.chance.pick(['office', 'home', 'global']) }) });
    return stage.healthy(stage.chance.range(1, 7) * HOUR_S);
  },
};

export const HEALTHY_PROBE: Readonly<Record<string, SceneOf>> = {
  /** The whole new fleet starts beside the old one, which then idles for a while. */
  'h-bluegreen': (stage) => {
    const { chance } = stage;
    stage.size *= 0.6;
    const web = pools(stage, ['hikari', 'elastic', 'keeper', 'persistent']);
    for (const atS of stage.times(chance.range(1, 4), 0, ENOUGH_S)) {
      stage.at(atS, ({ nowS }) => web.replaceAll(nowS, chance.log(180, 4000)));
    }
    return stage.healthy();
  },
  /** People open sessions in the morning and leave them open. */
  'h-people': (stage) => {
    const { chance } = stage;
    stage.size *= 0.8;
    stage.estate();
    const day = stage.traffic({ rhythm: 'office', rough: 0.05, spikesPerDay: 0 });
    stage.add(new Tools(chance, stage.limit * chance.range(0.08, 0.22), day));
    stage.add(new Steady('exporter', () => 3, 30, 0));
    return stage.healthy();
  },
  'h-loadtest': (stage) => {
    const { chance } = stage;
    stage.size *= 0.65;
    const tests = stage.times(1.2, 3 * HOUR_S, ENOUGH_S).map((atS) => ({
      atS,
      more: chance.range(0.4, 1.2),
      riseS: chance.log(120, 7200),
      holdS: chance.log(600, 7200),
    }));
    const slowdown = (timeS: number) =>
      1 + Math.max(0, ...tests.map(({ atS, more, riseS, holdS }) => more * plateau(timeS, atS, riseS, holdS, 60)));
    stage.estate({ slowdown, webKinds: ['fpm', 'elastic'], webMost: stage.size * 1.6 });
    return stage.healthy();
  },
  /** Function environments that end without closing; a short `wait_timeout` clears up after them. */
  'h-frozen': (stage) => {
    const { chance } = stage;
    stage.waitTimeoutS = chance.pick([300, 600, 1200]);
    const traffic = stage.traffic();
    const size = stage.size * 0.4;
    stage.size *= 0.35;
    stage.estate({ traffic });
    const options = { user: 'functions', load: (timeS: number) => size * traffic(timeS), idleS: chance.log(300, 1500) };
    stage.add(new Frozen(chance, { ...options, lifeS: 7200, runningShare: 0.4 }, false));
    return stage.healthy();
  },
  /** From Friday to Monday, when everybody comes back at once. */
  'h-weekend': (stage) => {
    const traffic = stage.traffic({ rhythm: 'office', weekS: (4 + stage.chance.range(0.2, 0.6)) * DAY_S });
    stage.estate({ traffic, webKinds: [...POOLS, 'fpm'] });
    return stage.healthy(72 * HOUR_S);
  },
};

export const HEALTHY_LAST: Readonly<Record<string, SceneOf>> = {
  'h-holiday': (stage) => {
    const { chance } = stage;
    const fromS = chance.range(6, 20) * HOUR_S;
    const traffic = stage.traffic({
      rhythm: chance.pick(['office', 'global']),
      holiday: [fromS, fromS + chance.range(20, 30) * HOUR_S],
    });
    stage.estate({ traffic });
    return stage.healthy();
  },
  /** Behind each deployment the caches are cold and every request takes longer. */
  'h-warmup': (stage) => {
    const { chance } = stage;
    stage.size *= 0.6;
    const deploys = stage
      .times(chance.range(1, 5), 0, ENOUGH_S)
      .map((atS) => ({ atS, more: chance.range(0.3, 1.2), tauS: chance.log(200, 2400) }));
    const slowdown = (timeS: number) =>
      1 +
      deploys.reduce(
        (most, { atS, more, tauS }) => (timeS < atS ? most : Math.max(most, more * Math.exp(-(timeS - atS) / tauS))),
        0,
      );
    const { web } = stage.estate({ slowdown, webMost: stage.size * 1.5 });
    for (const { atS } of deploys) {
      if (web instanceof PoolFleet) stage.at(atS, ({ nowS }) => web.roll(nowS, chance.log(5, 60), chance.log(10, 120)));
    }
    return stage.healthy();
  },
  /** Customer after customer, each with a small pool of its own. */
  'h-tenants': (stage) => {
    const { chance } = stage;
    stage.size *= 0.75;
    stage.estate();
    const perTenant = chance.int(1, 2);
    const tenants = stage.times(chance.range(3, 9), 0, ENOUGH_S).slice(0, Math.ceil((stage.limit * 0.14) / perTenant));
    const wanted = (timeS: number) => perTenant * tenants.filter((atS) => atS < timeS).length;
    stage.add(new Guests('tenants', wanted, 0.05, chance.log(30, 2000)));
    return stage.healthy();
  },
  /** Statements that wait behind a lock for a minute or two, and then all go through at once. */
  'h-locks': (stage) => {
    const { chance } = stage;
    stage.size *= 0.65;
    stage.estate();
    const queue = new Leak(chance, { user: 'web', busy: true, rate: null });
    queue.isOn = true;
    stage.add(queue);
    for (const atS of stage.times(chance.range(1, 5), 0, ENOUGH_S)) {
      const forS = chance.log(20, 150);
      const most = stage.limit * chance.range(0.05, 0.2);
      for (let sinceS = 0; sinceS < forS; sinceS += 5) {
        stage.at(atS + sinceS, (server) => queue.add(server, chance.poisson((most * 5) / forS)));
      }
      stage.at(atS + forS, (server) => queue.drop(server));
    }
    return stage.healthy();
  },
  /** A backfill of hours with its own connections, all of them busy. */
  'h-backfill': (stage) => {
    const { chance } = stage;
    stage.size *= 0.75;
    stage.estate();
    const fromS = chance.range(2, 20) * HOUR_S;
    const riseS = chance.log(300, 5400);
    const holdS = chance.range(1, 9) * HOUR_S;
    const size = stage.limit * chance.range(0.08, 0.2);
    stage.add(new Guests('backfill', (timeS) => size * plateau(timeS, fromS, riseS, holdS, 60), 0.7, 20));
    return stage.healthy();
  },
  /** A service is moved over in many steps, hours of them, and then stays. */
  'h-scaleout': (stage) => {
    const { chance } = stage;
    stage.size *= 0.72;
    stage.estate();
    const fromS = chance.range(3, 20) * HOUR_S;
    const forS = chance.log(1, 6) * HOUR_S;
    const steps = chance.int(4, 16);
    const size = stage.limit * chance.range(0.07, 0.15);
    const wanted = (timeS: number) => (size * Math.floor(steps * plateau(timeS, fromS, forS))) / steps;
    stage.add(new Guests('moved', wanted, 0.15, chance.log(20, 600)));
    return stage.healthy();
  },
  'h-persistent': (stage) => {
    stage.estate({
      webKinds: ['persistent'],
      traffic: stage.traffic({ rough: 1.5 * stage.ranges.rough[1], spikesPerDay: 15 }),
    });
    return stage.healthy();
  },
  'h-resize': (stage) => {
    const { chance } = stage;
    stage.size *= 0.8;
    stage.estate();
    for (const atS of stage.times(1.5, HOUR_S, ENOUGH_S).slice(0, 3)) {
      const limit = Math.round(stage.limit * chance.pick([0.9, 1.2, 1.5, 2]));
      stage.at(atS, (server) => {
        server.limit = limit;
      });
    }
    return stage.healthy();
  },
};

/** Honest load up to near the limit: no leak, but a plain bound has to say so within minutes. */
export function saturation(stage: Stage, riseS: number): Scene {
  const { chance } = stage;
  stage.size *= 0.6;
  const startS = stage.leadS();
  const holdS = chance.log(1800, 3 * HOUR_S);
  const traffic = stage.traffic();
  // Beside the children of php-fpm that come for the peak, the estate is as ever.
  const { restMost } = stage.estate({ traffic, webKinds: ['hikari'], crons: false });
  const level = Math.floor(stage.limit * chance.range(0.88, 0.95) - Math.max(restMost, 0.9 * stage.size));
  const load = (timeS: number) => 1.25 * level * plateau(timeS, startS, riseS, holdS, 120);
  stage.add(new Requests(chance, { user: 'web', load, most: level, slow: 0, runningShare: 0.6 }));
  return stage.scene({ kind: 'saturation', startS }, startS + riseS + holdS + 5 * HOUR_S);
}
