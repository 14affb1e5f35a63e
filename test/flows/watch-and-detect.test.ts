import { describe, expect, it } from 'vitest';
import { readTraceLine, toTraceVerdict } from '../../bin/flows/replay/trace-line.ts';
import { decideSample } from '../../functions/core/evaluate/decide-sample.ts';
import { createDecisionState } from '../../functions/core/evaluate/decision-state.ts';
import { DEFAULT_QUIET_MS, DEFAULT_RULES } from '../../functions/core/evaluate/default-rules.ts';
import { generate, type TraceSample } from '../bench/detection/generator.cjs';
import { aReading, NO_HOLDERS, watchStage } from './support/watch-stage.ts';

const HOUR_MS = 3_600_000;

/** A generated trace from some hours before its first trouble on; `aroundHours` null: its newest part. */
function part(id: string, beforeHours: number, hours: number) {
  const { samples, incidents, meta } = generate(id);
  const startMs = (incidents[0]?.start ?? samples.at(-1)?.ts ?? 0) - beforeHours * HOUR_MS;
  const cut = samples.filter(({ ts }) => ts >= startMs && ts < startMs + hours * HOUR_MS);
  return { samples: cut, everySeconds: meta.step === 15 || meta.step === 30 ? meta.step : 60 } as const;
}

/** What a person sees after each sample: an open card and how severe it is. */
async function cardsOf(id: string, coldEvery: number | null, beforeHours = 8, hours = 16) {
  const { samples, everySeconds } = part(id, beforeHours, hours);
  const bySecond = new Map(samples.map((sample) => [sample.ts, sample]));
  const stage = watchStage({ sampling: { everySeconds } }, (_target, atMs, want) =>
    readingOf(bySecond.get(atMs), want === 'holders'),
  );
  const lines: string[] = [];
  const seen: string[] = [];
  for (const [at, sample] of samples.entries()) {
    stage.goTo(sample.ts);
    if (coldEvery !== null && at % coldEvery === coldEvery - 1) stage.cold();
    expect(await stage.tick()).toMatchObject({ kind: 'watched' });
    const looked = stage.taken.at(-1)?.want === 'holders';
    lines.push(JSON.stringify(looked ? sample : { ...sample, sleep: null }));
    const incident = (await stage.state())?.incident ?? null;
    seen.push(incident === null || incident.resolvedAtMs !== null ? 'ok' : incident.severity);
  }
  return { lines, seen };
}

/** The same samples through what `npm run detect` does with a line. */
function detected(lines: readonly string[]): string[] {
  let state = createDecisionState();
  return lines.map((text) => {
    const line = readTraceLine(text);
    if (line.kind === 'bad') throw new Error(line.why);
    const { waitTimeoutSeconds } = line;
    const decision = decideSample(state, line.record, {
      rules: DEFAULT_RULES,
      quietMs: DEFAULT_QUIET_MS,
      waitTimeoutSeconds,
    });
    state = decision.state;
    return toTraceVerdict(line.record.atMs, decision).state;
  });
}

function readingOf(sample: TraceSample | undefined, withHolders: boolean) {
  if (sample === undefined) throw new Error('a sample nobody generated');
  const { ts, connected, running, max, sleep, uptime, wait_timeout } = sample;
  return aReading(ts, connected, {
    running,
    connectionsMax: max,
    uptimeSeconds: uptime,
    waitTimeoutSeconds: wait_timeout,
    holders: withHolders ? { ...NO_HOLDERS, ages: sleep } : null,
  });
}

function turns(states: readonly string[]): string[] {
  return states.flatMap((state, at) => (state === (states[at - 1] ?? 'ok') ? [] : [`${at} ${state}`]));
}

describe('the cards that watch makes of a trace', () => {
  it.each(['public/l-fast/5', 'public/l-storm/2', 'public/l-medium/10', 'public/s-saturation/7', 'public/h-burst/13'])(
    'begin, worsen and end with the verdicts of detect (%s)',
    async (id) => {
      const { lines, seen } = await cardsOf(id, null);
      expect(turns(seen)).toEqual(turns(detected(lines)));
      if (!id.includes('/h-')) expect(turns(seen).length).toBeGreaterThanOrEqual(2);
    },
  );

  it.each(['public/l-fast/5', 'public/s-saturation/7'])(
    'are the same where every seventh tick meets a cold container (%s)',
    async (id) => {
      const warm = await cardsOf(id, null, 3, 8);
      const cold = await cardsOf(id, 7, 3, 8);
      expect(turns(cold.seen)).toEqual(turns(warm.seen));
    },
  );
});
