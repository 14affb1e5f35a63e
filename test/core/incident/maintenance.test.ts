import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConfigInput, MaintenanceConfig } from '../../../functions/core/config/config.ts';
import { parseConfig } from '../../../functions/core/config/parse-config.ts';
import { silenceNow, windowOver, windowSilence } from '../../../functions/core/incident/maintenance.ts';
import { configInput, troubled } from '../../support/builders.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;

function nightly(change: Partial<MaintenanceConfig> = {}): MaintenanceConfig {
  const base = { weekly: 'Sun 02:00', durationMinutes: 90, timeZone: 'Europe/Berlin', reason: 'minor upgrade' };
  return { ...base, holds: 'warnings', ...change };
}

/** From when to when a window is on around an instant, to the minute. */
function spanAround(window: MaintenanceConfig, around: string): readonly [string, string] | null {
  const aroundMs = Date.parse(around);
  const minutes = Array.from({ length: 60 * 48 }, (_, at) => aroundMs + (at - 60 * 24) * MINUTE_MS);
  const on = minutes.filter((ms) => windowSilence(window, ms) !== null);
  const [first, last] = [on[0], on.at(-1)];
  if (first === undefined || last === undefined) return null;
  return [new Date(first).toISOString().slice(0, 16), new Date(last + MINUTE_MS).toISOString().slice(0, 16)];
}

describe('a maintenance window', () => {
  it('follows the clocks of its zone through summer and winter', () => {
    expect(spanAround(nightly(), '2026-07-05T00:30:00Z')).toEqual(['2026-07-05T00:00', '2026-07-05T01:30']);
    expect(spanAround(nightly(), '2026-11-22T01:30:00Z')).toEqual(['2026-11-22T01:00', '2026-11-22T02:30']);
  });

  it('begins where the clocks jump to when they skip its beginning, and lasts as long as ever', () => {
    expect(spanAround(nightly(), '2026-03-29T01:00:00Z')).toEqual(['2026-03-29T01:00', '2026-03-29T02:30']);
    const within = nightly({ weekly: 'Sun 02:30' });
    expect(spanAround(within, '2026-03-29T01:00:00Z')).toEqual(['2026-03-29T01:30', '2026-03-29T03:00']);
  });

  it('begins at the first of two equal times when the clocks go back, and once', () => {
    const window = nightly({ weekly: 'Sun 02:30' });
    expect(spanAround(window, '2026-10-25T01:00:00Z')).toEqual(['2026-10-25T00:30', '2026-10-25T02:00']);
  });

  it('may go over midnight, and be on for several days', () => {
    const window = nightly({ weekly: 'Fri,Sat 23:00', durationMinutes: 180, timeZone: 'UTC' });
    expect(spanAround(window, '2026-11-20T23:00:00Z')).toEqual(['2026-11-20T23:00', '2026-11-21T02:00']);
    expect(spanAround({ ...window, weekly: 'Sat 23:00' }, '2026-11-21T23:00:00Z')).toEqual([
      '2026-11-21T23:00',
      '2026-11-22T02:00',
    ]);
  });

  const zones = [
    'UTC',
    'Europe/Berlin',
    'America/St_Johns',
    'Australia/Lord_Howe',
    'Pacific/Apia',
    'Asia/Kathmandu',
  ] as const;
  const shown = { weekday: 'short', hour: '2-digit', minute: '2-digit' } as const;
  const walls: Readonly<Record<string, Intl.DateTimeFormat>> = Object.fromEntries(
    zones.map((timeZone) => [timeZone, new Intl.DateTimeFormat('en-GB', { timeZone, ...shown })]),
  );

  it('is on for exactly its time, beginning on its day at its time wherever the clocks show that (property)', () => {
    const windows = fc.record({
      day: fc.constantFrom(...DAYS),
      hour: fc.integer({ min: 0, max: 23 }),
      minute: fc.integer({ min: 0, max: 59 }),
      durationMinutes: fc.integer({ min: 1, max: 1440 }),
      timeZone: fc.constantFrom(...zones),
    });
    const instants = fc.integer({ min: Date.UTC(2024, 0), max: Date.UTC(2029, 0) });
    fc.assert(
      fc.property(windows, instants, ({ day, hour, minute, durationMinutes, timeZone }, nowMs) => {
        const two = (part: number) => String(part).padStart(2, '0');
        const window = nightly({ weekly: `${day} ${two(hour)}:${two(minute)}`, durationMinutes, timeZone });
        const on = windowSilence(window, nowMs);
        const wall = (ms: number) => walls[timeZone]?.format(ms).replace(/^(\w{3}),? /, '$1 ') ?? '';
        if (on === null) {
          // Nobody's clock showed the beginning within the window's length before now.
          const before = Array.from({ length: durationMinutes }, (_, back) => nowMs - back * MINUTE_MS);
          const starts = before.filter((ms) => wall(ms) === window.weekly);
          // Where the clocks went back the second of two equal times begins nothing.
          return starts.every((ms) => wall(ms - HOUR_MS) === window.weekly || wall(ms - HOUR_MS / 2) === window.weekly);
        }
        const startMs = on.untilMs - durationMinutes * MINUTE_MS;
        const isJump = wall(startMs - MINUTE_MS) !== wall(startMs - MINUTE_MS + 24 * HOUR_MS);
        return startMs <= nowMs && nowMs < on.untilMs && (wall(startMs) === window.weekly || isJump);
      }),
      { numRuns: 400 },
    );
  });

  it('concerns the targets that it names, and all when it names none', () => {
    const nowMs = Date.parse('2026-11-22T01:30:00Z');
    const over = (maintenance: MaintenanceConfig[], id: string) => windowOver({ maintenance }, id, nowMs);
    expect(over([nightly()], 'any-db')).toMatchObject({ byUserId: null, why: 'minor upgrade', lets: 'critical' });
    expect(over([nightly({ targets: ['a-db'] })], 'b-db')).toBeNull();
    const strict = nightly({ holds: 'everything', durationMinutes: 60, reason: 'reboot' });
    expect(over([nightly(), strict], 'a-db')).toEqual({
      untilMs: Date.parse('2026-11-22T02:00:00Z'),
      byUserId: null,
      why: 'reboot',
    });
  });

  it("leaves a person's silence alone, and does not come back after somebody ended it", () => {
    const nowMs = Date.parse('2026-11-22T01:30:00Z');
    const config = { maintenance: [nightly()] };
    const mine = { untilMs: nowMs + MINUTE_MS, byUserId: 'U0FIRST', why: 'mine' };
    expect(silenceNow(troubled(undefined, { silence: mine }), config, nowMs)).toEqual(mine);
    expect(silenceNow(troubled(undefined, { silence: mine }), config, nowMs + MINUTE_MS)?.byUserId).toBeNull();
    const untilMs = Date.parse('2026-11-22T02:30:00Z');
    expect(silenceNow(troubled(undefined, { windowEndedMs: untilMs }), config, nowMs)).toBeNull();
    const weekLaterMs = nowMs + 7 * 24 * HOUR_MS;
    expect(silenceNow(troubled(undefined, { windowEndedMs: untilMs }), config, weekLaterMs)).not.toBeNull();
  });
});

