import { Cron } from './cron.ts';
import { Frozen } from './frozen.ts';
import { type SceneOf, saturation } from './healthy-classes.ts';
import type { Leak } from './leak.ts';
import { PoolFleet } from './pool-fleet.ts';
import { QueueWorkers } from './queue-workers.ts';
import { Requests } from './requests.ts';
import { type Scene, WARM_S } from './scene.ts';
import { HOUR_S, type Stage } from './stage.ts';
import type { Traffic } from './traffic.ts';

/** Sessions that a ping keeps young can be told from load later only. */
const PINGED = 0.35;
/** Most of what gathers speed comes at the end. */
const GATHERING = 0.2;
/** Within so few minutes a leak cannot be told from a rollout before much of it is there. */
const SUDDEN_S = 20 * 60;
const SUDDEN = 0.2;
const STORM = 0.06;
/** Shorter than that is an outage, not something to be foreseen. */
const STORM_LEAST_S = 180;
/** What doubles faster comes and is over between two looks of a minute. */
const DOUBLING_S = [70, 240] as const;
/** Of a day's load, as a part of its peak. */
const ORDINARY_LOAD = 0.7;

/** Leaks of both splits. */
export const LEAKS: Readonly<Record<string, SceneOf>> = {
  /** Some jobs keep a raw PDO connection for as long as their worker lives. */
  'l-job': (stage) => jobLeak(stage, stage.chance.logWithin(stage.ranges.mediumH) * HOUR_S, () => true),
  /** The same, in one worker of all. */
  'l-oneworker': (stage) =>
    jobLeak(stage, stage.chance.logWithin(stage.ranges.slowH) * HOUR_S, (worker) => worker === 0),
  'l-request': (stage) => {
    const { chance } = stage;
    const startS = stage.leadS();
    const aboutS = chance.logWithin(stage.ranges.slowH) * HOUR_S;
    const { traffic } = stage.estate();
    return steadyLeak(stage, startS, aboutS, byTraffic(stage, traffic, startS, aboutS));
  },
  /** Each run of a task leaves some behind. */
  'l-cronrun': (stage) => {
    const { chance } = stage;
    const startS = stage.leadS();
    const aboutS = chance.logWithin(stage.ranges.mediumH) * 1.5 * HOUR_S;
    stage.size *= 0.85;
    stage.estate();
    stage.keepSleepersFor(aboutS);
    const leak = stage.leak(startS, { user: 'cron' });
    const everyS = Math.max(120, Math.round(aboutS / chance.int(12, 40) / 60) * 60);
    const perRun = (stage.roomLeft() * everyS) / aboutS;
    const options = { user: 'cron', everyS, offsetS: chance.range(0, everyS), riseS: 10, runningShare: 0.5 };
    stage.add(
      new Cron(
        chance,
        {
          ...options,
          connections: Math.max(1, Math.round(stage.limit * chance.range(0.01, 0.05))),
          runS: everyS * chance.range(0.1, 0.5),
          onRun: (server) => leak.add(server, chance.poisson(perRun)),
        },
        -WARM_S,
      ),
    );
    return stage.leaking(startS, aboutS, [leak]);
  },
  'l-pinged': (stage) => {
    const { chance, ranges } = stage;
    const startS = stage.leadS();
    const aboutS = chance.logWithin(ranges.mediumH) * 1.3 * HOUR_S;
    stage.estate();
    const rate = stage.roomLeft() / aboutS;
    const leak = stage.leak(startS, { rate: () => rate, pingS: Math.round(chance.logWithin(ranges.pingS)) });
    return stage.leaking(startS, aboutS, [leak], { reqFrac: PINGED });
  },
  'l-quick': (stage) => {
    const aboutS = stage.chance.logWithin(stage.ranges.quickMin) * 60;
    stage.estate();
    return steadyLeak(stage, stage.leadS(), aboutS, constant(stage, aboutS), aboutS < SUDDEN_S ? SUDDEN : 0.4);
  },
  'l-twodays': (stage) => {
    const { chance } = stage;
    const aboutS = chance.range(20, 44) * HOUR_S;
    const startS = chance.range(6, 16) * HOUR_S;
    const { traffic } = stage.estate();
    const rate = chance.chance(0.5) ? constant(stage, aboutS) : byTraffic(stage, traffic, startS, aboutS);
    return steadyLeak(stage, startS, aboutS, rate);
  },
  /** Workers that end after a while take theirs with them, but not fast enough. */
  'l-recycled': (stage) => {
    const aboutS = stage.chance.logWithin(stage.ranges.mediumH) * HOUR_S;
    const lifeS = aboutS * stage.chance.range(1.4, 2.2);
    return jobLeak(stage, aboutS * 0.62, () => true, lifeS);
  },
  /** Everything takes longer and longer, and clients try again. */
  'l-retrystorm': (stage) =>
    storm(stage, (sinceS, forS, doublingS) => (2 ** (sinceS / doublingS) - 1) / (2 ** (forS / doublingS) - 1)),
  /** Transactions left open: the sessions sleep, and others wait for their locks now and then. */
  'l-open': (stage) => {
    const { chance } = stage;
    const startS = stage.leadS();
    const aboutS = chance.logWithin(stage.ranges.mediumH) * HOUR_S;
    let leak: Leak | null = null;
    const slowdown = () => 1 + (0.25 * (leak?.held() ?? 0)) / stage.limit;
    stage.estate({ slowdown });
    stage.keepSleepersFor(aboutS);
    const rate = constant(stage, aboutS);
    leak = stage.leak(startS, { rate });
    return stage.leaking(startS, aboutS, [leak]);
  },
  /** The server's own timeout ends them as fast as they come. */
  'b-timeout': (stage) => {
    const { chance } = stage;
    stage.size *= 0.8;
    stage.estate();
    const startS = stage.leadS();
    const aboutS = chance.range(2.5, 6) * HOUR_S;
    stage.waitTimeoutS = Math.round(aboutS * chance.range(0.2, 0.45));
    stage.leak(startS, { rate: constant(stage, aboutS) });
    return stage.scene({ kind: 'bounded', startS }, startS + chance.range(10, 30) * HOUR_S);
  },
  's-peakload': (stage) => saturation(stage, stage.chance.log(900, 7200)),
};

