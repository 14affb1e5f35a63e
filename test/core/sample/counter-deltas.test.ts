import { describe, expect, it } from 'vitest';
import { counterDeltas } from '../../../functions/adapters/mysql/read-results.ts';
import type { Counters } from '../../../functions/core/model/sample.ts';

const before: Counters = { connections: 1_000, abortedConnects: 50, refusedByLimit: 20, uptimeSeconds: 600 };
const later: Counters = { connections: 1_031, abortedConnects: 57, refusedByLimit: 23, uptimeSeconds: 660 };

describe('what happened between two readings', () => {
  it('is not known from the first one', () => {
    expect(counterDeltas(later, null, true)).toEqual({ refused: null, attempts: null });
  });

  it('takes refusals from both counters on MariaDB and from the exact one on MySQL', () => {
    expect(counterDeltas(later, before, true)).toEqual({ refused: 10, attempts: 30 });
    expect(counterDeltas(later, before, false)).toEqual({ refused: 3, attempts: 30 });
  });

  it('begins at zero after a restart, even where a counter has already grown past its former value', () => {
    const restarted: Counters = { connections: 1_500, abortedConnects: 2, refusedByLimit: 1, uptimeSeconds: 30 };
    expect(counterDeltas(restarted, before, true)).toEqual({ refused: 3, attempts: 1_499 });
  });

  it('begins at zero for each counter that FLUSH STATUS has reset', () => {
    const flushed: Counters = { connections: 1_010, abortedConnects: 4, refusedByLimit: 2, uptimeSeconds: 660 };
    expect(counterDeltas(flushed, before, true)).toEqual({ refused: 6, attempts: 9 });
  });

  it('never counts less than nothing, however few connections there were', () => {
    expect(counterDeltas(before, before, true)).toEqual({ refused: 0, attempts: 0 });
    expect(counterDeltas({ ...before, connections: 0, uptimeSeconds: 0 }, before, false).attempts).toBe(0);
  });
});