describe('a bad maintenance window', () => {
  it('is refused with every problem named at once', () => {
    const window = {
      targets: ['ordres-db'],
      weekly: 'Sunday 2am',
      durationMinutes: 1441,
      timeZone: 'Europe/Atlantis',
      reason: ' ',
      holds: 'all',
      until: '04:00',
    };
    const parsed = parseConfig({ ...configInput(), maintenance: [window] });
    expect(parsed.kind === 'invalid' && parsed.problems).toEqual([
      { path: 'maintenance[0].weekly', message: expect.stringContaining('"Sun 02:00"') },
      { path: 'maintenance[0].durationMinutes', message: expect.stringContaining('1 to 1440') },
      { path: 'maintenance[0].timeZone', message: expect.stringContaining('"Europe/Berlin"') },
      { path: 'maintenance[0].reason', message: expect.stringContaining('say why') },
      { path: 'maintenance[0].holds', message: expect.stringContaining("'everything'") },
      { path: 'maintenance[0].until', message: expect.stringContaining('not a setting') },
    ]);
    const unknown: ConfigInput = configInput({ maintenance: [nightly({ targets: ['ordres-db'] })] });
    expect(parseConfig(unknown)).toMatchObject({
      problems: [{ path: 'maintenance[0].targets', message: expect.stringContaining('no target "ordres-db"') }],
    });
  });

  it.each(['+01:00', 'Mars/Olympus', ''])('knows no time zone "%s"', (timeZone) => {
    expect(parseConfig(configInput({ maintenance: [nightly({ timeZone })] })).kind).toBe('invalid');
  });
});
