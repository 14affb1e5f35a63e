/** What every benchmark prints. */
export interface BenchReport {
  readonly bench: string;
  readonly node: string;
  readonly rows: readonly BenchRow[];
  readonly ratios: Readonly<Record<string, number>>;
}

export interface BenchRow {
  readonly name: string;
  readonly n: number;
  readonly medianMs: number;
  readonly p95Ms: number;
}

export function rowOf(name: string, samples: readonly number[]): BenchRow {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share: number) => rounded(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
  return { name, n: sorted.length, medianMs: at(0.5), p95Ms: at(0.95) };
}

export function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
