import type { Trace } from './generator.cjs';

export interface TraceVerdict {
  readonly ts?: number;
  readonly state: 'ok' | 'warning' | 'critical';
  readonly reason?: string;
  readonly tte_s?: number | undefined;
}

export interface IncidentScore {
  readonly kind: string;
  readonly required: boolean;
  readonly detected: boolean;
  readonly timely?: boolean;
  readonly flaps: number;
  readonly sevFlaps: number;
  readonly lost?: boolean;
  readonly dur?: number;
  readonly lead?: number;
  readonly delay?: number | null;
}

export interface TraceScore {
  readonly id: string;
  readonly cls: string;
  readonly fa: number;
  readonly faCrit: number;
  readonly healthyMs: number;
  readonly inc: readonly IncidentScore[];
}

export interface Totals {
  readonly n: number;
  readonly required: number;
  readonly leaks: number;
  readonly detPct: number | null;
  readonly timelyPct: number | null;
  readonly leadMed: number | null;
  readonly leadP10: number | null;
  readonly leadFrac: number | null;
  readonly fa: number;
  readonly faCrit: number;
  readonly faPerMonth: number;
  readonly dbWeeks: number;
  readonly flapsPerInc: number;
  readonly sevFlaps: number;
  readonly resolveMed: number | null;
  readonly resolveP90: number | null;
  readonly lost: number;
  readonly tteWithin2: number | null;
  readonly tteBias: number | null;
}

/** From the cache, or generated; the tag is the generator's, so that no cache outlives a change of it. */
export function loadTrace(id: string, generate?: (id: string) => Trace, tag?: string): Trace;
export function scoreTrace(trace: Trace, verdicts: readonly TraceVerdict[]): TraceScore;
export function aggregate(results: readonly TraceScore[]): {
  readonly all: Totals;
  readonly byClass: Readonly<Record<string, Totals>>;
};