export const LEAKS_PROBE: Readonly<Record<string, SceneOf>> = {
  /** Each error leaks, and errors come in waves. */
  'l-errors': (stage) => {
    const { chance } = stage;
    const startS = stage.leadS();
    const aboutS = chance.logWithin(stage.ranges.mediumH) * 1.3 * HOUR_S;
    stage.estate();
    const waves = stage
      .times((24 * HOUR_S * 20) / aboutS, startS, startS + 3 * aboutS)
      .map((atS) => ({ atS, forS: chance.log(60, 900) }));
    const mean = constant(stage, aboutS)(0);
    const inWaves = waves.filter(({ atS }) => atS < startS + aboutS).reduce((sum, { forS }) => sum + forS, 1);
    const rate = (timeS: number) =>
      waves.some(({ atS, forS }) => timeS > atS && timeS < atS + forS) ? (0.85 * mean * aboutS) / inWaves : 0.15 * mean;
    return steadyLeak(stage, startS, aboutS, rate);
  },
  /** Fast at first, then slower. */
  'l-slowing': (stage) => {
    const { chance } = stage;
    const startS = stage.leadS();
    const aboutS = chance.logWithin(stage.ranges.mediumH) * HOUR_S;
    stage.estate();
    const slower = chance.range(0.8, 2);
    const full = constant(stage, aboutS)(0);
    const share = slower / (1 - Math.exp(-slower));
    return steadyLeak(stage, startS, aboutS, (timeS) => full * share * Math.exp((-slower * (timeS - startS)) / aboutS));
  },
  /** Begins in the quiet of the night. */
  'l-night': (stage) => {
    const { chance } = stage;
    const startS = stage.nextHour(stage.leadS() - 6 * HOUR_S, chance.range(0, 4));
    const aboutS = chance.logWithin(stage.ranges.slowH) * HOUR_S;
    stage.estate({ traffic: stage.traffic({ rhythm: chance.pick(['office', 'home']) }) });
    return steadyLeak(stage, startS, aboutS, constant(stage, aboutS));
  },
  /** Each deployment leaves part of the old fleet's sessions behind. */
  'l-deployment': (stage) => {
    const { chance } = stage;
    const startS = stage.leadS();
    const everyS = chance.log(20, 70) * 60;
    const deploys = chance.int(8, 18);
    const aboutS = everyS * deploys;
    stage.size *= 0.75;
    const { web } = stage.estate({ webKinds: ['persistent', 'mysql2', 'elastic'] });
    stage.keepSleepersFor(aboutS);
    const leak = stage.leak(startS);
    for (let atS = everyS; atS < startS + 2.5 * aboutS; atS += everyS * chance.range(0.6, 1.4)) {
      stage.at(atS, (server) => {
        if (web instanceof PoolFleet) web.roll(server.nowS, chance.log(5, 30), chance.log(10, 90));
        leak.add(server, chance.poisson(stage.roomLeft() / deploys));
      });
    }
    return stage.leaking(startS, aboutS, [leak]);
  },
  /** A release of functions that no longer say goodbye. */
  'l-frozen': (stage) => {
    const { chance } = stage;
    const startS = stage.leadS();
    const traffic = stage.traffic();
    const size = stage.size * 0.45;
    stage.size *= 0.45;
    stage.estate({ traffic });
    stage.waitTimeoutS = chance.pick([28_800, 86_400]);
    const options = { user: 'functions', load: (timeS: number) => size * traffic(timeS), idleS: chance.log(300, 1500) };
    const functions = stage.add(
      new Frozen(chance, { ...options, lifeS: chance.log(3600, 9000), runningShare: 0.4 }, true),
    );
    stage.at(startS, () => {
      functions.closes = false;
    });
    return stage.leaking(startS, 12 * HOUR_S, [], { leastS: HOUR_S, cure: (server) => functions.cure(server) });
  },
  /** Statements queue behind a metadata lock, as fast as they come. */
  'l-lockstorm': (stage) => storm(stage, (sinceS, forS) => sinceS / forS),
  /** Ended with their workers before they are too many. */
  'b-recycled': (stage) => {
    const { chance } = stage;
    stage.size *= 0.8;
    const startS = stage.leadS();
    const room = stage.roomLeft();
    const lifeS = chance.range(0.7, 2.5) * HOUR_S;
    const leak = stage.leak(startS, { user: 'worker' });
    // A worker's leak lasts half its life on average, and all of them may be old at once.
    leakyWorkers(stage, leak, (chance.range(0.2, 0.6) * room) / lifeS, () => true, lifeS);
    return stage.scene({ kind: 'bounded', startS }, startS + chance.range(10, 30) * HOUR_S);
  },
};

