import { describe, expect, it } from 'vitest';
import { decideSample } from '../../../../functions/core/evaluate/decide-sample.ts';
import { createDecisionState } from '../../../../functions/core/evaluate/decision-state.ts';
import { DEFAULT_QUIET_MS, DEFAULT_RULES } from '../../../../functions/core/evaluate/default-rules.ts';
import { rebuildDetector } from '../../../../functions/core/evaluate/detector/rebuild-detector.ts';
import { BUCKET_MS, PEAK_MS, spanStartMs, toBucket, toPeak } from '../../../../functions/core/sample/roll-up.ts';
import { course, decideAll, decideLast, firstAlarm, leakingCourse, MINUTE_MS, noise, START_MS } from './courses.ts';

describe('the detector', () => {
  it('says nothing of a calm day', () => {
    const decisions = decideAll(course(24 * 60, (minute) => ({ connected: 40 + noise(minute) })));
    expect(firstAlarm(decisions)).toBe(-1);
    expect(decisions.at(-1)?.finding).toEqual({ kind: 'calm', why: 'nothingGrows' });
  });

  it('learns for three quarters of an hour before it speaks of growth', () => {
    const [, finding] = decideAll(leakingCourse(0, 40, 1)).flatMap((decision) => [decision.finding]);
    expect(finding).toEqual({ kind: 'calm', why: 'learning' });
    expect(firstAlarm(decideAll(leakingCourse(0, 40, 1)))).toBe(-1);
  });

  it('announces sleepers that nobody wakes well before the limit, with the evidence', () => {
    const calm = 12 * 60;
    const decisions = decideAll(leakingCourse(calm, 240, 0.6));
    const at = firstAlarm(decisions);
    expect(at).toBeGreaterThan(calm);
    // 160 free connections at 0.6 a minute last 266 minutes.
    expect(calm + 266 - at).toBeGreaterThan(120);
    expect(decisions[at]?.finding).toMatchObject({
      kind: 'leak',
      severity: 'warning',
      evidence: { shape: 'idle', healthyMost: expect.closeTo(43, -1) },
    });
    const verdict = decisions[at]?.verdict;
    expect(verdict).toMatchObject({ reasons: [{ rule: 'leak', shape: 'idle' }], forecast: { kind: 'exhaustion' } });
    expect(JSON.stringify(verdict)).toMatch(
      /asleep for \d+ min or more grew from \d+ to \d+, and the load did not grow/,
    );
  });

  it('forecasts the limit within a factor of two while the leak goes on', () => {
    const calm = 12 * 60;
    const decisions = decideAll(leakingCourse(calm, 250, 0.6));
    const late = decisions.slice(firstAlarm(decisions) + 5, calm + 240);
    const ratios = late.flatMap(({ finding }, index) => {
      const remainingS = (calm + 266 - (firstAlarm(decisions) + 5 + index)) * 60;
      return finding.kind === 'leak' ? [finding.inSeconds / remainingS] : [];
    });
    expect(ratios.length).toBeGreaterThan(60);
    expect(ratios.filter((ratio) => ratio > 0.5 && ratio < 2).length / ratios.length).toBeGreaterThan(0.9);
  });

  it('says where a leak levels off when wait_timeout ends the oldest sleepers in time', () => {
    const calm = 12 * 60;
    const records = leakingCourse(calm, 200, 0.45);
    const without = decideAll(records, null);
    // Until the oldest is two hours old, both are the same.
    const within = decideAll(records.slice(0, calm + 120), 2 * 3600);
    expect(firstAlarm(within)).toBe(-1);
    const levelling = within.findLast(({ finding }) => finding.kind === 'levelling')?.finding;
    // At most 44 while healthy, and two hours of 0.45 a minute.
    expect(levelling).toMatchObject({ kind: 'levelling', atConnections: expect.closeTo(98, -1.3) });
    expect(firstAlarm(without)).toBeGreaterThan(calm);
  });

  it('does not believe in a wait_timeout that older sleepers disprove', () => {
    const records = leakingCourse(12 * 60, 240, 0.6);
    const at = firstAlarm(decideAll(records, 300));
    expect(at).toBeGreaterThan(0);
  });

  it('sees leaked connections that something keeps awake', () => {
    const calm = 12 * 60;
    const records = course(calm + 200, (minute) => ({
      connected: 40 + noise(minute) + Math.max(0, minute - calm) * 0.7,
    }));
    const decisions = decideAll(records);
    const at = firstAlarm(decisions);
    expect(decisions[at]?.finding).toMatchObject({ kind: 'leak', evidence: { shape: 'count', sleepers: null } });
    expect(calm + 228 - at).toBeGreaterThan(60);
  });

  it('looks hours ahead once growth is straight and far past all that a day of health needed', () => {
    const calm = 28 * 60;
    const decisions = decideAll(leakingCourse(calm, 300, 0.25));
    const at = firstAlarm(decisions);
    // 160 free connections at 0.25 a minute last 640 minutes.
    expect(at).toBeGreaterThan(calm);
    expect(calm + 640 - at).toBeGreaterThan(8 * 60);
  });

  it('takes a pool that fills, slower and slower, for no leak', () => {
    const calm = 28 * 60;
    const records = course(calm + 300, (minute) => {
      const filled = (age: number) => 24 * (1 - Math.exp(-Math.max(0, minute - calm - age) / 60));
      const ages = [filled(1), filled(5), filled(15), filled(60)].map(Math.round);
      const [a = 0, b = 0, c = 0, d = 0] = ages;
      return { connected: 40 + noise(minute) + filled(0), ages: [a, b, c, d] };
    });
    expect(firstAlarm(decideAll(records))).toBe(-1);
  });

  it('counts with the load that comes back: what is asleep at night is still there in the morning', () => {
    const leakAtMinute = 38 * 60;
    const records = course(60 * 60, (minute) => {
      const demand = 90 + 50 * Math.cos(((minute / 60 - 12) / 24) * 2 * Math.PI);
      const leaked = (age: number) => Math.max(0, Math.floor((minute - leakAtMinute - age) * 0.1));
      return {
        connected: demand + leaked(0) + noise(minute),
        running: Math.round(demand / 6),
        ages: [leaked(1), leaked(5), leaked(15), leaked(60)],
      };
    });
    const at = firstAlarm(decideAll(records));
    const now = records[at];
    const morning = records.findIndex(({ connected }) => connected >= 200);
    // Less than two thirds of the limit are used, and a straight line would take the whole day.
    expect(now?.connected).toBeLessThan(130);
    expect(morning - at).toBeGreaterThan(6.5 * 60);
  });

  it('stays open over a pause of three hours while what leaked is still held', () => {
    const calm = 28 * 60;
    const leak = leakingCourse(calm, 200, 0.3);
    const held = leakingCourse(calm, 200, 0.3).at(-1);
    const pause = Array.from({ length: 180 }, (_, minute) => ({
      ...(held ?? leak[0]),
      atMs: START_MS + (leak.length + minute) * MINUTE_MS,
    })) as typeof leak;
    const decisions = decideAll([...leak, ...pause]);
    expect(firstAlarm(decisions)).toBeLessThan(leak.length);
    expect(decisions.slice(leak.length).every(({ verdict }) => verdict.kind === 'breaching')).toBe(true);
  });

  it('sees what a load like this never needed, below the peak of every day and without sleepers', () => {
    const leakAtMinute = 40 * 60;
    const days = (perMinute: number) =>
      course(56 * 60, (minute) => {
        const load = 24 + 16 * Math.cos(((minute / 60 - 12) / 24) * 2 * Math.PI) + 3 * Math.sin(minute / 40);
        const leaked = Math.max(0, minute - leakAtMinute) * perMinute;
        return { connected: 10 + 3 * load + leaked + noise(minute), running: Math.round(load) };
      });
    const records = days(0.12);
    const decisions = decideAll(records);
    const at = firstAlarm(decisions);
    const peak = Math.max(...records.slice(0, leakAtMinute).map(({ connected }) => connected));
    expect(at).toBeGreaterThan(leakAtMinute);
    expect(records[at]?.connected).toBeLessThan(peak);
    expect(decisions[at]?.finding).toMatchObject({ evidence: { shape: 'count', atThisLoad: true } });
    expect(JSON.stringify(decisions[at]?.verdict)).toMatch(/while healthy it needed at most \d+ at such a load/);
    expect(firstAlarm(decideAll(days(0)))).toBe(-1);
  });

  it('learns nothing while growth has still to hold', () => {
    const calm = 12 * 60;
    const records = course(calm + 200, (minute) => ({
      connected: 40 + noise(minute) + Math.max(0, minute - calm) * 0.7,
    }));
    const holding = decideAll(records).filter(({ state }) => state.detector.phase.countSinceMs !== null);
    const learned = holding.map(({ state }) => state.detector.memory.record?.connected);
    expect(holding.length).toBeGreaterThan(11);
    expect(new Set(learned).size).toBe(1);
  });

  it('leaves a rise that the load explains alone', () => {
    const calm = 12 * 60;
    const records = course(calm + 120, (minute) => {
      const load = 1 + Math.max(0, minute - calm) / 120;
      return { connected: (40 + noise(minute)) * load, running: Math.round(12 * load) };
    });
    expect(firstAlarm(decideAll(records))).toBe(-1);
  });

  it('announces a pile-up within seconds, half way up, when all that comes also runs', () => {
    const calm = 180;
    const records = course(
      calm + 10,
      (minute) => {
        const waiting = Math.max(0, (minute - calm) * 45);
        return { connected: Math.min(200, 40 + waiting), running: 4 + Math.round(Math.min(160, waiting)) };
      },
      15_000,
    );
    const decisions = decideAll(records);
    const at = firstAlarm(decisions);
    expect(records[at]?.connected).toBeLessThan(150);
    expect(decisions[at]?.finding).toMatchObject({ kind: 'leak', evidence: { shape: 'fast' } });
    expect(JSON.stringify(decisions[at]?.verdict)).toContain('a queue, not idle connections');
  });

  it('closes when the connections are given back, and not before that has been seen for a while', () => {
    const calm = 12 * 60;
    const leak = leakingCourse(calm, 180, 0.6);
    const after = course(30, (minute) => ({ connected: 40 + noise(minute), uptimeMinutes: 20_000 }));
    const shifted = after.map((record, index) => ({ ...record, atMs: START_MS + (leak.length + index) * MINUTE_MS }));
    const decisions = decideAll([...leak, ...shifted]).slice(leak.length);
    const closed = decisions.findIndex(({ verdict }) => verdict.kind === 'healthy');
    expect(closed).toBeGreaterThanOrEqual(2);
    expect(closed).toBeLessThanOrEqual(4);
    expect(firstAlarm(decisions.slice(closed))).toBe(-1);
  });

  it('starts a new course after a restart of the server, but remembers what is normal', () => {
    const before = leakingCourse(12 * 60, 30, 0.5);
    const after = course(60, (minute) => ({ connected: 10 + minute, uptimeMinutes: Math.floor(minute) })).map(
      (record, index) => ({ ...record, atMs: START_MS + (before.length + index) * MINUTE_MS }),
    );
    const decisions = decideAll([...before, ...after]);
    const state = decisions.at(-1)?.state.detector;
    expect(state?.memory.records.length).toBeGreaterThanOrEqual(5);
    expect(state?.memory.buckets.length).toBeLessThanOrEqual(15);
    expect(firstAlarm(decisions.slice(before.length))).toBe(-1);
  });

  it('keeps the course over a gap of half an hour', () => {
    const records = leakingCourse(12 * 60, 240, 0.6).filter((_, index) => index < 12 * 60 + 20 || index > 12 * 60 + 50);
    const at = firstAlarm(decideAll(records));
    expect(records[at]?.atMs).toBeLessThan(START_MS + (12 * 60 + 150) * MINUTE_MS);
  });

  it('judges by the limit of now when the limit changes', () => {
    const records = leakingCourse(12 * 60, 200, 0.4, 400).map((record, index) =>
      index < 12 * 60 + 100 ? record : { ...record, connectionsMax: 140 },
    );
    const at = firstAlarm(decideAll(records));
    expect(records[at]?.connectionsMax).toBe(140);
  });

  it('keeps at most 240 compact records, all of them plain data', () => {
    const records = course(9 * 24 * 60, (minute) => ({ connected: 40 + noise(minute) }), 4 * MINUTE_MS);
    const { state } = decideLast(records);
    const { memory } = state.detector;
    const rings = [memory.recent, memory.halfMinutes, memory.buckets, memory.records, state.window];
    const count = rings.reduce((sum, ring) => sum + ring.length, 0);
    expect(count).toBeGreaterThan(200);
    expect(count).toBeLessThanOrEqual(240);
    expect(JSON.parse(JSON.stringify(state))).toEqual(state);
  });

  it('reaches the same alarm from stored samples after a cold start', () => {
    const records = leakingCourse(14 * 60, 240, 0.6);
    const warm = decideAll(records);
    const cut = firstAlarm(warm) - 30;
    const ticks = records.slice(cut - 45, cut);
    const starts = (spanMs: number) => [...new Set(records.slice(0, cut).map(({ atMs }) => spanStartMs(atMs, spanMs)))];
    const buckets = starts(BUCKET_MS).flatMap((startMs) => toBucket(records.slice(0, cut), startMs) ?? []);
    const peaks = starts(PEAK_MS).flatMap((startMs) => toPeak(buckets, startMs) ?? []);
    const detector = rebuildDetector({ peaks, buckets: buckets.slice(-60), ticks }, null);
    const warmState = warm[cut - 1]?.state;
    expect(detector.memory.records.length).toBe(warmState?.detector.memory.records.length);
    const cold = decideAllFrom(detector, records.slice(cut));
    expect(Math.abs(firstAlarm(cold) - 30)).toBeLessThanOrEqual(4);
  });
});

function decideAllFrom(detector: ReturnType<typeof rebuildDetector>, records: ReturnType<typeof course>) {
  let state = { ...createDecisionState(), detector };
  return records.map((record) => {
    const decision = decideSample(state, record, {
      rules: DEFAULT_RULES,
      quietMs: DEFAULT_QUIET_MS,
      waitTimeoutSeconds: null,
    });
    state = decision.state;
    return decision;
  });
}
