export interface TraceSample {
  readonly ts: number;
  readonly connected: number;
  readonly running: number;
  readonly max: number;
  readonly sleep: readonly [number, number, number, number];
  readonly users: Readonly<Record<string, number>>;
  readonly uptime: number;
  readonly wait_timeout: number;
}

export interface Incident {
  readonly kind: 'leak' | 'saturation' | 'bounded' | 'stopped';
  readonly start: number;
  readonly exhaust: number | null;
  readonly end: number;
  readonly required: boolean;
  /** Part of a leak's time that its warning has to leave. */
  readonly reqFrac?: number;
  /** An alarm is right from here on, and for so long after the end. */
  readonly allowFrom?: number;
  readonly grace?: number;
}

export interface Trace {
  readonly id: string;
  readonly ok: boolean;
  readonly meta: { readonly cls: string; readonly max: number; readonly step: number; readonly wait_timeout: number };
  readonly incidents: readonly Incident[];
  readonly samples: readonly TraceSample[];
}

export interface TraceName {
  readonly id: string;
  readonly cls: string;
  readonly idx: number;
}

/** Random numbers of a seed. */
export interface Rng {
  u(): number;
  range(from: number, to: number): number;
  log(from: number, to: number): number;
  int(from: number, to: number): number;
  pick<T>(of: readonly T[]): T;
  chance(share: number): boolean;
  norm(): number;
  poisson(mean: number): number;
}

export function makeRng(seed: string): Rng;
export function list(split: string): TraceName[];
export function generate(id: string): Trace;
export function generateClosely(
  id: string,
): Trace & { readonly close: readonly (readonly [ts: number, connected: number, running: number])[] };
