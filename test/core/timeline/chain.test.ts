import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TimelineEntry } from '../../../functions/core/model/timeline.ts';
import {
  type ChainHead,
  chained,
  checkChain,
  ENTRY_KEPT_MS,
  headAfter,
  NO_HEAD,
  type StoredChain,
} from '../../../functions/core/timeline/chain.ts';
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

  it('shows any single byte of its head that is changed', () => {
    const stored = JSON.stringify(good.head);
    for (let at = 0; at < stored.length; at += 1) {
      const head = parsed<ChainHead>(stored.slice(0, at) + (stored[at] === '7' ? '8' : '7') + stored.slice(at + 1));
      // One that lost a field is refused where it is read.
      if (head?.ids === undefined) continue;
      expect(check({ ...good, head }).kind, `byte ${at}`).toBe('broken');
    }
    for (const seq of [0, 1, 2, 3, 6]) expect(check({ ...good, head: { ...headOf(good), seq } }).kind).toBe('broken');
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

describe('a chain of any length', () => {
  const length = fc.integer({ min: 1, max: 140 });
  const place = fc.nat();

  it('shows whatever one person did to one of its items, its end included (F.30)', () => {
    const deeds = ['edited', 'deleted', 'doubled', 'swapped', 'cut', 'headGone', 'headMoved', 'headOlder'] as const;
    fc.assert(
      fc.property(length, place, place, fc.constantFrom(...deeds), (count, a, b, deed) => {
        const chain = chainOf(Array.from({ length: count }, (_, at) => `e${at}`));
        expect(check(chain).kind).toBe('whole');
        const tampered = tamper(chain, deed, a, b);
        if (tampered !== null) expect(check(tampered).kind).toBe('broken');
      }),
    );
  });
});

/** null: there is nothing there to do that to. */
function tamper(chain: ReturnType<typeof chainOf>, deed: string, a: number, b: number): StoredChain | null {
  const { entries } = chain;
  const [at, other] = [a % entries.length, b % entries.length];
  const [one, two] = [entries[at], entries[other]];
  if (one === undefined || two === undefined) return null;
  switch (deed) {
    case 'edited':
      return { ...chain, entries: entries.with(at, { ...one, text: `${one.text}.` }) };
    case 'deleted':
      return { ...chain, entries: entries.toSpliced(at, 1) };
    case 'doubled':
      return { ...chain, entries: entries.toSpliced(at, 0, one) };
    case 'swapped':
      return at === other ? null : { ...chain, entries: entries.with(at, two).with(other, one) };
    case 'cut':
      return { ...chain, entries: entries.slice(0, at) };
    case 'headGone':
      return { ...chain, head: null };
    case 'headMoved':
      return { ...chain, head: { ...headOf(chain), seq: entries.length + 1 + (a % 5) } };
    default: {
      // A head that is one behind is what a crash leaves, and all entries are there.
      const seq = entries.length - 2 - (a % entries.length);
      const before = entries[seq - 1];
      return before === undefined ? null : { ...chain, head: { ...headOf(chain), seq, hash: before.hash } };
    }
  }
}

function headOf({ head }: StoredChain): ChainHead {
  if (head === null) throw new Error('it has no head');
  return head;
}

function parsed<T = TimelineEntry[]>(text: string): T | null {
  try {
    return JSON.parse(text) as T;
  } catch {
    return null;
  }
}