export const LEAKS_LAST: Readonly<Record<string, SceneOf>> = {
  /** The release that leaks also restarts and doubles the fleet. */
  'l-release': (stage) => {
    const { chance } = stage;
    const startS = stage.leadS();
    const aboutS = chance.logWithin(stage.ranges.mediumH) * HOUR_S;
    stage.size *= 0.8;
    const { web } = stage.estate({ webKinds: ['persistent', 'mysql2', 'hikari', 'elastic'] });
    stage.at(startS, ({ nowS }) => {
      if (!(web instanceof PoolFleet)) return;
      if (chance.chance(0.5)) web.replaceAll(nowS, chance.log(120, 1200));
      else web.roll(nowS, chance.log(10, 60), chance.log(20, 200));
    });
    return steadyLeak(stage, startS, aboutS, constant(stage, aboutS));
  },
  /** Faster and faster. */
  'l-faster': (stage) => {
    const { chance } = stage;
    const startS = stage.leadS();
    const aboutS = chance.logWithin(stage.ranges.mediumH) * 1.3 * HOUR_S;
    const power = chance.range(0.6, 2);
    stage.estate();
    const full = constant(stage, aboutS)(0);
    const rate = (timeS: number) => full * (1 + power) * Math.max(0, (timeS - startS) / aboutS) ** power;
    return steadyLeak(stage, startS, aboutS, rate, GATHERING);
  },
  /** One of them pings, the other does not, and the second begins later. */
  'l-both': (stage) => {
    const { chance, ranges } = stage;
    const startS = stage.leadS();
    const aboutS = chance.logWithin(ranges.mediumH) * 1.5 * HOUR_S;
    stage.estate();
    stage.keepSleepersFor(aboutS);
    const half = 0.65 * constant(stage, aboutS)(0);
    const first = stage.leak(startS, { rate: () => half });
    const ping = { rate: () => half * 1.2, pingS: Math.round(chance.logWithin(ranges.pingS)), user: 'api' };
    const second = stage.leak(startS + aboutS * chance.range(0.2, 0.5), ping);
    return stage.leaking(startS, aboutS, [first, second], { reqFrac: PINGED });
  },
  /** Begins at the day's peak, so that falling load hides it. */
  'l-frompeak': (stage) => {
    const { chance } = stage;
    const startS = stage.nextHour(stage.leadS() - 6 * HOUR_S, chance.range(15, 17));
    const aboutS = chance.logWithin(stage.ranges.slowH) * HOUR_S;
    stage.estate({ traffic: stage.traffic({ rhythm: 'office' }) });
    return steadyLeak(stage, startS, aboutS, constant(stage, aboutS));
  },
  /** Leaks under load only, when borrowers time out. */
  'l-contention': (stage) => {
    const { chance } = stage;
    const startS = stage.leadS();
    const aboutS = chance.logWithin(stage.ranges.slowH) * HOUR_S;
    const { traffic } = stage.estate({ traffic: stage.traffic({ rhythm: chance.pick(['global', 'home']) }) });
    const above = (timeS: number) => Math.max(0, traffic(timeS) - 0.55);
    return steadyLeak(stage, startS, aboutS, byTraffic(stage, above, startS, aboutS));
  },
  /** A pool for each customer who comes by, never closed. */
  'l-tenants': (stage) => {
    const { chance } = stage;
    const startS = stage.leadS();
    const aboutS = chance.logWithin(stage.ranges.mediumH) * 1.5 * HOUR_S;
    stage.estate();
    stage.keepSleepersFor(aboutS);
    const leak = stage.leak(startS, { user: 'tenants' });
    const perTenant = Math.max(1, Math.round(stage.limit * chance.range(0.01, 0.03)));
    const tenants = stage.roomLeft() / perTenant;
    for (let atS = startS; atS < startS + 2.5 * aboutS; atS += chance.exponential(aboutS / tenants)) {
      stage.at(atS, (server) => leak.add(server, perTenant));
    }
    return stage.leaking(startS, aboutS, [leak]);
  },
  /** Goes on and off with the task that leaks. */
  'l-pausing': (stage) => {
    const { chance } = stage;
    const startS = stage.leadS();
    const aboutS = chance.logWithin(stage.ranges.mediumH) * 1.6 * HOUR_S;
    stage.estate();
    const periodS = aboutS / chance.range(4, 10);
    const on = chance.range(0.4, 0.7);
    const full = constant(stage, aboutS)(0) / on;
    return steadyLeak(stage, startS, aboutS, (timeS) => (((timeS - startS) / periodS) % 1 < on ? full : 0));
  },
  /** A report nobody expected: load and lock waits grow with each other. */
  'l-reportstorm': (stage) => storm(stage, (sinceS, forS) => 0.4 * (sinceS / forS) + 0.6 * (sinceS / forS) ** 2.5),
  /** A restart every so often frees all of it, until one is left out. */
  'l-restarted': (stage) => {
    const { chance } = stage;
    const startS = chance.range(4, 10) * HOUR_S;
    const aboutS = chance.range(7, 16) * HOUR_S;
    stage.size *= 0.85;
    stage.estate();
    stage.keepSleepersFor(aboutS);
    const leak = stage.leak(startS, { rate: constant(stage, aboutS) });
    const everyS = aboutS * chance.range(0.35, 0.55);
    const restartsS = Array.from({ length: chance.int(1, 3) }, (_, at) => Math.round(startS + everyS * (at + 1)));
    for (const restartS of restartsS) stage.at(restartS, (server) => leak.drop(server));
    const scene = stage.leaking(startS, aboutS, [leak], { restartsS });
    return scene.trouble?.kind === 'leak'
      ? { ...scene, trouble: { ...scene.trouble, untilS: (restartsS.at(-1) ?? startS) + 2.5 * aboutS } }
      : scene;
  },
  /** The monitor was installed an hour or two ago. */
  'l-first': (stage) => {
    const { chance } = stage;
    const startS = chance.range(1, 3) * HOUR_S;
    const aboutS = chance.log(3, 10) * HOUR_S;
    stage.estate();
    return steadyLeak(stage, startS, aboutS, constant(stage, aboutS));
  },
  /** Lost to a pool that has its own bound: the application starves before the server does. */
  'b-poolbound': (stage) => {
    const { chance } = stage;
    stage.size *= 0.75;
    stage.estate();
    const startS = stage.leadS();
    const aboutS = chance.logWithin(stage.ranges.mediumH) * HOUR_S;
    stage.waitTimeoutS = 604_800;
    const most = stage.roomLeft() * chance.range(0.25, 0.6);
    const rate = constant(stage, aboutS)(0);
    let leak: Leak | null = null;
    leak = stage.leak(startS, { rate: () => ((leak?.held() ?? 0) < most ? rate : 0) });
    return stage.scene({ kind: 'bounded', startS }, startS + aboutS + chance.range(6, 20) * HOUR_S);
  },
  /** Mended in time: it grows no further, and hours later a restart frees what it held. */
  'x-mended': (stage) => {
    const { chance } = stage;
    const startS = stage.leadS();
    const aboutS = chance.logWithin(stage.ranges.mediumH) * HOUR_S;
    stage.estate();
    stage.keepSleepersFor(aboutS + 8 * HOUR_S);
    const leak = stage.leak(startS, { rate: constant(stage, aboutS) });
    const stopS = startS + aboutS * chance.range(0.3, 0.6);
    const freedS = stopS + 6 * HOUR_S;
    stage.at(stopS, () => {
      leak.isOn = false;
    });
    stage.at(freedS, (server) => leak.drop(server));
    return stage.scene({ kind: 'stopped', startS, stopS, freedS }, freedS + 6 * HOUR_S);
  },
  's-campaign': (stage) => saturation(stage, stage.chance.log(120, 600)),
};

