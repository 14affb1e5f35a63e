import { TableClock } from '../../functions/adapters/system/table-clock.ts';
import type { Clock } from '../../functions/core/ports.ts';
import { MINUTE_MS } from '../support/builders.ts';
import { type Scheduler, seeded } from './scheduler.ts';

const STEPS_MS = [60 * MINUTE_MS, -60 * MINUTE_MS, MINUTE_MS, -MINUTE_MS, 4000];
const ROUGH_SHARE = 0.5;
const STEP_SHARE_MAX = 0.1;

/** A container. Its clock follows the table as the deployed one does, and the clock under it may be put at any moment. */
export class Machine {
  readonly clock: Clock;
  readonly #machines: Machines;
  readonly #table: TableClock;
  #offMs = 0;

  constructor(machines: Machines) {
    this.#machines = machines;
    const { scheduler } = machines;
    this.#table = new TableClock(() => undefined, { wallMs: () => this.wallMs(), elapsedMs: scheduler.nowMs });
    this.clock = { nowMs: () => this.#table.nowMs(), sleep: scheduler.sleep };
  }

  begin(): void {
    this.#offMs = this.#machines.stepFrom(this.#offMs);
    this.#table.begin();
  }

  /** What the machine's own clock says, right or wrong. */
  wallMs(): number {
    return this.#machines.scheduler.nowMs() + this.#offMs;
  }

  /** The same port of the table, each answer of which says what time it is. */
  hearing<T extends object>(port: T): T {
    return new Proxy(port, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        return async (...args: unknown[]) => {
          const answer: unknown = await Reflect.apply(member, target, args);
          this.#offMs = this.#machines.stepFrom(this.#offMs);
          this.#table.hear(Math.floor(this.#machines.scheduler.nowMs() / 1000) * 1000, 0);
          return answer;
        };
      },
    });
  }
}

/** The containers of all functions: one invocation at a time each, and a new one where all are at work. */
export class Machines {
  readonly scheduler: Scheduler;
  /** Chance that a clock is put, at the beginning of an invocation and at each call of the table. */
  stepShare: number;
  readonly #random: () => number;
  readonly #idle = new Map<string, Machine[]>();

  /** By dice of its own, so that it moves nothing else of a history. */
  constructor(seed: number, scheduler: Scheduler) {
    this.scheduler = scheduler;
    this.#random = seeded(seed ^ 0xc10c);
    this.stepShare = this.#random() < ROUGH_SHARE ? 0 : this.#random() * STEP_SHARE_MAX;
  }

  async run<T>(name: string, work: (machine: Machine) => Promise<T>): Promise<T> {
    const idle = this.#idle.get(name) ?? [];
    this.#idle.set(name, idle);
    const machine = idle.pop() ?? new Machine(this);
    machine.begin();
    try {
      return await work(machine);
    } finally {
      idle.push(machine);
    }
  }

  /** Where a clock stands that may be put now. */
  stepFrom(offMs: number): number {
    if (this.stepShare === 0 || this.#random() >= this.stepShare) return offMs;
    const isPutRight = this.#random() < 0.3;
    return isPutRight ? 0 : (STEPS_MS[Math.floor(this.#random() * STEPS_MS.length)] ?? 0);
  }
}
