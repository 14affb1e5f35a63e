import { describe, expect, it } from 'vitest';
import { changedBy, type Ending, type HostEnding } from '../../../functions/core/model/run.ts';
import type { TickRecord } from '../../../functions/core/model/sample-record.ts';
import type { Liveness, LookFound } from '../../../functions/core/model/target.ts';
import type { Verdict } from '../../../functions/core/model/verdict.ts';
import { type JudgeInput, judgeOutcome, relapseOf } from '../../../functions/core/verify/judge-outcome.ts';
import { full, NIGHT_MS, reading, unreadable } from '../../support/builders.ts';

const before = { atMs: NIGHT_MS - 60_000, connected: 96, connectionsMax: 100, full: false };
const healthy: Verdict = { kind: 'healthy' };
const unknown: Verdict = { kind: 'unknown', why: 'tooFewSamples' };
const breaching: Verdict = {
  kind: 'breaching',
  severity: 'critical',
  reasons: [{ rule: 'full', refusedSamples: 1 }],
  forecast: null,
};
const WINDOW_MS = 300_000;

const ended = (...endings: readonly Ending[]): HostEnding[] =>
  endings.map((ending, at) => ({ hostId: `i-${at}`, ending, lines: [] }));
const DONE: Ending = { kind: 'done' };
const FAILED: Ending = { kind: 'failed', reason: 'x' };
const FAILED_BEFORE: Ending = { kind: 'failed', reason: 'x', changed: false };
const REFUSED: Ending = { kind: 'refused', reason: 'x' };
const NOTHING: Ending = { kind: 'nothingToDo', reason: 'x' };

const liveness = (found: LookFound, change: Partial<Liveness> = {}): Liveness => ({
  applicationId: 'shop',
  why: 'endedBadly',
  hosts: ['i-0'],
  isConnected: true,
  found,
  lookId: null,
  looks: 1,
  lookAtMs: null,
  ...change,
});
const parts = (up: number, down: number) => ({ atMs: NIGHT_MS, up, down, hosts: ['i-0'] });

function judge(change: Partial<JudgeInput> & { readonly afterMs?: number; readonly endings?: HostEnding[] } = {}) {
  const { afterMs = WINDOW_MS, endings = ended(DONE), ...more } = change;
  return judgeOutcome({
    run: { before, endings, endedAtMs: NIGHT_MS },
    verdict: healthy,
    liveness: undefined,
    records: [],
    nowMs: NIGHT_MS + afterMs,
    windowMs: WINDOW_MS,
    ...more,
  });
}

const two = (first: number, second = first): TickRecord[] => [
  reading(NIGHT_MS + 5000, first),
  reading(NIGHT_MS + 290_000, second),
];

/** What the sampler sees until the window is over. */
const SAMPLERS = {
  healthy: { verdict: healthy, records: two(12) },
  fewer: { verdict: breaching, records: two(76) },
  same: { verdict: breaching, records: two(96) },
  more: { verdict: breaching, records: two(99) },
  zero: { verdict: healthy, records: two(0) },
  full: { verdict: breaching, records: [full(NIGHT_MS + 280_000)] },
  unreadable: { verdict: unknown, records: [unreadable(NIGHT_MS + 5000)] },
  // Somebody else's connections, below every bound.
  otherLoad: { verdict: healthy, records: two(60) },
} satisfies Record<string, Pick<JudgeInput, 'verdict' | 'records'>>;

/** What is known of the application. */
const LOOKS = {
  notDoubted: undefined,
  asked: liveness({ kind: 'asked' }),
  up: liveness({ kind: 'up', ...parts(2, 0) }),
  partly: liveness({ kind: 'partly', ...parts(1, 1) }),
  down: liveness({ kind: 'down', ...parts(0, 2) }),
  noAnswer: liveness({ kind: 'unclear', atMs: NIGHT_MS, why: 'x' }, { looks: 3 }),
  noAnswerAtZero: liveness({ kind: 'unclear', atMs: NIGHT_MS, why: 'x' }, { looks: 3, isConnected: false }),
} satisfies Record<string, Liveness | undefined>;

