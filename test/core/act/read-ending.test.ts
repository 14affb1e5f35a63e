import { describe, expect, it } from 'vitest';
import { readEnding } from '../../../functions/core/act/read-ending.ts';
import type { CommandStatus } from '../../../functions/core/ports.ts';

const look = (status: CommandStatus, exitCode: number, output: string) =>
  readEnding({ kind: 'ended', status, exitCode, output });
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

  it('is cut to ten short lines', () => {
    const lines = Array.from({ length: 40 }, () => 'x'.repeat(5000));
    const read = look('Success', 0, line({ ending: 'done', lines }));
    expect(read.lines).toHaveLength(10);
    expect(read.lines.every((one) => one.length <= 200)).toBe(true);
  });
});
