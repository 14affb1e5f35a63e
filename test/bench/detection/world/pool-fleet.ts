import type { Chance } from './chance.ts';
import { addAge, type Connection, type Holder, type Server, STEP_S } from './server.ts';

export interface PoolOptions {
  readonly user: string;
  /** Connections in use at once over the whole fleet. */
  readonly load: (timeS: number) => number;
  readonly instances: (timeS: number) => number;
  /** Of one instance. */
  readonly least: number;
  readonly most: number;
  /** Closed after so long unused; infinite where a pool never shrinks. */
  readonly idleS: number;
  /** Replaced after so long; infinite where connections live for ever. */
  readonly lifeS: number;
  /** `stack` reuses the newest and lets the rest grow old; `queue` passes the work round. */
  readonly order: 'stack' | 'queue';
  /** Queries a second of a connection in use. */
  readonly queriesPerS: number;
  /** Part of the connections in use that run a statement just now. */
  readonly runningShare: number;
}

interface Instance {
  connections: Connection[];
  inUse: number;
  readonly weight: number;
  drainsUntilS: number | null;
}

interface Rolling {
  left: number;
  readonly everyS: number;
  readonly drainS: number;
  nextS: number;
}

const TIDY_S = 30;
const LIFE_SPREAD = 0.025;
/** An instance that is scaled in finishes its requests. */
const SCALE_IN_DRAIN_S = 30;

/** A service of several instances with a pool each (HikariCP, mysql2, tarn, database/sql, persistent php-fpm children). */
export class PoolFleet implements Holder {
  readonly user: string;
  readonly #options: PoolOptions;
  readonly #chance: Chance;
  #instances: Instance[] = [];
  #rolling: Rolling | null = null;

  constructor(chance: Chance, options: PoolOptions) {
    this.user = options.user;
    this.#chance = chance;
    this.#options = options;
  }

  /** A new fleet beside the old one, which idles until it is switched off. */
  replaceAll(nowS: number, overlapS: number): void {
    const serving = this.#serving();
    for (const old of serving) {
      old.drainsUntilS = nowS + overlapS;
      this.#start();
    }
  }

  /** One instance after the other. */
  roll(nowS: number, everyS: number, drainS: number): void {
    this.#rolling = { left: this.#serving().length, everyS, drainS, nextS: nowS };
  }

  step(server: Server): void {
    this.#closeDrained(server);
    this.#rollOn(server.nowS);
    this.#scale(server);
    const serving = this.#serving();
    const weights = serving.reduce((sum, { weight }) => sum + weight, 0);
    const load = this.#options.load(server.nowS);
    for (const instance of serving) this.#serve(server, instance, (load * instance.weight) / weights);
    if (server.nowS % TIDY_S === 0) for (const instance of this.#instances) this.#tidy(server, instance);
  }

  held(): number {
    return this.#instances.reduce((sum, { connections }) => sum + connections.length, 0);
  }

  running(): number {
    return this.#instances.reduce((sum, { inUse }) => sum + inUse, 0) * this.#options.runningShare;
  }

  addSleepers(nowS: number, sleepers: number[]): void {
    for (const { connections } of this.#instances) for (const { usedS } of connections) addAge(nowS - usedS, sleepers);
  }

  drop(server: Server): void {
    server.close(this.held());
    for (const instance of this.#instances) instance.connections = [];
    this.#instances = this.#serving();
  }

  #serving(): Instance[] {
    return this.#instances.filter(({ drainsUntilS }) => drainsUntilS === null);
  }

  #start(): void {
    this.#instances.push({ connections: [], inUse: 0, weight: this.#chance.range(0.8, 1.2), drainsUntilS: null });
  }

  #closeDrained(server: Server): void {
    for (const instance of this.#instances) {
      if (instance.drainsUntilS === null || instance.drainsUntilS > server.nowS) continue;
      server.close(instance.connections.length);
      instance.connections = [];
    }
    this.#instances = this.#instances.filter(({ drainsUntilS }) => drainsUntilS === null || drainsUntilS > server.nowS);
  }

  #rollOn(nowS: number): void {
    if (this.#rolling === null || this.#rolling.nextS > nowS) return;
    const oldest = this.#serving()[0];
    if (oldest !== undefined) oldest.drainsUntilS = nowS + this.#rolling.drainS;
    this.#start();
    this.#rolling.left -= 1;
    this.#rolling.nextS = nowS + this.#rolling.everyS * this.#chance.range(0.7, 1.3);
    if (this.#rolling.left <= 0) this.#rolling = null;
  }

  #scale(server: Server): void {
    const serving = this.#serving();
    const missing = Math.max(1, Math.round(this.#options.instances(server.nowS))) - serving.length;
    for (let at = 0; at < Math.min(missing, Math.max(1, Math.ceil(missing / 6))); at++) this.#start();
    const last = serving.at(-1);
    if (missing < 0 && last !== undefined) {
      last.drainsUntilS = server.nowS + SCALE_IN_DRAIN_S;
      last.inUse = 0;
    }
  }

  #serve(server: Server, instance: Instance, load: number): void {
    const { least, most, order, queriesPerS } = this.#options;
    const { connections } = instance;
    instance.inUse = Math.min(most, this.#chance.poisson(load));
    const peak = Math.min(most, Math.max(instance.inUse, this.#chance.poisson(load * 1.3 + 0.2)));
    const missing = Math.max(least, peak) - connections.length;
    if (missing > 0) {
      const granted = server.open(missing);
      for (let at = 0; at < granted; at++)
        connections.push({ bornS: server.nowS - this.#spread(), usedS: server.nowS });
    }
    instance.inUse = Math.min(instance.inUse, connections.length);
    if (order === 'stack') {
      for (let at = 0; at < peak; at++) touch(connections[at], server.nowS);
      return;
    }
    const touched = Math.max(peak, Math.round(this.#chance.poisson(load * queriesPerS * STEP_S)));
    if (touched >= connections.length) {
      for (const one of connections) one.usedS = server.nowS;
      return;
    }
    for (let at = 0; at < touched; at++) {
      const next = connections.shift();
      touch(next, server.nowS);
      if (next !== undefined) connections.push(next);
    }
  }

  /** Pools end their connections a little before their time, so that not all go at once. */
  #spread(): number {
    const { lifeS } = this.#options;
    return Number.isFinite(lifeS) ? LIFE_SPREAD * lifeS * this.#chance.u() : 0;
  }

  #tidy(server: Server, instance: Instance): void {
    const { idleS, lifeS, least } = this.#options;
    const spare = instance.drainsUntilS === null ? Math.max(0, instance.connections.length - least) : Infinity;
    let closed = 0;
    const old = (one: Connection) => {
      const unusedS = server.nowS - one.usedS;
      const isOver = unusedS > server.waitTimeoutS || (unusedS > 0 && server.nowS - one.bornS > lifeS);
      if (!isOver && (unusedS <= idleS || closed >= spare)) return false;
      closed += 1;
      return true;
    };
    // The deepest of a stack are the oldest.
    instance.connections = instance.connections
      .toReversed()
      .filter((one) => !old(one))
      .toReversed();
    server.close(closed);
  }
}

function touch(connection: Connection | undefined, nowS: number): void {
  if (connection !== undefined) connection.usedS = nowS;
}