type Rate = (timeS: number) => number;

/** Sessions a second that fill the room in about this time. */
function constant(stage: Stage, aboutS: number): Rate {
  const rate = stage.roomLeft() / aboutS;
  return () => rate;
}

/** In proportion to what goes on, and as much over the whole time. */
function byTraffic(stage: Stage, traffic: Traffic, startS: number, aboutS: number): Rate {
  const stepS = aboutS / 200;
  let sum = 0;
  for (let at = 0; at < 200; at++) sum += traffic(startS + at * stepS);
  const per = stage.roomLeft() / Math.max(1, sum * stepS);
  return (timeS) => per * traffic(timeS);
}

function steadyLeak(stage: Stage, startS: number, aboutS: number, rate: Rate, reqFrac = 0.4): Scene {
  stage.keepSleepersFor(aboutS);
  const leak = stage.leak(startS, { rate });
  return stage.leaking(startS, aboutS, [leak], { reqFrac });
}

/** An estate and workers of which some jobs leak, at about this rate at an ordinary load. */
function leakyWorkers(stage: Stage, leak: Leak, ratePerS: number, leaks: (worker: number) => boolean, lifeS: number) {
  const { chance } = stage;
  const { traffic } = stage.estate();
  const count = workerCount(stage);
  const leaking = Array.from({ length: count }, (_, worker) => worker).filter(leaks).length;
  const jobMedianS = chance.log(0.3, 10);
  const jobsPerS = (0.4 * count) / (jobMedianS * 1.3);
  const perJob = ratePerS / ((jobsPerS * leaking) / count) / ORDINARY_LOAD;
  stage.add(
    new QueueWorkers(
      chance,
      {
        user: 'worker',
        workers: count,
        jobsPerS: (timeS) => jobsPerS * traffic(timeS),
        jobMedianS,
        jobSigma: 0.7,
        jobsMost: Infinity,
        lifeS,
        polls: chance.chance(0.4),
        onJobs: (worker, jobs, server) => {
          if (leaks(worker)) leak.add(server, chance.poisson(perJob * jobs), worker);
        },
        onRestart: (worker, server) => leak.dropOwner(server, worker),
      },
      -WARM_S,
    ),
  );
}

