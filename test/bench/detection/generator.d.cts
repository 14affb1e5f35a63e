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

export function list(split: string): TraceName[];
export function generate(id: string): Trace;
export function generateClosely(
  id: string,
): Trace & { readonly close: readonly (readonly [ts: number, connected: number, running: number])[] };
