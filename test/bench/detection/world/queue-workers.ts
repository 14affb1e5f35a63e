import type { Chance } from './chance.ts';
import { addAge, type Connection, type Holder, type Server, STEP_S } from './server.ts';

export interface QueueOptions {
  readonly user: string;
  readonly workers: number;
  /** Jobs a second of the whole queue. */
  readonly jobsPerS: (timeS: number) => number;
  readonly jobMedianS: number;
  readonly jobSigma: number;
  /** `--max-jobs` and `--max-time`: the process ends and PM2 starts another. */
  readonly jobsMost: number;
  readonly lifeS: number;
  /** A queue kept in the database is polled, so its connections never sleep long. */
  readonly polls: boolean;
  readonly onJobs?: (worker: number, jobs: number, server: Server) => void;
  readonly onRestart?: (worker: number, server: Server) => void;
}

interface Worker {
  connection: Connection | null;
  busyUntilS: number;
  jobs: number;
  jobsMost: number;
  startedS: number;
}

/** What may wait in a queue; more would be worked off for days. */
const BACKLOG_MOST = 20_000;

/** `php artisan queue:work` under PM2: a process each, with one connection from its first job on. */
export class QueueWorkers implements Holder {
  readonly user: string;
  readonly #options: QueueOptions;
  readonly #chance: Chance;
  readonly #workers: Worker[] = [];
  #backlog = 0;

  constructor(chance: Chance, options: QueueOptions, fromS: number) {
    this.user = options.user;
    this.#chance = chance;
    this.#options = options;
    const oldestS = Number.isFinite(options.lifeS) ? options.lifeS : 3600;
    for (let at = 0; at < options.workers; at++) this.#workers.push(this.#fresh(fromS - chance.range(0, oldestS)));
  }

  /** `pm2 restart`, or `queue:restart` after a deployment. */
  restartAll(server: Server): void {
    this.#workers.forEach((_, at) => {
      this.#restart(server, at);
    });
  }

  step(server: Server): void {
    const { jobsPerS, polls, lifeS } = this.#options;
    this.#backlog = Math.min(BACKLOG_MOST, this.#backlog + this.#chance.poisson(jobsPerS(server.nowS) * STEP_S));
    // Who asks first gets the job, and that is not always the same one.
    const first = Math.floor(this.#chance.u() * this.#workers.length);
    for (let turn = 0; turn < this.#workers.length; turn++) {
      const at = (first + turn) % this.#workers.length;
      const worker = this.#workers[at];
      if (worker === undefined || worker.busyUntilS > server.nowS) continue;
      if (worker.connection === null && (polls || this.#backlog > 0)) worker.connection = server.connect();
      if (worker.connection === null) continue;
      if (polls) worker.connection.usedS = server.nowS;
      if (worker.jobs >= worker.jobsMost || server.nowS - worker.startedS > lifeS) this.#restart(server, at);
      else if (this.#backlog >= 1) this.#work(server, worker, at);
      else if (server.nowS - worker.connection.usedS > server.waitTimeoutS) this.#disconnect(server, worker);
    }
  }

  held(): number {
    return this.#workers.filter(({ connection }) => connection !== null).length;
  }

  running(): number {
    return this.#backlog > 0 ? this.held() * 0.35 : this.held() * 0.1;
  }

  addSleepers(nowS: number, sleepers: number[]): void {
    for (const { connection } of this.#workers) if (connection !== null) addAge(nowS - connection.usedS, sleepers);
  }

  drop(server: Server): void {
    for (const worker of this.#workers) this.#disconnect(server, worker);
  }

  #work(server: Server, worker: Worker, at: number): void {
    const { jobMedianS, jobSigma, onJobs } = this.#options;
    const jobS = this.#chance.lognormal(jobMedianS, jobSigma);
    const jobs = Math.min(this.#backlog, Math.max(1, Math.floor(STEP_S / jobS)));
    this.#backlog -= jobs;
    worker.jobs += jobs;
    worker.busyUntilS = server.nowS + Math.max(STEP_S, jobs * jobS);
    if (worker.connection !== null) worker.connection.usedS = worker.busyUntilS;
    onJobs?.(at, jobs, server);
  }

  #restart(server: Server, at: number): void {
    const worker = this.#workers[at];
    if (worker !== undefined) this.#disconnect(server, worker);
    this.#options.onRestart?.(at, server);
    this.#workers[at] = this.#fresh(server.nowS);
  }

  #disconnect(server: Server, worker: Worker): void {
    if (worker.connection !== null) server.close(1);
    worker.connection = null;
  }

  #fresh(nowS: number): Worker {
    return {
      connection: null,
      busyUntilS: nowS + this.#chance.range(1, 4),
      jobs: 0,
      // Not all of them come to their end at once.
      jobsMost: this.#options.jobsMost * this.#chance.range(0.7, 1.3),
      startedS: nowS,
    };
  }
}
