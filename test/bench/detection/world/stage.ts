import type { Chance, Range } from './chance.ts';
import { type Estate, type EstateOptions, makeEstate } from './estate.ts';
import { Leak, type LeakOptions } from './leak.ts';
import type { Scene, SceneEvent, Trouble } from './scene.ts';
import { WARM_S } from './scene.ts';
import { type Holder, Server } from './server.ts';
import { makeTraffic, type Rhythm, type Traffic, type TrafficOptions } from './traffic.ts';

export const HOUR_S = 3600;
export const DAY_S = 86_400;

/** What a split draws from; the two splits share no list and no range. */
export interface Ranges {
  readonly limits: readonly number[];
  readonly intervalsS: readonly number[];
  /** The estate at an ordinary peak, as a part of the limit. */
  readonly peak: Range;
  /** Health before a trouble. */
  readonly leadH: Range;
  readonly healthyH: Range;
  readonly rough: Range;
  readonly missing: Range;
  readonly gapsPerDay: Range;
  /** From the first leaked session to the first refused client. */
  readonly quickMin: Range;
  readonly mediumH: Range;
  readonly slowH: Range;
  readonly stormMin: Range;
  readonly pingS: Range;
}

const RHYTHMS: readonly Rhythm[] = ['office', 'office', 'home', 'global', 'global', 'machine'];
const RESTART_S = 60;
/** Nobody can tell what is over sooner, but for storms, from a rollout. */
const SUDDEN_LEAST_S = 600;
const LENGTH_MOST_S = 72 * HOUR_S;

/** One trace in the making: what all classes draw alike, and the parts they build from. */
export class Stage {
  readonly cls: string;
  readonly chance: Chance;
  readonly ranges: Ranges;
  readonly limit: number;
  readonly weekS: number;
  /** Size of the estate; smaller at every attempt that did not leave room for health. */
  size: number;
  waitTimeoutS: number;
  holders: Holder[] = [];
  readonly events: SceneEvent[] = [];

  constructor(cls: string, chance: Chance, ranges: Ranges, attempt: number) {
    this.cls = cls;
    this.chance = chance;
    this.ranges = ranges;
    this.limit = chance.pick([...ranges.limits]);
    this.weekS = Math.floor(chance.range(0, 7 * DAY_S));
    this.size = Math.max(4, this.limit * chance.within(ranges.peak) * 0.93 ** attempt);
    this.waitTimeoutS = 28_800;
  }

  /** Hour of the day at a time of the scene. */
  hourAt(timeS: number): number {
    return ((((this.weekS + timeS) % DAY_S) + DAY_S) % DAY_S) / HOUR_S;
  }

  /** The first time at or after `fromS` at which the clock on the wall shows `hour`. */
  nextHour(fromS: number, hour: number): number {
    return fromS + ((((hour - this.hourAt(fromS)) % 24) + 24) % 24) * HOUR_S;
  }

  traffic(options: Partial<TrafficOptions> = {}): Traffic {
    return makeTraffic(this.chance, {
      rhythm: this.chance.pick([...RHYTHMS]),
      weekS: this.weekS,
      fromS: -WARM_S,
      toS: 100 * HOUR_S,
      rough: this.chance.within(this.ranges.rough),
      spikesPerDay: this.chance.range(0, 6),
      ...options,
    });
  }

  estate(options: Partial<EstateOptions> = {}): Estate & { readonly traffic: Traffic } {
    const traffic = options.traffic ?? this.traffic();
    const estate = makeEstate(this.chance, { size: this.size, ...options, traffic });
    this.holders.push(...estate.holders);
    return { ...estate, traffic };
  }

  add<T extends Holder>(holder: T): T {
    this.holders.push(holder);
    return holder;
  }

  at(atS: number, run: SceneEvent['run']): void {
    this.events.push({ atS, run });
  }

  leadS(): number {
    return this.chance.within(this.ranges.leadH) * HOUR_S;
  }

  /** Room between an ordinary high load and the limit: what a leak has to fill. */
  roomLeft(): number {
    return this.limit - 0.85 * this.size;
  }

  /** Long enough that a leak of this duration is not levelled off by the server's own timeout. */
  keepSleepersFor(leakS: number): void {
    const enough = [1200, 3600, 28_800, 28_800, 86_400, 604_800].filter((waitS) => waitS > 1.6 * leakS);
    this.waitTimeoutS = this.chance.pick(enough.length > 0 ? enough : [604_800]);
  }

  leak(startS: number, options: Partial<LeakOptions> = {}): Leak {
    const leak = this.add(new Leak(this.chance, { user: 'web', rate: null, ...options }));
    this.at(startS, () => {
      leak.isOn = true;
    });
    return leak;
  }

  healthy(lengthS = this.chance.within(this.ranges.healthyH) * HOUR_S): Scene {
    return this.scene(null, lengthS);
  }

  /** A leak that has to end at the limit about `aboutS` after it began. */
  leaking(
    startS: number,
    aboutS: number,
    leaks: readonly Leak[],
    more: Partial<Extract<Trouble, { kind: 'leak' }>> = {},
  ): Scene {
    const trouble: Trouble = {
      kind: 'leak',
      startS,
      firstS: () => leaks.reduce<number | null>((first, leak) => first ?? leak.firstS, null),
      leastS: Math.max(SUDDEN_LEAST_S, 0.35 * aboutS),
      untilS: Math.min(startS + 2.5 * aboutS, LENGTH_MOST_S - 3 * HOUR_S),
      cure: (server) => {
        for (const leak of leaks) {
          leak.isOn = false;
          leak.drop(server);
        }
      },
      holdS: this.chance.log(240, 2400),
      tailS: this.chance.range(2, 4) * HOUR_S,
      reqFrac: 0.4,
      ...more,
    };
    return this.scene(trouble, LENGTH_MOST_S + 12 * HOUR_S);
  }

  scene(trouble: Trouble | null, lengthS: number): Scene {
    const { chance, ranges } = this;
    return {
      cls: this.cls,
      server: new Server(this.limit, this.waitTimeoutS, -WARM_S - chance.range(0.5, 90) * DAY_S),
      holders: this.holders,
      events: this.events,
      trouble,
      weekS: this.weekS,
      lengthS,
      sampler: {
        everyS: chance.pick([...ranges.intervalsS]),
        missing: chance.within(ranges.missing),
        gapsPerDay: chance.within(ranges.gapsPerDay),
        gapMostS: chance.range(300, 2700),
      },
    };
  }

  /** The server restarts, or a replica takes over whose uptime is another one. */
  restartServer(atS: number, downS: number, isFailover: boolean): void {
    const replicaUpS = this.chance.range(0.1, 40) * DAY_S;
    this.at(atS, (server) => {
      for (const holder of this.holders) holder.drop(server);
      server.downUntilS = atS + downS;
      server.upSinceS = isFailover ? atS - replicaUpS : atS + downS - this.chance.range(1, RESTART_S / 2);
    });
  }

  /** Times about so often a day, from `fromS` on. */
  times(perDay: number, fromS: number, toS: number): number[] {
    const times: number[] = [];
    for (let atS = fromS + this.chance.exponential(DAY_S / perDay); atS < toS; ) {
      times.push(atS);
      atS += Math.max(600, this.chance.exponential(DAY_S / perDay));
    }
    return times;
  }
}
