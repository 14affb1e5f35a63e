import type { TickRecord } from '../model/sample-record.ts';
import { isSeen } from '../model/sample-record.ts';
import type { Forecast } from '../model/verdict.ts';

/** Long enough to smooth a burst of logins, short enough that the answer is about now. */
const SPAN_MS = 4 * 60_000;
const SAMPLES_MIN = 3;
/** Slower growth than this share of the limit a minute is not worth a number on a card. */
const SHARE_PER_MINUTE_MIN = 0.01;
/** Never extrapolate far beyond what was seen. */
const HORIZON_SECONDS_MAX = 2 * 3600;

/** The straight line through the last minutes, for a card about a rule. null: it does not rise, or nobody can tell. */
export function rateForecast(records: readonly TickRecord[]): Forecast | null {
  const newest = records.at(-1);
  if (newest === undefined || newest.kind !== 'reading') return null;
  const seen = records
    .filter(isSeen)
    .filter((record) => record.kind === 'reading' && record.atMs > newest.atMs - SPAN_MS);
  if (seen.length < SAMPLES_MIN) return null;
  const perMinute = slopePerMinute(seen.map((record) => [record.atMs, record.connected] as const));
  if (perMinute < Math.max(1, newest.connectionsMax * SHARE_PER_MINUTE_MIN)) return null;
  const inSeconds = Math.round(((newest.connectionsMax - newest.connected) / perMinute) * 60);
  return inSeconds > HORIZON_SECONDS_MAX ? null : { kind: 'exhaustion', inSeconds: Math.max(0, inSeconds), perMinute };
}

/** Growth that should have shown by now, connections: less is within what comes and goes. */
const GROWTH_DUE_MIN = 3;

/**
 * A forecast for as long as the last minutes bear it out: an alert stays open after its growth has stopped, and "full
 * in 5 seconds" must not stand on a card for minutes. It is looked at over as long as it says is left, three samples
 * and at most four minutes. null: nothing of it has come.
 */
export function standingForecast(forecast: Forecast | null, records: readonly TickRecord[]): Forecast | null {
  const seen = records.filter(isSeen).filter(({ atMs }) => atMs > (records.at(-1)?.atMs ?? 0) - SPAN_MS);
  const newest = seen.at(-1);
  if (forecast?.kind !== 'exhaustion' || forecast.inSeconds === 0 || newest === undefined) return forecast;
  const dueSince = ({ atMs }: TickRecord) => (forecast.perMinute * (newest.atMs - atMs)) / 60_000;
  const due = seen.slice(0, 1 - SAMPLES_MIN).filter((record) => dueSince(record) >= GROWTH_DUE_MIN);
  const since = due.findLast(({ atMs }) => newest.atMs - atMs >= forecast.inSeconds * 1000) ?? due[0];
  return since !== undefined && newest.connected <= since.connected ? null : forecast;
}

/** Least squares over [ms, count]. */
function slopePerMinute(points: readonly (readonly [atMs: number, count: number])[]): number {
  const n = points.length;
  const meanMs = points.reduce((sum, [atMs]) => sum + atMs, 0) / n;
  const meanCount = points.reduce((sum, [, count]) => sum + count, 0) / n;
  const spread = points.reduce((sum, [atMs]) => sum + (atMs - meanMs) ** 2, 0);
  const together = points.reduce((sum, [atMs, count]) => sum + (atMs - meanMs) * (count - meanCount), 0);
  return spread === 0 ? 0 : (together / spread) * 60_000;
}
