import { describe, expect, it } from 'vitest';
import { parseStored } from '../../functions/core/store/item.ts';
import { anApplication, aRequest, aRun, aTarget } from '../fakes/sample-state.ts';
import { runRequest, troubled } from '../support/builders.ts';

function without(value: object, ...names: readonly string[]): string {
  return JSON.stringify(Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name))));
}

describe('an item that the version before wrote', () => {
  it('is read as one of this version, whatever kind it is', () => {
    const target = without(aTarget(), 'timelineOwed', 'reminder', 'foldedInto', 'applied', 'wakeAtMs');
    expect(parseStored('target', 'orders-db', target)).toEqual(aTarget());
    const run = without(aRun(), 'approvedBy', 'undoes', 'dryRun', 'stop');
    expect(parseStored('run', aRun().runId, run)).toEqual(aRun());
    expect(parseStored('application', 'orders', without(anApplication(), 'outcomes'))).toEqual(anApplication());
  });

  it('holds a click that still means what its card showed', () => {
    const request = runRequest(troubled());
    const former = JSON.parse(without(request, 'hostsTotal', 'choices', 'dryRun')) as typeof request;
    const stored = JSON.stringify(aRequest({ request: former }));
    expect(parseStored('request', 'req-1', stored).request).toEqual(request);
  });
});

describe('an item of this version', () => {
  it('reads back as the very text that was written', () => {
    for (const value of [aTarget(), troubled()]) {
      expect(JSON.stringify(parseStored('target', value.targetId, JSON.stringify(value)))).toBe(JSON.stringify(value));
    }
  });
});

describe('a freeze that cannot be read', () => {
  it.each([
    '{"schema":1,"id":"all"}',
    '{"schema":1,"id":"all","freezes":[{"scope":{"kind":"galaxy"}}]}',
    '{"schema":1,"id":"all","freezes":[{"scope":{"kind":"person"},"byUserId":"U","sinceMs":1,"untilMs":null,"why":""}]}',
    'not json',
  ])('is never taken for none: %s', (json) => {
    expect(() => parseStored('freezes', 'all', json)).toThrow('not readable');
  });
});
