import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  chained,
  checkChain,
  ENTRY_KEPT_MS,
  headAfter,
  NO_HEAD,
  type StoredChain,
} from '../../../functions/core/timeline/chain.ts';
import type { TimelineEntry } from '../../../functions/core/timeline/entry.ts';
import { aDraft } from '../../contracts/timeline.contract.ts';
import { SAMPLE_NOW_MS } from '../../fakes/sample-state.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

function chainOf(ids: readonly string[]): StoredChain & { readonly entries: TimelineEntry[] } {
  let head = NO_HEAD;
  const entries = ids.map((id) => {
    const entry = chained(head, aDraft(id), sha256);
    head = headAfter(head, entry);
    return entry;
  });
  return { entries, head };
}

const good = chainOf(['a', 'b', 'c', 'd', 'e']);
const check = (chain: StoredChain, nowMs = SAMPLE_NOW_MS) => checkChain(chain, nowMs, sha256);

describe('a chain of five entries', () => {
  it('is whole as it was written, also when its head is one behind', () => {
    expect(check(good)).toEqual({ kind: 'whole', entries: 5, fromSeq: 1 });
    expect(check({ ...good, head: chainOf(['a', 'b', 'c', 'd']).head }).kind).toBe('whole');
  });

  it('shows any single byte that is changed, wherever it is', () => {
    const stored = JSON.stringify(good.entries);
    let tried = 0;
    for (let at = 0; at < stored.length; at += 1) {
      const changed = stored.slice(0, at) + (stored[at] === '7' ? '8' : '7') + stored.slice(at + 1);
      const entries = parsed(changed);
      // What is no JSON any more cannot be read at all, which nobody overlooks.
      if (entries === null) continue;
      tried += 1;
      expect(check({ ...good, entries }).kind, `byte ${at}: ${changed.slice(at - 20, at + 20)}`).toBe('broken');
    }
    expect(tried).toBeGreaterThan(1000);
  });

  it.each([0, 1, 2, 3, 4])('shows that entry %i was taken out', (at) => {
    expect(check({ ...good, entries: good.entries.toSpliced(at, 1) }).kind).toBe('broken');
  });

  it.each([0, 1, 2, 3])('shows that entries %i and the next changed places', (at) => {
    const entries = [...good.entries];
    entries.splice(at, 2, ...good.entries.slice(at, at + 2).reverse());
    expect(check({ ...good, entries }).kind).toBe('broken');
  });

  it('shows that its end was cut off, or all of it', () => {
    expect(check({ ...good, entries: good.entries.slice(0, 3) })).toMatchObject({ what: 'cutOff' });
    expect(check({ ...good, entries: [] })).toMatchObject({ what: 'cutOff' });
    expect(check({ ...good, head: null })).toMatchObject({ what: 'cutOff' });
  });

  it('shows an entry that was put in, however well its own hash is made', () => {
    const foreign = chained(
      headAfter(NO_HEAD, good.entries[0] ?? chained(NO_HEAD, aDraft('x'), sha256)),
      aDraft('x'),
      sha256,
    );
    expect(check({ ...good, entries: good.entries.toSpliced(1, 1, foreign) }).kind).toBe('broken');
  });

  it('may begin later only when what came before is old enough to have expired', () => {
    const later = { ...good, entries: good.entries.slice(2) };
    expect(check(later, SAMPLE_NOW_MS + ENTRY_KEPT_MS).kind).toBe('broken');
    expect(check(later, SAMPLE_NOW_MS + ENTRY_KEPT_MS + 1)).toEqual({ kind: 'whole', entries: 3, fromSeq: 3 });
  });
});

function parsed(text: string): TimelineEntry[] | null {
  try {
    return JSON.parse(text) as TimelineEntry[];
  } catch {
    return null;
  }
}
