import { type Decision, decideSample } from '../../../../functions/core/evaluate/decide-sample.ts';
import { createDecisionState } from '../../../../functions/core/evaluate/decision-state.ts';
import { DEFAULT_QUIET_MS, DEFAULT_RULES } from '../../../../functions/core/evaluate/default-rules.ts';
import type { IdleAges } from '../../../../functions/core/model/sample.ts';
import type { ReadingRecord, TickRecord } from '../../../../functions/core/model/sample-record.ts';

export const START_MS = 1_795_392_000_000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;

export interface CourseAt {
  readonly connected: number;
  readonly running?: number;
  readonly ages?: IdleAges;
  readonly max?: number;
  readonly uptimeMinutes?: number;
}

/** One reading a minute (or `everyMs`), ages on each, made from a function of the minutes passed. */
export function course(minutes: number, at: (minute: number) => CourseAt, everyMs = MINUTE_MS): ReadingRecord[] {
  return Array.from({ length: Math.floor((minutes * MINUTE_MS) / everyMs) }, (_, index) => {
    const minute = (index * everyMs) / MINUTE_MS;
    const {
      connected,
      running = 4,
      ages = [0, 0, 0, 0],
      max = 200,
      uptimeMinutes = 10_000 + Math.floor(minute),
    } = at(minute);
    return {
      kind: 'reading',
      atMs: START_MS + index * everyMs,
      connected: Math.round(connected),
      running,
      connectionsMax: max,
      refused: null,
      ages,
      blind: false,
      uptimeMinutes,
    };
  });
}

/** A calm pool of 40 with a little deterministic noise, then sleepers that nobody wakes. */
export function leakingCourse(calmMinutes: number, leakMinutes: number, perMinute: number, max = 200): ReadingRecord[] {
  return course(calmMinutes + leakMinutes, (minute) => {
    const leakedFor = (age: number) => Math.max(0, Math.floor((minute - calmMinutes - age) * perMinute));
    const connected = Math.min(max, 40 + noise(minute) + leakedFor(0));
    return { connected, max, ages: [leakedFor(1), leakedFor(5), leakedFor(15), leakedFor(60)] };
  });
}

export function noise(minute: number): number {
  return Math.round(2 * Math.sin(minute * 1.7) + 2 * Math.sin(minute * 0.61));
}

/** Every decision on a course, as the watch function takes them. */
export function decideAll(records: readonly TickRecord[], waitTimeoutSeconds: number | null = null): Decision[] {
  let state = createDecisionState();
  return records.map((record) => {
    const decision = decideSample(state, record, {
      rules: DEFAULT_RULES,
      quietMs: DEFAULT_QUIET_MS,
      waitTimeoutSeconds,
    });
    state = decision.state;
    return decision;
  });
}

/** The newest decision on a long course. */
export function decideLast(records: readonly TickRecord[]): Decision {
  const options = { rules: DEFAULT_RULES, quietMs: DEFAULT_QUIET_MS, waitTimeoutSeconds: null };
  const [first, ...rest] = records;
  if (first === undefined) throw new Error('a course has at least one record');
  return rest.reduce(
    (decision, record) => decideSample(decision.state, record, options),
    decideSample(createDecisionState(), first, options),
  );
}

/** What would be said: "ok", or severity and rules. */
export function saidOf({ verdict, state }: Decision): string {
  if (verdict.kind !== 'breaching')
    return state.phase.trouble === null ? 'ok' : `${state.phase.trouble.severity} ${verdict.kind}`;
  return `${verdict.severity} ${verdict.reasons.map((reason) => reason.rule).join('+')}`;
}

export function firstAlarm(decisions: readonly Decision[]): number {
  return decisions.findIndex(({ verdict }) => verdict.kind === 'breaching');
}
