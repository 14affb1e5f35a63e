import type { Chance } from './chance.ts';
import { addAge, type Holder, type Server, STEP_S } from './server.ts';

export interface LeakOptions {
  readonly user: string;
  /** Sessions a second; null where an event (a job, a run, a deployment) calls `add`. */
  readonly rate: ((timeS: number) => number) | null;
  /** A keep-alive ping: such sessions never look old and `wait_timeout` never ends them. */
  readonly pingS?: number;
  /** They do not sleep but wait or run: behind a lock, in a retry. */
  readonly busy?: boolean;
}

interface Leaked {
  readonly bornS: number;
  readonly owner: number;
}

/** Sessions that nobody will use or close any more. */
export class Leak implements Holder {
  readonly user: string;
  isOn = false;
  firstS: number | null = null;
  readonly #options: LeakOptions;
  readonly #chance: Chance;
  #leaked: Leaked[] = [];

  constructor(chance: Chance, options: LeakOptions) {
    this.user = options.user;
    this.#chance = chance;
    this.#options = options;
  }

  add(server: Server, count: number, owner = 0): void {
    if (!this.isOn || count <= 0) return;
    this.firstS ??= server.nowS;
    const granted = server.open(count);
    for (let at = 0; at < granted; at++) this.#leaked.push({ bornS: server.nowS, owner });
  }

  /** The process that held them ended. */
  dropOwner(server: Server, owner: number): void {
    const kept = this.#leaked.filter((one) => one.owner !== owner);
    server.close(this.#leaked.length - kept.length);
    this.#leaked = kept;
  }

  /** Some of the processes that hold them were restarted. */
  dropPart(server: Server, part: number): void {
    const kept = this.#leaked.filter(() => !this.#chance.chance(part));
    server.close(this.#leaked.length - kept.length);
    this.#leaked = kept;
  }

  step(server: Server): void {
    const { rate, pingS, busy } = this.#options;
    if (rate !== null && this.isOn) this.add(server, this.#chance.poisson(rate(server.nowS) * STEP_S), 0);
    if (pingS !== undefined || busy === true || server.nowS % 30 !== 0) return;
    const kept = this.#leaked.filter(({ bornS }) => server.nowS - bornS <= server.waitTimeoutS);
    server.close(this.#leaked.length - kept.length);
    this.#leaked = kept;
  }

  held(): number {
    return this.#leaked.length;
  }

  running(): number {
    return this.#options.busy === true ? this.#leaked.length * 0.85 : 0;
  }

  addSleepers(nowS: number, sleepers: number[]): void {
    const { pingS, busy } = this.#options;
    if (busy === true) return;
    for (const { bornS } of this.#leaked) addAge(pingS === undefined ? nowS - bornS : (nowS - bornS) % pingS, sleepers);
  }

  drop(server: Server): void {
    server.close(this.#leaked.length);
    this.#leaked = [];
  }
}
