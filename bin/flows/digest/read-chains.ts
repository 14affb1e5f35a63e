import { GLOBAL_CHAIN, type TimelineEntry } from '../../../functions/core/model/timeline.ts';
import type { Stores } from '../../../functions/core/ports.ts';
import { type ChainCheck, checkChain, type StoredChain } from '../../../functions/core/timeline/chain.ts';
import { forEachLimited } from '../../../functions/flows/change-item.ts';
import { incidentsIn, sha256 } from '../timeline/timelines.ts';

/** One stored chain, oldest entry first. */
export interface ToldChain {
  readonly chain: string;
  readonly entries: readonly TimelineEntry[];
}

/** Runs and refusals of a span may belong to incidents that opened before it; older ones count while they are open. */
export const LEAD_IN_MS = 7 * 86_400_000;

const READS_AT_ONCE = 4;

/** More than an incident ever has, and a year of freezes. */
const ENTRIES_MAX = 5000;

/** Why a digest may lack something. */
export type Gap =
  | { readonly kind: 'broken'; readonly chain: string; readonly check: ChainCheck & { readonly kind: 'broken' } }
  /** Only the newest entries were read; the oldest of them is from then. */
  | { readonly kind: 'tooLong'; readonly chain: string; readonly fromMs: number };

export interface ReadChains {
  readonly chains: readonly ToldChain[];
  readonly gaps: readonly Gap[];
}

/** The chain of all, and of every incident that can have a part in the span. */
export async function readChains(
  { timeline, open }: Pick<Stores, 'timeline' | 'open'>,
  fromMs: number,
  nowMs: number,
  entriesMax: number = ENTRIES_MAX,
): Promise<ReadChains> {
  const all = await timeline.read(GLOBAL_CHAIN, entriesMax);
  const recent = all.entries.filter(({ atMs }) => atMs >= fromMs - LEAD_IN_MS);
  const openNow = (await open.openTargets()).items.flatMap(({ value }) => value.incident?.id ?? []);
  const ids = [...new Set([...incidentsIn(recent), ...openNow])];
  const read = await forEachLimited(ids, READS_AT_ONCE, async (chain) => ({
    chain,
    stored: await timeline.read(chain, entriesMax),
  }));
  const stored = [{ chain: GLOBAL_CHAIN, stored: all }, ...read];
  return {
    chains: stored.map(({ chain, stored: { entries } }) => ({ chain, entries })),
    gaps: stored.flatMap((one) => gapsOf(one.chain, one.stored, { fromMs, nowMs, entriesMax })),
  };
}

function gapsOf(
  chain: string,
  stored: StoredChain,
  { fromMs, nowMs, entriesMax }: { readonly fromMs: number; readonly nowMs: number; readonly entriesMax: number },
): Gap[] {
  const [first] = stored.entries;
  const isCut = first !== undefined && first.seq > 1 && stored.entries.length >= entriesMax;
  // A part that was read on purpose is judged as if what is before it had expired.
  const check = checkChain(stored, isCut ? Number.POSITIVE_INFINITY : nowMs, sha256);
  const gaps: Gap[] = check.kind === 'broken' ? [{ kind: 'broken', chain, check }] : [];
  return isCut && first.atMs > fromMs - LEAD_IN_MS ? [...gaps, { kind: 'tooLong', chain, fromMs: first.atMs }] : gaps;
}
