import type { Chance } from './chance.ts';
import { addAge, type Connection, type Holder, type Server } from './server.ts';

export interface FrozenOptions {
  readonly user: string;
  readonly load: (timeS: number) => number;
  /** An environment that nobody calls is thawed no more after so long. */
  readonly idleS: number;
  /** And ends after so long in any case. */
  readonly lifeS: number;
  readonly runningShare: number;
}

/** Function environments with a connection each: most of them end frozen, without a goodbye to the database. */
export class Frozen implements Holder {
  readonly user: string;
  /** Whether an ending environment closes its connection. */
  closes: boolean;
  readonly #options: FrozenOptions;
  readonly #chance: Chance;
  #alive: Connection[] = [];
  #orphans: Connection[] = [];
  #inUse = 0;

  constructor(chance: Chance, options: FrozenOptions, closes: boolean) {
    this.user = options.user;
    this.closes = closes;
    this.#chance = chance;
    this.#options = options;
  }

  step(server: Server): void {
    const load = this.#options.load(server.nowS);
    this.#inUse = this.#chance.poisson(load);
    while (this.#alive.length < this.#inUse) {
      const one = server.connect();
      if (one === null) break;
      this.#alive.push({ ...one, bornS: server.nowS - this.#chance.range(0, 0.4) * this.#options.lifeS });
    }
    this.#inUse = Math.min(this.#inUse, this.#alive.length);
    for (let at = 0; at < this.#inUse; at++) {
      const one = this.#alive[at];
      if (one !== undefined) one.usedS = server.nowS;
    }
    if (server.nowS % 30 === 0) this.#tidy(server);
  }

  /** The fix is deployed: environments say goodbye, and those left behind are ended. */
  cure(server: Server): void {
    this.closes = true;
    server.close(this.#orphans.length);
    this.#orphans = [];
  }

  held(): number {
    return this.#alive.length + this.#orphans.length;
  }

  running(): number {
    return this.#inUse * this.#options.runningShare;
  }

  addSleepers(nowS: number, sleepers: number[]): void {
    for (const { usedS } of this.#alive) addAge(nowS - usedS, sleepers);
    for (const { usedS } of this.#orphans) addAge(nowS - usedS, sleepers);
  }

  drop(server: Server): void {
    server.close(this.held());
    this.#alive = [];
    this.#orphans = [];
  }

  #tidy(server: Server): void {
    const { idleS, lifeS } = this.#options;
    const ended = this.#alive.filter(
      ({ usedS, bornS }) => server.nowS - usedS > idleS || (server.nowS - bornS > lifeS && usedS < server.nowS),
    );
    this.#alive = this.#alive.filter((one) => !ended.includes(one));
    if (this.closes) server.close(ended.length);
    else this.#orphans.push(...ended);
    const kept = this.#orphans.filter(({ usedS }) => server.nowS - usedS <= server.waitTimeoutS);
    server.close(this.#orphans.length - kept.length);
    this.#orphans = kept;
  }
}
