import type { TimelineDraft, TimelineEntry } from '../model/timeline.ts';

/** SHA-256 of a text, hex: given by whoever may compute it. */
export type Hash = (text: string) => string;

/** Where a chain ends, kept beside it: without it, entries cut off the end would not be missed. */
export interface ChainHead {
  readonly seq: number;
  readonly hash: string;
  readonly atMs: number;
  /** Of the newest entries, so that one appended again is known. */
  readonly ids: readonly string[];
}

export interface StoredChain {
  /** Oldest first. A place without an entry is missing here. */
  readonly entries: readonly TimelineEntry[];
  readonly head: ChainHead | null;
}

export const HEAD_IDS_MAX = 100;
/** After it an entry may expire; it is then missing at the beginning of its chain, never within. */
export const ENTRY_KEPT_MS = 400 * 86_400_000;

export const NO_HEAD: ChainHead = { seq: 0, hash: '', atMs: 0, ids: [] };

/** The entry that follows a head. */
export function chained(head: ChainHead, draft: TimelineDraft, hash: Hash): TimelineEntry {
  const place = { seq: head.seq + 1, previousHash: head.hash, previousAtMs: head.atMs };
  const entry = { ...draft, ...place };
  return { ...entry, hash: hash(canonical(entry)) };
}

export function headAfter(head: ChainHead, entry: TimelineEntry): ChainHead {
  const ids = [...head.ids, entry.id].slice(-HEAD_IDS_MAX);
  return { seq: entry.seq, hash: entry.hash, atMs: entry.atMs, ids };
}

/** The same text for the same entry, whatever order its fields are stored in; anything may be missing in one that was damaged. */
function canonical(entry: Omit<TimelineEntry, 'hash'>): string {
  const { seq, previousHash, previousAtMs, id, atMs, what, byUserId, why, text } = entry;
  const refs: object | undefined = entry.refs;
  const sorted = refs === undefined ? undefined : Object.entries(refs).sort(([a], [b]) => (a < b ? -1 : 1));
  const fields = [seq, previousHash, previousAtMs, id, atMs, what, byUserId, why, text, sorted];
  // JSON knows no undefined and would write a field that was taken out like one that is null.
  return JSON.stringify(fields.map((field) => (field === undefined ? ['missing'] : field)));
}

export type ChainCheck =
  | { readonly kind: 'whole'; readonly entries: number; readonly fromSeq: number }
  | { readonly kind: 'broken'; readonly seq: number; readonly what: 'altered' | 'missing' | 'cutOff' | 'moved' };

/** Finds any entry that was changed, taken out, put in or moved; names the first place where it shows. */
export function checkChain({ entries, head }: StoredChain, nowMs: number, hash: Hash): ChainCheck {
  const first = entries[0];
  if (first === undefined) return head === null ? whole(0, 1) : { kind: 'broken', seq: head.seq, what: 'cutOff' };
  const hasExpired = first.previousAtMs + ENTRY_KEPT_MS < nowMs;
  if (first.seq !== 1 && !hasExpired) return { kind: 'broken', seq: first.seq - 1, what: 'missing' };
  let expected = { seq: first.seq, hash: first.previousHash, atMs: first.previousAtMs };
  for (const entry of entries) {
    if (entry.seq !== expected.seq) {
      return { kind: 'broken', seq: expected.seq, what: entry.seq > expected.seq ? 'missing' : 'moved' };
    }
    const isFollowing = entry.previousHash === expected.hash && entry.previousAtMs === expected.atMs;
    const isAsHashed = entry.hash === hash(canonical(entry));
    if (!isFollowing || !isAsHashed) return { kind: 'broken', seq: entry.seq, what: 'altered' };
    expected = { seq: entry.seq + 1, hash: entry.hash, atMs: entry.atMs };
  }
  if (head === null || head.seq > expected.seq - 1) return { kind: 'broken', seq: expected.seq, what: 'cutOff' };
  if (!isHeadOf(entries, head)) return { kind: 'broken', seq: head.seq, what: 'altered' };
  return whole(entries.length, first.seq);
}

/** The head of the last entry, or of the one before: whoever died between the two puts left it there. */
function isHeadOf(entries: readonly TimelineEntry[], head: ChainHead): boolean {
  const at = entries.findIndex((entry) => entry.seq === head.seq);
  const entry = entries[at];
  if (entry === undefined || at < entries.length - 2) return false;
  const known = entries
    .slice(0, at + 1)
    .map(({ id }) => id)
    .slice(-head.ids.length);
  const isOfEntry = entry.hash === head.hash && entry.atMs === head.atMs;
  const hasAll = head.ids.length === Math.min(HEAD_IDS_MAX, head.seq);
  return isOfEntry && hasAll && known.every((id, back) => id === head.ids.at(back - known.length));
}

function whole(entries: number, fromSeq: number): ChainCheck {
  return { kind: 'whole', entries, fromSeq };
}
