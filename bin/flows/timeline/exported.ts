import * as z from 'zod';
import { GLOBAL_CHAIN, type TimelineEntry } from '../../../functions/core/model/timeline.ts';
import type { TimelineStore } from '../../../functions/core/ports.ts';
import { type ChainCheck, checkChain, type StoredChain } from '../../../functions/core/timeline/chain.ts';
import { type CheckedChain, incidentsIn, readChain, sha256 } from './timelines.ts';

/** A file of chains, one a line below a first line that names them, so that a lost line is missed. */
export interface Exported {
  readonly exportedAtMs: number;
  readonly chains: ReadonlyMap<string, StoredChain>;
}

const HEAD_LINE = z.object({ kind: z.literal('runbell-timeline'), version: z.literal(1), exportedAtMs: z.number() });
const named = HEAD_LINE.extend({ chains: z.array(z.string()) });
const entry = z.object({
  id: z.string(),
  atMs: z.number(),
  what: z.string(),
  byUserId: z.string().nullable(),
  why: z.string().nullable(),
  text: z.string(),
  refs: z.record(z.string(), z.string()),
  seq: z.number(),
  previousHash: z.string(),
  previousAtMs: z.number(),
  hash: z.string(),
});
const head = z.object({ seq: z.number(), hash: z.string(), atMs: z.number(), ids: z.array(z.string()) });
const line = z.object({ chain: z.string(), entries: z.array(entry), head: head.nullable() });

/** Every chain that there is, as lines of text. */
export async function exportLines(timeline: TimelineStore, nowMs: number): Promise<string[]> {
  const all = await readChain(timeline, GLOBAL_CHAIN);
  const chains = [GLOBAL_CHAIN, ...incidentsIn(all.entries)];
  const lines: string[] = [];
  for (const chain of chains) {
    const stored = chain === GLOBAL_CHAIN ? all : await readChain(timeline, chain);
    lines.push(JSON.stringify({ chain, ...stored }));
  }
  return [JSON.stringify({ kind: 'runbell-timeline', version: 1, exportedAtMs: nowMs, chains }), ...lines];
}

/** null: this is no such file, or one of its lines was damaged. */
export function readExported(text: string): Exported | null {
  const [first, ...rest] = text.split('\n').filter((one) => one.trim() !== '');
  const header = named.safeParse(jsonOf(first ?? ''));
  const lines = rest.map((one) => line.safeParse(jsonOf(one)));
  if (!header.success || lines.some(({ success }) => !success)) return null;
  const read = lines.flatMap(({ data }) => (data === undefined ? [] : [data]));
  const isAsNamed = JSON.stringify(read.map(({ chain }) => chain)) === JSON.stringify(header.data.chains);
  if (!isAsNamed) return null;
  const chains = new Map(
    read.map(({ chain, entries, head: end }) => [chain, { entries: entries as TimelineEntry[], head: end }]),
  );
  return { exportedAtMs: header.data.exportedAtMs, chains };
}

/** By itself, as it was when it was written. An incident that its chain of all names and that is not there is missed. */
export function checkExported({ exportedAtMs, chains }: Exported): CheckedChain[] {
  const all = incidentsIn(chains.get(GLOBAL_CHAIN)?.entries ?? []);
  const lost = [GLOBAL_CHAIN, ...all].filter((chain) => !chains.has(chain));
  return [
    ...[...chains].map(([chain, stored]) => ({ chain, check: checkChain(stored, exportedAtMs, sha256) })),
    ...lost.map((chain) => ({ chain, check: { kind: 'broken', seq: 1, what: 'missing' } as const })),
  ];
}

/**
 * What the file has and the table has no more, or has otherwise: this finds a chain that was written anew as a whole,
 * by somebody who may write the whole table. Chains that agree are left out.
 */
export async function checkAgainst(
  timeline: TimelineStore,
  { chains }: Exported,
  keptSinceMs: number,
): Promise<CheckedChain[]> {
  const differing: CheckedChain[] = [];
  for (const [chain, { entries }] of chains) {
    const now = new Map((await readChain(timeline, chain)).entries.map((one) => [one.seq, one]));
    const other = entries.find(({ seq, hash, atMs }) => {
      const kept = now.get(seq);
      return kept === undefined ? atMs > keptSinceMs : kept.hash !== hash;
    });
    if (other === undefined) continue;
    const what: (ChainCheck & { kind: 'broken' })['what'] = now.has(other.seq) ? 'altered' : 'missing';
    differing.push({ chain, check: { kind: 'broken', seq: other.seq, what } });
  }
  return differing;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
