import type { Config, RulesConfig, TargetConfig } from '../../../functions/core/config/config.ts';
import { rulesOf } from '../../../functions/core/config/people.ts';
import type { Sample } from '../../../functions/core/model/sample.ts';
import type { RuleName } from '../../../functions/core/model/verdict.ts';
import { type Replay, replay } from '../replay/replay.ts';
import type { DigestedIncident } from './incidents-of.ts';

/** One setting changed, and what it would have made of the same samples. */
export type Suggestion =
  | {
      readonly kind: 'suggested';
      readonly targetId: string;
      /** As in runbell.config.ts, below `rules`. */
      readonly setting: string;
      readonly from: number | null;
      readonly to: number;
      /** Cards that would not have been. */
      readonly saved: number;
      readonly cards: number;
      /** Incidents that had to be told, and are: somebody did something about them, or they became critical. */
      readonly kept: number;
      /** By how much the latest of those would have been told later. */
      readonly laterMs: number;
    }
  | {
      readonly kind: 'none';
      readonly targetId: string;
      readonly why: 'noThreshold' | 'noSamples' | 'notReplayed' | 'nothingSaved';
    };

export interface Judged {
  readonly rule: RuleName;
  readonly config: Config;
  readonly target: TargetConfig;
  /** Oldest first, from before the span, so that the detector knows what is usual. */
  readonly samples: readonly Sample[];
  /** Of this target, in the span. */
  readonly incidents: readonly DigestedIncident[];
  readonly fromMs: number;
}

interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

interface Change {
  readonly setting: string;
  readonly from: number | null;
  readonly to: number;
  readonly rules: RulesConfig;
}

/** Told by whom and when it is looked at may differ by a tick or two from what was stored. */
const SLACK_MS = 120_000;

/**
 * Replays the stored samples through one changed setting after the other, the smallest change first. What would have
 * missed anything that a person acted on, or anything that became critical, is never suggested.
 */
export function suggestThreshold(judged: Judged): Suggestion {
  const { target, config, incidents, samples } = judged;
  const none = (why: Extract<Suggestion, { kind: 'none' }>['why']) =>
    ({ kind: 'none', targetId: target.id, why }) as const;
  const changes = changesOf(judged.rule, rulesOf(config, target));
  if (changes.length === 0) return none('noThreshold');
  if (samples.length === 0) return none('noSamples');
  const today = spansOf(judged, rulesOf(config, target));
  const needed = incidents.filter(({ actedAtMs, severity }) => actedAtMs !== null || severity === 'critical');
  // What these rules themselves do not find again cannot be said to be found by others.
  if (needed.some((one) => toldBy(today, one) === null)) return none('notReplayed');
  let best: Extract<Suggestion, { kind: 'suggested' }> | null = null;
  for (const { rules, ...change } of changes) {
    const then = spansOf(judged, rules);
    const delays = needed.map((one) => delayOf(today, then, one));
    if (delays.includes(null)) continue;
    const saved = today.filter((span) => !then.some((one) => overlap(span, one))).length;
    if (saved <= (best?.saved ?? 0)) continue;
    const laterMs = Math.max(0, ...delays.map((delay) => delay ?? 0));
    best = {
      kind: 'suggested',
      targetId: target.id,
      ...change,
      saved,
      cards: today.length,
      kept: needed.length,
      laterMs,
    };
  }
  return best ?? none('nothingSaved');
}

/** null: it would have been missed, or told only after somebody had already acted. */
function delayOf(today: readonly Span[], then: readonly Span[], incident: DigestedIncident): number | null {
  const [before, after] = [toldBy(today, incident), toldBy(then, incident)];
  return before === null || after === null ? null : after.startMs - before.startMs;
}

function toldBy(spans: readonly Span[], { openedAtMs, actedAtMs, resolvedAfterMs }: DigestedIncident): Span | null {
  const endMs = resolvedAfterMs === null ? Number.POSITIVE_INFINITY : openedAtMs + resolvedAfterMs;
  const untilMs = Math.min(endMs, actedAtMs ?? endMs) + SLACK_MS;
  return spans.find((span) => span.startMs <= untilMs && span.endMs >= openedAtMs - SLACK_MS) ?? null;
}

function overlap(a: Span, b: Span): boolean {
  return a.startMs <= b.endMs && b.startMs <= a.endMs;
}

/** When an incident was open; one that came back was told on the card that it had. */
function spansOf({ config, target, samples, fromMs }: Judged, rules: RulesConfig): Span[] {
  const settings = { schema: 1, version: 'replay', config, catalogue: [] } as const;
  const { events, points }: Replay = replay(samples, settings, { ...target, rules });
  const spans: Span[] = [];
  let startMs: number | null = null;
  for (const { atMs, what } of events) {
    if (what === 'opened') startMs = atMs;
    const back = what === 'reopened' ? spans.pop() : undefined;
    if (what === 'reopened') startMs = back?.startMs ?? atMs;
    if (what === 'resolved' && startMs !== null) spans.push({ startMs, endMs: atMs });
    if (what === 'resolved') startMs = null;
  }
  const last = points.at(-1)?.atMs ?? 0;
  return [...spans, ...(startMs === null ? [] : [{ startMs, endMs: last }])].filter((span) => span.startMs >= fromMs);
}

const SHARE_STEP = 0.05;
const LONGER_SECONDS = [300, 600, 1200] as const;
const LEAK_SECONDS = [86_400, 21_600, 3600] as const;
const SAMPLES_MORE = [2, 5, 10] as const;

/** Settings that make a rule tell less, the smallest change first. */
function changesOf(rule: RuleName, rules: RulesConfig): Change[] {
  const { level, absolute, refused, unreadable, leak } = rules;
  switch (rule) {
    case 'level': {
      const from = level.warningAtShare;
      const steps = Math.floor((level.criticalAtShare - from) / SHARE_STEP + 1e-9);
      const shares = Array.from({ length: steps }, (_, at) => Math.round((from + (at + 1) * SHARE_STEP) * 100) / 100);
      return [
        ...shares.map((to) => change('level', 'warningAtShare', from, to, rules)),
        ...LONGER_SECONDS.filter((to) => to > level.warningAfterSeconds).map((to) =>
          change('level', 'warningAfterSeconds', level.warningAfterSeconds, to, rules),
        ),
      ];
    }
    case 'absolute': {
      const from = absolute.raiseAt;
      if (from === null) return [];
      return [1.05, 1.1, 1.2].map((by) => change('absolute', 'raiseAt', from, Math.ceil(from * by), rules));
    }
    case 'refused':
      return [2, 4].map((by) => change('refused', 'refusedMin', refused.refusedMin, refused.refusedMin * by, rules));
    case 'unreadable':
      return SAMPLES_MORE.map((more) => unreadable.samplesMin + more)
        .filter((to) => to <= 60)
        .map((to) => change('unreadable', 'samplesMin', unreadable.samplesMin, to, rules));
    case 'leak':
      return LEAK_SECONDS.filter((to) => to < (leak.withinSeconds ?? Number.POSITIVE_INFINITY)).map((to) =>
        change('leak', 'withinSeconds', leak.withinSeconds, to, rules),
      );
    case 'full':
    case 'blindMonitor':
    case 'applicationDown':
      return [];
  }
}

function change(rule: keyof RulesConfig, name: string, from: number | null, to: number, rules: RulesConfig): Change {
  return { setting: `${rule}.${name}`, from, to, rules: { ...rules, [rule]: { ...rules[rule], [name]: to } } };
}
