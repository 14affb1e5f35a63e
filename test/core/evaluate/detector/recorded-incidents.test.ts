import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ReadingRecord } from '../../../../functions/core/model/sample-record.ts';
import { decideAll, firstAlarm } from './courses.ts';

/** Seconds between samples, as the watch function takes them under suspicion. */
const EVERY_SECONDS = 5;

/** A recording of a real MariaDB with a limit of 60, one row a second; it holds no idle ages. */
function recorded(name: string, firstRow = 0): ReadingRecord[] {
  const path = new URL(`../../../bench/detection/recorded/${name}.csv`, import.meta.url);
  const rows = readFileSync(path, 'utf8').trim().split('\n').slice(1);
  return rows.flatMap((row, at): ReadingRecord[] => {
    const [second = 0, connected = 0, running = 0, connectionsMax = 0] = row.split(',').map(Number);
    if (at % EVERY_SECONDS !== firstRow) return [];
    return [
      {
        kind: 'reading',
        atMs: second * 1000,
        connected,
        running,
        connectionsMax,
        refused: null,
        ages: null,
        blind: false,
        uptimeMinutes: 5000,
      },
    ];
  });
}

/** Where the limit is reached; the extra slot and logins under way make it read 59 to 62. */
function fullAt(records: readonly ReadingRecord[]): number {
  return records.findIndex(({ connected, connectionsMax }) => connected >= 0.98 * connectionsMax);
}

describe('on the recorded incident', () => {
  it.each(['slow-leak', 'fast-leak', 'recovery'])('raises the alarm before the server is full (%s)', (name) => {
    const records = recorded(name);
    const alarm = firstAlarm(decideAll(records));
    expect(alarm).toBeGreaterThan(0);
    expect(alarm).toBeLessThan(fullAt(records));
  });

  it('announces the slow leak more than a minute before the first client is refused', () => {
    const records = recorded('slow-leak');
    expect((fullAt(records) - firstAlarm(decideAll(records))) * EVERY_SECONDS).toBeGreaterThanOrEqual(60);
  });

  it.each(['healthy', 'burst'])('stays silent whichever second it looks at (%s)', (name) => {
    for (let firstRow = 0; firstRow < EVERY_SECONDS; firstRow += 1) {
      expect(firstAlarm(decideAll(recorded(name, firstRow)))).toBe(-1);
    }
  });

  it('is critical at the wall, and well again within four minutes of the restart that cured it', () => {
    const records = recorded('recovery');
    const decisions = decideAll(records);
    const cured = records.findLastIndex(({ connected }) => connected > 50);
    expect(decisions[cured]?.verdict).toMatchObject({ kind: 'breaching', severity: 'critical' });
    const last = records.at(-1);
    const calm = Array.from({ length: 60 }, (_, at) => ({
      ...last,
      atMs: (last?.atMs ?? 0) + (at + 1) * 5000,
      connected: 11,
    }));
    const after = decideAll([...records, ...(calm as ReadingRecord[])]);
    const resolved = after.findLastIndex(({ verdict }) => verdict.kind === 'breaching') + 1;
    expect((resolved - cured) * EVERY_SECONDS).toBeLessThanOrEqual(240);
  });
});