/** `-`: too early to say. */
const [better, worse, down, unclear, open] = ['recovered', 'notRecovered', 'applicationDown', 'inconclusive', '-'];
type Row = readonly [
  healthy: string,
  fewer: string,
  same: string,
  more: string,
  zero: string,
  full: string,
  unreadable: string,
  otherLoad: string,
];

/** A run that has changed something on at least one host. */
const CHANGED: Readonly<Record<keyof typeof LOOKS, Row>> = {
  notDoubted: [better, 'improved', worse, worse, better, worse, unclear, better],
  // Nothing good, and nothing that only the hosts can tell, is said before they were looked at.
  asked: [open, open, worse, worse, open, worse, open, open],
  up: [better, 'improved', worse, worse, better, worse, unclear, better],
  partly: [down, down, down, down, down, down, down, down],
  down: [down, down, down, down, down, down, down, down],
  noAnswer: [unclear, unclear, worse, worse, unclear, worse, unclear, unclear],
  noAnswerAtZero: [unclear, unclear, worse, worse, unclear, worse, unclear, unclear],
};
/** One of which nobody knows: whatever the database does is not its doing for sure. */
const MAYBE: Readonly<Record<keyof typeof LOOKS, Row>> = {
  notDoubted: [unclear, unclear, unclear, unclear, unclear, unclear, unclear, unclear],
  asked: [open, open, unclear, unclear, open, unclear, open, open],
  up: [unclear, unclear, unclear, unclear, unclear, unclear, unclear, unclear],
  partly: CHANGED.partly,
  down: CHANGED.down,
  noAnswer: [unclear, unclear, unclear, unclear, unclear, unclear, unclear, unclear],
  noAnswerAtZero: [unclear, unclear, unclear, unclear, unclear, unclear, unclear, unclear],
};

const RUNS: readonly (readonly [string, HostEnding[], 'yes' | 'no' | 'unknown'])[] = [
  ['done', ended(DONE), 'yes'],
  ['done and failed half-way', ended(DONE, FAILED), 'yes'],
  ['done, then nothing to do', ended(DONE, NOTHING), 'yes'],
  ['done, then refused', ended(DONE, REFUSED), 'yes'],
  ['failed half-way', ended(FAILED), 'unknown'],
  ['killed at its limit', ended({ kind: 'timedOut', reason: 'x' }), 'unknown'],
  ['lost', ended({ kind: 'lost', reason: 'x' }), 'unknown'],
  ['refused, then lost', ended(NOTHING, { kind: 'lost', reason: 'x' }), 'unknown'],
  ['nothing to do', ended(NOTHING), 'no'],
  ['refused', ended(REFUSED), 'no'],
  ['failed before its first change', ended(FAILED_BEFORE), 'no'],
  ['nothing to do, then refused', ended(NOTHING, REFUSED), 'no'],
];

describe('whether a run changed anything on any host', () => {
  it.each(RUNS)('%s: %#', (_, endings, changed) => {
    // A host that was left alone changes nothing.
    expect(changedBy([...endings, null])).toBe(changed);
  });
});

const cells = RUNS.filter(([, , changed]) => changed !== 'no').flatMap(([name, endings, changed]) =>
  Object.entries(changed === 'yes' ? CHANGED : MAYBE).flatMap(([look, row]) =>
    Object.keys(SAMPLERS).map((sampler, at) => {
      return {
        name,
        endings,
        look: look as keyof typeof LOOKS,
        sampler: sampler as keyof typeof SAMPLERS,
        kind: row[at],
      };
    }),
  ),
);

