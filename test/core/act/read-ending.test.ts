import { describe, expect, it } from 'vitest';
import { readEnding } from '../../../functions/core/act/read-ending.ts';
import type { CommandStatus } from '../../../functions/core/ports.ts';

const LIMIT_MS = 120_000;
const look = (status: CommandStatus, exitCode: number, output: string, ranForMs: number | null = null) =>
  readEnding({ kind: 'ended', status, exitCode, output, ranForMs }, LIMIT_MS);
const line = (value: object) => `${JSON.stringify(value)}\nmore text`;

describe('the ending of a command', () => {
  it('is what the script says in its first line', () => {
    expect(look('Success', 0, line({ ending: 'done', reason: '', lines: ['worker: pid 1 -> 2'] }))).toEqual({
      ending: { kind: 'done' },
      lines: ['worker: pid 1 -> 2'],
    });
    expect(look('Failed', 20, line({ ending: 'refused', reason: 'agent too old' })).ending).toEqual({
      kind: 'refused',
      reason: 'agent too old',
    });
  });

  it('is a failure when the script says done and exits with an error', () => {
    expect(look('Failed', 1, line({ ending: 'done' })).ending.kind).toBe('failed');
  });

  it.each(['', 'not json', '{"ending":"fine"}', '[1]'])('is a failure when there is no result in %j', (output) => {
    expect(look('Success', 0, output).ending.kind).toBe('failed');
  });

  it.each<[CommandStatus, string]>([
    ['TimedOut', 'timedOut'],
    ['Cancelled', 'failed'],
    ['Undeliverable', 'failed'],
    ['DeliveryTimedOut', 'failed'],
    ['AccessDenied', 'refused'],
    ['InvalidPlatform', 'refused'],
  ])('with status %s is %s whatever was printed', (status, kind) => {
    expect(look(status, 0, line({ ending: 'done' })).ending.kind).toBe(kind);
  });

  it.each([
    [120_000, 'timedOut', /killed at its time limit, after 2 minutes/],
    [118_000, 'timedOut', /killed at its time limit/],
    // The agent cannot tell a limit from the kernel's out-of-memory killer.
    [31_000, 'failed', /killed on the host after 31 seconds, before its time limit/],
    [null, 'timedOut', /at its time limit or by something else/],
  ])('says of a script that was killed after %s ms what is known', (ranForMs, kind, reason) => {
    expect(look('TimedOut', 137, '', ranForMs).ending).toMatchObject({ kind, reason: expect.stringMatching(reason) });
  });

  it.each([
    ['no', { changed: false }],
    ['maybe', {}],
    ['often', {}],
    [undefined, {}],
  ])('of a failure that says "%s" is what it changed', (changed, expected) => {
    const { ending } = look('Failed', 30, line({ ending: 'failed', reason: 'x', changed }));
    expect(ending).toEqual({ kind: 'failed', reason: 'x', ...expected });
  });

  it('carries what runs of the application, and nothing that does not look like it', () => {
    expect(look('Success', 0, line({ ending: 'done', app: { up: 2, down: 1 } })).app).toEqual({ up: 2, down: 1 });
    for (const app of [{ up: -1, down: 0 }, { up: '2', down: 0 }, { up: 2 }, 2, { up: 1e9, down: 0 }]) {
      expect(look('Success', 0, line({ ending: 'done', app })).app).toBeUndefined();
    }
  });

  it('carries the copy of the configuration that the host has, and nothing that does not look like one', () => {
    const snapshot = { version: 3, at: '2026-11-23T02:00:00Z', isNew: true };
    const known = { version: 3, keptAtMs: Date.UTC(2026, 10, 23, 2), isNew: true };
    expect(look('Success', 0, line({ ending: 'done', snapshot })).snapshot).toEqual(known);
    expect(look('Failed', 30, line({ ending: 'failed', reason: 'x', snapshot })).snapshot).toEqual(known);
    for (const wrong of [{ ...snapshot, version: 0 }, { ...snapshot, at: 'today' }, { version: 3 }, 'three']) {
      expect(look('Success', 0, line({ ending: 'done', snapshot: wrong }))).toEqual({
        ending: { kind: 'done' },
        lines: [],
      });
    }
  });

  it('is cut to ten short lines', () => {
    const lines = Array.from({ length: 40 }, () => 'x'.repeat(5000));
    const read = look('Success', 0, line({ ending: 'done', lines }));
    expect(read.lines).toHaveLength(10);
    expect(read.lines.every((one) => one.length <= 200)).toBe(true);
  });
});
