import type { Chance } from './chance.ts';
import { addAge, type Holder, type Server, STEP_S } from './server.ts';

export interface RequestOptions {
  readonly user: string;
  readonly load: (timeS: number) => number;
  /** Of all children (`pm.max_children` times hosts). */
  readonly most: number;
  /** Requests a second, for each connection of load, that turn out slow. */
  readonly slow: number;
  readonly runningShare: number;
}

const SLOW_LEAST_S = 4;
const SLOW_MOST_S = 300;

/** php-fpm without persistent connections: one for each request, closed at its end. */
export class Requests implements Holder {
  readonly user: string;
  readonly #options: RequestOptions;
  readonly #chance: Chance;
  #held = 0;
  #slowUntilS: number[] = [];

  constructor(chance: Chance, options: RequestOptions) {
    this.user = options.user;
    this.#chance = chance;
    this.#options = options;
  }

  step(server: Server): void {
    const { load, most, slow } = this.#options;
    const mean = load(server.nowS);
    this.#slowUntilS = this.#slowUntilS.filter((untilS) => untilS > server.nowS);
    const more = this.#chance.poisson(mean * slow * STEP_S);
    for (let at = 0; at < more; at++) {
      this.#slowUntilS.push(server.nowS + this.#chance.pareto(SLOW_LEAST_S, 1.4, SLOW_MOST_S));
    }
    const wanted = Math.floor(Math.min(most, this.#chance.poisson(mean) + this.#slowUntilS.length));
    if (wanted < this.#held) server.close(this.#held - wanted);
    this.#held = wanted < this.#held ? wanted : this.#held + server.open(wanted - this.#held);
  }

  held(): number {
    return this.#held;
  }

  running(): number {
    return this.#held * this.#options.runningShare;
  }

  addSleepers(): void {}

  drop(server: Server): void {
    server.close(this.#held);
    this.#held = 0;
    this.#slowUntilS = [];
  }
}

/** Connections that are simply there: exporters, replicas, a backup or report with its long statements. */
export class Steady implements Holder {
  readonly user: string;
  readonly #wanted: (timeS: number) => number;
  readonly #usedEveryS: number;
  readonly #runningShare: number;
  #held = 0;

  constructor(user: string, wanted: (timeS: number) => number, usedEveryS: number, runningShare: number) {
    this.user = user;
    this.#wanted = wanted;
    this.#usedEveryS = usedEveryS;
    this.#runningShare = runningShare;
  }

  step(server: Server): void {
    const wanted = Math.max(0, Math.round(this.#wanted(server.nowS)));
    if (wanted < this.#held) server.close(this.#held - wanted);
    this.#held = wanted < this.#held ? wanted : this.#held + server.open(wanted - this.#held);
  }

  held(): number {
    return this.#held;
  }

  running(): number {
    return this.#held * this.#runningShare;
  }

  addSleepers(nowS: number, sleepers: number[]): void {
    const asleep = Math.round(this.#held * (1 - this.#runningShare));
    for (let at = 0; at < asleep; at++) addAge((nowS + 7 * at) % this.#usedEveryS, sleepers);
  }

  drop(server: Server): void {
    server.close(this.#held);
    this.#held = 0;
  }
}