describe('the outcome of a run, once its window is over', () => {
  it.each(cells)('$name, application $look, database $sampler: $kind', ({ endings, look, sampler, kind }) => {
    expect(judge({ endings, liveness: LOOKS[look], ...SAMPLERS[sampler] })?.kind ?? open).toBe(kind);
  });

  it('never helped, in no cell, while the application is not known to run', () => {
    const good = cells.filter(({ kind }) => kind === better || kind === 'improved');
    expect(new Set(good.map(({ look }) => look))).toEqual(new Set(['notDoubted', 'up']));
    expect(new Set(good.map(({ name }) => name.split(',')[0]?.slice(0, 4)))).toEqual(new Set(['done']));
  });
});

describe('the outcome of a run', () => {
  it('is recovered when two samples after the end are healthy, with before and after', () => {
    const records = [reading(NIGHT_MS + 5000, 12), reading(NIGHT_MS + 10_000, 11)];
    expect(judge({ records, afterMs: 10_000 })).toEqual({
      kind: 'recovered',
      before,
      after: { atMs: NIGHT_MS + 10_000, connected: 11, connectionsMax: 100, full: false },
      afterMs: 10_000,
    });
  });

  it('is open after one healthy sample, and after healthy samples from before the end', () => {
    expect(judge({ records: [reading(NIGHT_MS + 5000, 12)], afterMs: 6000 })).toBeNull();
    const earlier = [NIGHT_MS - 5000, NIGHT_MS, NIGHT_MS + 5000].map((atMs) => reading(atMs, 12));
    expect(judge({ records: earlier, afterMs: 6000 })).toBeNull();
  });

  it('is open until the window is over while it is not healthy', () => {
    for (const { verdict, records } of [SAMPLERS.fewer, SAMPLERS.same, SAMPLERS.full, SAMPLERS.unreadable]) {
      expect(judge({ verdict, records, afterMs: WINDOW_MS - 1 })).toBeNull();
    }
  });

  it('waits for the hosts for five minutes, and then says that nobody knows', () => {
    const asked = { liveness: LOOKS.asked, records: two(12) };
    expect(judge({ ...asked, afterMs: WINDOW_MS + 299_999 })).toBeNull();
    expect(judge({ ...asked, afterMs: WINDOW_MS + 300_000 })).toMatchObject({ kind: 'inconclusive' });
  });

  it('waits for a second look before it calls the application down, within the window', () => {
    const records = two(0).slice(0, 1);
    expect(judge({ liveness: LOOKS.down, records, afterMs: 30_000 })).toBeNull();
    const sure = liveness({ kind: 'down', ...parts(0, 2) }, { looks: 2 });
    expect(judge({ liveness: sure, records, afterMs: 30_000 })).toMatchObject({
      kind: 'applicationDown',
      up: 0,
      down: 2,
    });
  });

  it('is inconclusive when nothing was seen before', () => {
    const run = { before: null, endings: ended(DONE), endedAtMs: NIGHT_MS };
    expect(judge({ run, records: two(12), afterMs: 20_000 })).toBeNull();
    expect(judge({ run, records: two(12) })?.kind).toBe('inconclusive');
    expect(judge({ run, liveness: LOOKS.down, records: two(0) })).toMatchObject({
      kind: 'applicationDown',
      before: null,
    });
  });

  it('becomes a relapse when the trouble is back within the watch period', () => {
    const recovered = judge({
      records: [reading(NIGHT_MS + 5000, 12), reading(NIGHT_MS + 10_000, 11)],
      afterMs: 10_000,
    });
    if (recovered === null) throw new Error('expected an outcome');
    const back = reading(NIGHT_MS + 60_000, 95);
    expect(relapseOf(recovered, breaching, back, NIGHT_MS + 900_000)).toMatchObject({
      kind: 'relapsed',
      afterMs: 50_000,
    });
    expect(relapseOf(recovered, healthy, back, NIGHT_MS + 900_000)).toBeNull();
    expect(relapseOf(recovered, breaching, back, NIGHT_MS + 59_999)).toBeNull();
  });
});
