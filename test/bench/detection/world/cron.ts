import type { Chance } from './chance.ts';
import { addAge, type Connection, type Holder, type Server } from './server.ts';

export interface CronOptions {
  readonly user: string;
  readonly everyS: number;
  readonly offsetS: number;
  readonly connections: number;
  readonly riseS: number;
  readonly runS: number;
  readonly runningShare: number;
  readonly onRun?: (server: Server) => void;
}

interface Run {
  held: number;
  readonly startS: number;
  readonly untilS: number;
}

/** A scheduler's task: some connections at once, for as long as a run takes. */
export class Cron implements Holder {
  readonly user: string;
  readonly #options: CronOptions;
  readonly #chance: Chance;
  #runs: Run[] = [];
  #nextS: number;

  constructor(chance: Chance, options: CronOptions, fromS: number) {
    this.user = options.user;
    this.#chance = chance;
    this.#options = options;
    this.#nextS = fromS + ((((options.offsetS - fromS) % options.everyS) + options.everyS) % options.everyS);
  }

  step(server: Server): void {
    const { everyS, runS, riseS, connections, onRun } = this.#options;
    if (server.nowS >= this.#nextS) {
      this.#nextS += everyS;
      const takesS = Math.min(0.9 * everyS, this.#chance.lognormal(runS, 0.25));
      this.#runs.push({ held: 0, startS: server.nowS, untilS: server.nowS + takesS });
      onRun?.(server);
    }
    for (const run of this.#runs) {
      const wanted = Math.round(connections * Math.min(1, (server.nowS - run.startS + 1) / riseS));
      if (run.untilS <= server.nowS) {
        server.close(run.held);
        run.held = 0;
      } else if (wanted > run.held) run.held += server.open(wanted - run.held);
    }
    this.#runs = this.#runs.filter(({ untilS }) => untilS > server.nowS);
  }

  held(): number {
    return this.#runs.reduce((sum, { held }) => sum + held, 0);
  }

  running(): number {
    return this.held() * this.#options.runningShare;
  }

  addSleepers(): void {}

  drop(server: Server): void {
    server.close(this.held());
    this.#runs = [];
  }
}

/** People with a workbench open: sessions that come in the morning and sleep for hours. */
export class Tools implements Holder {
  readonly user = 'people';
  readonly #chance: Chance;
  readonly #people: number;
  readonly #atWork: (timeS: number) => number;
  #sessions: (Connection & { untilS: number })[] = [];

  constructor(chance: Chance, people: number, atWork: (timeS: number) => number) {
    this.#chance = chance;
    this.#people = people;
    this.#atWork = atWork;
  }

  step(server: Server): void {
    const wanted = this.#people * this.#atWork(server.nowS);
    if (this.#sessions.length < wanted && this.#chance.chance(0.05)) {
      const session = server.connect();
      if (session !== null) {
        this.#sessions.push({ ...session, untilS: server.nowS + this.#chance.lognormal(3 * 3600, 0.7) });
      }
    }
    this.#sessions = this.#sessions.filter((session) => {
      const isOver = session.untilS < server.nowS || server.nowS - session.usedS > server.waitTimeoutS;
      if (isOver) server.close(1);
      else if (this.#chance.chance(0.004)) session.usedS = server.nowS;
      return !isOver;
    });
  }

  held(): number {
    return this.#sessions.length;
  }

  running(): number {
    return 0;
  }

  addSleepers(nowS: number, sleepers: number[]): void {
    for (const { usedS } of this.#sessions) addAge(nowS - usedS, sleepers);
  }

  drop(server: Server): void {
    server.close(this.#sessions.length);
    this.#sessions = [];
  }
}

/** A task of its own that opens connections over time and keeps them until it ends: a backfill, a new service. */
export class Guests implements Holder {
  readonly user: string;
  readonly #wanted: (timeS: number) => number;
  readonly #runningShare: number;
  readonly #touchedEveryS: number;
  #connections: Connection[] = [];

  /** Each connection is used about every `touchedEveryS`. */
  constructor(user: string, wanted: (timeS: number) => number, runningShare: number, touchedEveryS: number) {
    this.user = user;
    this.#wanted = wanted;
    this.#runningShare = runningShare;
    this.#touchedEveryS = touchedEveryS;
  }

  step(server: Server): void {
    const wanted = Math.max(0, Math.round(this.#wanted(server.nowS)));
    while (this.#connections.length > wanted) {
      this.#connections.pop();
      server.close(1);
    }
    while (this.#connections.length < wanted) {
      const more = server.connect();
      if (more === null) break;
      this.#connections.push(more);
    }
    this.#connections.forEach((one, at) => {
      if (server.nowS - one.usedS > this.#touchedEveryS * (0.5 + ((at * 7) % 10) / 10)) one.usedS = server.nowS;
    });
  }

  held(): number {
    return this.#connections.length;
  }

  running(): number {
    return this.#connections.length * this.#runningShare;
  }

  addSleepers(nowS: number, sleepers: number[]): void {
    const asleep = Math.round(this.#connections.length * (1 - this.#runningShare));
    for (const { usedS } of this.#connections.slice(0, asleep)) addAge(nowS - usedS, sleepers);
  }

  drop(server: Server): void {
    server.close(this.#connections.length);
    this.#connections = [];
  }
}
