import type { HealthyRecord } from './detector-state.ts';

/** What a load needs, as health has shown it: a straight line of connections over running statements. */
export interface Demand {
  readonly base: number;
  readonly perRunning: number;
  /** The most that health ever needed beyond the line: a pool that explains little by its load has much of it. */
  readonly slack: number;
  readonly records: number;
}

/** Half a day has seen light load and heavy. */
const RECORDS_MIN = 6;
/** A step of a run that may be a leak, as a share of the limit. */
const RUN_STEP_SHARE = 0.004;

/** null while too few records know their load. Those at the end that go ever further beyond the line prove no health. */
export function demandOf(records: readonly HealthyRecord[], limit: number): Demand | null {
  const known = records.filter((record) => record.running > 0);
  if (known.length < RECORDS_MIN) return null;
  const line = fitted(known);
  const steps = known.map((record, at) => {
    const before = known[at - 1];
    return before === undefined ? 0 : beyond(line, record) - beyond(line, before);
  });
  const healthy = 1 + steps.findLastIndex((step) => step < Math.max(1, RUN_STEP_SHARE * limit));
  if (healthy === known.length) return line;
  return healthy < RECORDS_MIN ? null : fitted(known.slice(0, healthy));
}

/** Connections beyond what such a load needs. */
export function beyond({ base, perRunning }: Demand, at: { connected: number; running: number }): number {
  return at.connected - base - perRunning * at.running;
}

/** Least squares. */
function fitted(records: readonly HealthyRecord[]): Demand {
  const mean = (of: (record: HealthyRecord) => number) =>
    records.reduce((sum, record) => sum + of(record), 0) / records.length;
  const running = mean((record) => record.running);
  const connected = mean((record) => record.connected);
  const spread = mean((record) => (record.running - running) ** 2);
  const together = mean((record) => (record.running - running) * (record.connected - connected));
  const perRunning = spread > 0 ? Math.max(0, together / spread) : 0;
  const line = { base: connected - perRunning * running, perRunning, slack: 0, records: records.length };
  return { ...line, slack: Math.max(0, ...records.map((record) => beyond(line, record))) };
}
