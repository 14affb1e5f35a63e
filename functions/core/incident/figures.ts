import { backOffMs } from '../evaluate/needs-close-look.ts';
import type { HolderGroup, Sample, Unreadable } from '../model/sample.ts';
import type { TickRecord } from '../model/sample-record.ts';
import { isSeen, newestSeen } from '../model/sample-record.ts';
import type { Figures } from '../model/target.ts';

const HOLDERS_SHOWN_MAX = 5;
const TRAIL_POINTS_MAX = 60;
const TRAIL_SPAN_MS = 3 * 3_600_000;

/** The newest figures for people. What this sample could not see is kept from the former figures, with its own time. */
export function figuresOf(former: Figures | null, sample: Sample, records: readonly TickRecord[]): Figures | null {
  const trail = trailOf(records, sample.atMs);
  if (sample.kind === 'unreadable') return lostSight(former, sample, backOffMs(records));
  const reading = sample.kind === 'reading' ? sample : sample.detail;
  const holders = wholeHolders(sample)?.slice(0, HOLDERS_SHOWN_MAX) ?? null;
  return {
    atMs: sample.atMs,
    connected: reading?.connected ?? newestSeen(records)?.connected ?? 0,
    running: reading?.running ?? 0,
    connectionsMax: reading?.connectionsMax ?? former?.connectionsMax ?? 0,
    holders: holders ?? former?.holders ?? [],
    holdersAtMs: holders === null ? (former?.holdersAtMs ?? null) : sample.atMs,
    full: sample.kind === 'full',
    lostSight: null,
    trail,
  };
}

/** Who holds what; null: this sample could not see all of it. */
export function wholeHolders(sample: Sample): readonly HolderGroup[] | null {
  const reading = sample.kind === 'full' ? sample.detail : sample.kind === 'reading' ? sample : null;
  return reading?.holders?.sight === 'whole' ? reading.holders.groups : null;
}

function lostSight(former: Figures | null, { atMs, cause, sentence }: Unreadable, triedEveryMs: number): Figures {
  const empty: Figures = {
    atMs,
    connected: 0,
    running: 0,
    connectionsMax: 0,
    holders: [],
    holdersAtMs: null,
    full: false,
    lostSight: null,
    trail: [],
  };
  const kept = former ?? empty;
  const tried = triedEveryMs === 0 ? {} : { triedEveryMs };
  return { ...kept, lostSight: { sinceMs: kept.lostSight?.sinceMs ?? atMs, cause, sentence, ...tried } };
}

/** At most 60 points of the last three hours: the highest count of each step, so that a short peak stays visible. */
export function trailOf(records: readonly TickRecord[], nowMs: number): Figures['trail'] {
  const seen = records.filter(isSeen).filter((record) => record.atMs > nowMs - TRAIL_SPAN_MS);
  const points = seen.map((record) => [record.atMs, record.connected] as const);
  const first = points[0];
  if (first === undefined || points.length <= TRAIL_POINTS_MAX) return points;
  const stepMs = (nowMs - first[0]) / TRAIL_POINTS_MAX + 1;
  const highest = new Map<number, readonly [number, number]>();
  for (const point of points) {
    const step = Math.floor((point[0] - first[0]) / stepMs);
    const best = highest.get(step);
    if (best === undefined || point[1] >= best[1]) highest.set(step, point);
  }
  return [...highest.values()];
}
