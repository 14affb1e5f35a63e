/** A step of the simulation, and so the precision of every time in it. */
export const STEP_S = 5;
export const AGES_S = [60, 300, 900, 3600] as const;

export interface Connection {
  bornS: number;
  usedS: number;
}

/** Whoever holds connections: a pool, a fleet of workers, people with their tools, a leak. */
export interface Holder {
  readonly user: string;
  /** Closes what it gives back and opens what it needs, as far as the server lets it. */
  step(server: Server): void;
  held(): number;
  running(): number;
  /** Adds those asleep for at least each of `AGES_S`. */
  addSleepers(nowS: number, sleepers: number[]): void;
  /** The server or the process went away: everything is closed, and it begins anew. */
  drop(server: Server): void;
}

/** A database server as its clients see it: it accepts up to its limit and refuses the rest. */
export class Server {
  nowS = 0;
  connected = 0;
  limit: number;
  waitTimeoutS: number;
  upSinceS: number;
  downUntilS = Number.NEGATIVE_INFINITY;
  firstRefusalS: number | null = null;

  constructor(limit: number, waitTimeoutS: number, upSinceS: number) {
    this.limit = limit;
    this.waitTimeoutS = waitTimeoutS;
    this.upSinceS = upSinceS;
  }

  open(wanted: number): number {
    const granted = Math.max(0, Math.min(wanted, this.limit - this.connected));
    if (granted < wanted) this.firstRefusalS ??= this.nowS;
    this.connected += granted;
    return granted;
  }

  close(count: number): void {
    this.connected -= count;
  }

  connect(): Connection | null {
    return this.open(1) === 1 ? { bornS: this.nowS, usedS: this.nowS } : null;
  }
}

export function addAge(ageS: number, sleepers: number[]): void {
  for (let at = 0; at < AGES_S.length && ageS >= (AGES_S[at] ?? 0); at++) sleepers[at] = (sleepers[at] ?? 0) + 1;
}