function workerCount({ limit }: Stage): number {
  return Math.max(3, Math.round(limit * 0.06));
}

function jobLeak(stage: Stage, aboutS: number, leaks: (worker: number) => boolean, lifeS = Infinity): Scene {
  const startS = stage.leadS();
  stage.size *= 0.9;
  const room = stage.roomLeft() - workerCount(stage);
  const leak = stage.leak(startS, { user: 'worker' });
  leakyWorkers(stage, leak, room / aboutS, leaks, lifeS);
  stage.keepSleepersFor(lifeS === Infinity ? aboutS : 2 * aboutS);
  return stage.leaking(startS, aboutS * (lifeS === Infinity ? 1 : 1.6), [leak]);
}

/** Requests that run and wait, more and more: `grows` goes from 0 to 1 while they fill the limit. */
function storm(stage: Stage, grows: (sinceS: number, forS: number, doublingS: number) => number): Scene {
  const { chance } = stage;
  const startS = stage.leadS();
  const forS = chance.logWithin(stage.ranges.stormMin) * 60;
  const doublingS = chance.within(DOUBLING_S);
  let isOver = false;
  stage.estate();
  const room = stage.roomLeft();
  const load = (timeS: number) => (isOver || timeS < startS ? 0 : room * grows(timeS - startS, forS, doublingS));
  stage.add(new Requests(chance, { user: 'web', load, most: Infinity, slow: 0, runningShare: 0.85 }));
  return stage.leaking(startS, forS, [], {
    reqFrac: STORM,
    leastS: STORM_LEAST_S,
    cure: () => {
      isOver = true;
    },
  });
}
