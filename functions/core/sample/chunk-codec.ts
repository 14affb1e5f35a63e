import { invariant } from '../invariant.ts';
import { type IdleAges, UNREADABLE_CAUSES } from '../model/sample.ts';
import type { BucketRecord, ChunkRecords, PeakRecord, TickRecord } from '../model/sample-record.ts';
import { clamped, getCounts, getSixteenths, setCounts, setSixteenths } from './packed-numbers.ts';

export interface EncodedChunk {
  /** Sorted. */
  readonly ids: readonly string[];
  readonly listHash: number;
  readonly data: Uint8Array;
}

interface Layout<R> {
  readonly entryBytes: number;
  /** Entries that lack what was added at their end can still be read. */
  readonly formerBytes?: number;
  timeMs(record: R): number;
  write(view: DataView, at: number, record: R, baseMs: number): void;
  read(view: DataView, at: number, baseMs: number, entryBytes: number): R;
}

const VERSION = 1;
/** Version, list hash, earliest instant (as 16 and 32 bits). */
const HEADER_BYTES = 11;
/** A tick is late by a minute, a clock may be off by an hour; what is further off would pass for the newest for ever. */
const OFF_MS_MAX = 2 * 3_600_000;

/**
 * How records are kept: one binary per shard and tick, a header and then one entry of fixed size per target,
 * in the order of the sorted target ids. The ids themselves are not in it, only the hash of their list, so
 * that 100 targets stay under 2 KB (two write units). Who stores a chunk also keeps the list.
 *
 * The layout is stored data: a change needs a new version here and a reader for the former one, and
 * `UNREADABLE_CAUSES` may only grow at its end.
 */
export function encodeChunk<K extends keyof ChunkRecords>(
  kind: K,
  records: ReadonlyMap<string, ChunkRecords[K]>,
): EncodedChunk {
  const layout: Layout<ChunkRecords[K]> = layouts[kind];
  const entries = [...records].sort(([a], [b]) => (a < b ? -1 : 1));
  const ids = entries.map(([id]) => id);
  const baseMs = entries.reduce((first, [, record]) => Math.min(first, layout.timeMs(record)), Number.MAX_SAFE_INTEGER);
  invariant(entries.length > 0, 'a chunk holds at least one record');
  const view = new DataView(new ArrayBuffer(HEADER_BYTES + entries.length * layout.entryBytes));
  const listHash = hashOfList(ids);
  view.setUint8(0, VERSION);
  view.setUint32(1, listHash);
  view.setUint16(5, Math.floor(baseMs / 2 ** 32));
  view.setUint32(7, baseMs % 2 ** 32);
  entries.forEach(([, record], at) => {
    layout.write(view, HEADER_BYTES + at * layout.entryBytes, record, baseMs);
  });
  return { ids, listHash, data: new Uint8Array(view.buffer) };
}

/** Which list of ids a chunk was written for; null: it is no chunk. */
export function listHashOf(data: Uint8Array): number | null {
  return data.length < HEADER_BYTES ? null : viewOf(data).getUint32(1);
}

/**
 * null for a chunk of another version, of another length, for another list, or of another time than the one it is
 * stored for: evidence we cannot use.
 */
export function decodeChunk<K extends keyof ChunkRecords>(
  kind: K,
  data: Uint8Array,
  ids: readonly string[],
  storedForMs?: number,
): ReadonlyMap<string, ChunkRecords[K]> | null {
  if (data.length < HEADER_BYTES) return null;
  const layout: Layout<ChunkRecords[K]> = layouts[kind];
  const view = viewOf(data);
  const entryBytes = (data.length - HEADER_BYTES) / ids.length;
  if (entryBytes !== layout.entryBytes && entryBytes !== layout.formerBytes) return null;
  if (view.getUint8(0) !== VERSION || view.getUint32(1) !== hashOfList(ids)) return null;
  const baseMs = view.getUint16(5) * 2 ** 32 + view.getUint32(7);
  if (storedForMs !== undefined && Math.abs(baseMs - storedForMs) > OFF_MS_MAX) return null;
  return new Map(ids.map((id, at) => [id, layout.read(view, HEADER_BYTES + at * entryBytes, baseMs, entryBytes)]));
}

/**
 * The record as it will be read back. Counts from 2,048 on (running, refused, idle ages) lose at most 0.4 %,
 * so a warm container has to judge this and not what it measured, or it would disagree with a cold one.
 */
export function asStored<K extends keyof ChunkRecords>(kind: K, record: ChunkRecords[K]): ChunkRecords[K] {
  const layout: Layout<ChunkRecords[K]> = layouts[kind];
  const view = new DataView(new ArrayBuffer(layout.entryBytes));
  layout.write(view, 0, record, layout.timeMs(record));
  return layout.read(view, 0, layout.timeMs(record), layout.entryBytes);
}

const KINDS = ['reading', 'full', 'unreadable'] as const;
const REFUSED_KNOWN = 4;
const AGES_KNOWN = 8;
const BLIND = 16;

const rawLayout: Layout<TickRecord> = {
  entryBytes: 19,
  timeMs: (record) => record.atMs,
  write(view, at, record, baseMs) {
    const kind = KINDS.indexOf(record.kind);
    view.setUint16(at + 1, clamped(record.atMs - baseMs, 16));
    if (record.kind === 'unreadable') {
      view.setUint8(at, kind);
      view.setUint8(at + 3, UNREADABLE_CAUSES.indexOf(record.cause));
      return;
    }
    const { refused, ages } = record;
    const known = (refused === null ? 0 : REFUSED_KNOWN) | (ages === null ? 0 : AGES_KNOWN);
    view.setUint8(at, kind | known | (record.blind ? BLIND : 0));
    // Two numbers of 20 bits: exact up to ten times the most connections that a server can be set to.
    const connected = clamped(record.connected, 20);
    const connectionsMax = clamped(record.connectionsMax, 20);
    view.setUint8(at + 3, connected >>> 12);
    view.setUint32(at + 4, (connected & 0xfff) * 2 ** 20 + connectionsMax);
    view.setUint16(at + 8, clamped(record.uptimeMinutes, 16));
    setCounts(view, at + 10, record.running, refused ?? 0);
    setAges(view, at + 13, ages);
  },
  read(view, at, baseMs) {
    const flags = view.getUint8(at);
    const kind = KINDS[flags & 3] ?? 'unreadable';
    const atMs = baseMs + view.getUint16(at + 1);
    if (kind === 'unreadable') {
      return { kind, atMs, cause: UNREADABLE_CAUSES[view.getUint8(at + 3)] ?? 'unexpected' };
    }
    const low = view.getUint32(at + 4);
    const [running, refused] = getCounts(view, at + 10);
    return {
      kind,
      atMs,
      connected: view.getUint8(at + 3) * 2 ** 12 + (low >>> 20),
      running,
      connectionsMax: low & 0xfffff,
      refused: (flags & REFUSED_KNOWN) === 0 ? null : refused,
      ages: getAges(view, at + 13, flags),
      blind: (flags & BLIND) !== 0,
      uptimeMinutes: view.getUint16(at + 8),
    };
  },
};

const bucketLayout: Layout<BucketRecord> = {
  entryBytes: 19,
  timeMs: (record) => record.startMs,
  write(view, at, record) {
    view.setUint8(at, record.ages === null ? 0 : AGES_KNOWN);
    setSixteenths(view, at + 1, record.connected);
    setSixteenths(view, at + 4, record.connectedP80);
    setSixteenths(view, at + 7, record.running);
    view.setUint16(at + 10, clamped(record.uptimeMinutes, 16));
    view.setUint8(at + 12, clamped(record.samples, 8));
    setAges(view, at + 13, record.ages);
  },
  read: (view, at, baseMs) => ({
    startMs: baseMs,
    connected: getSixteenths(view, at + 1),
    connectedP80: getSixteenths(view, at + 4),
    running: getSixteenths(view, at + 7),
    ages: getAges(view, at + 13, view.getUint8(at)),
    uptimeMinutes: view.getUint16(at + 10),
    samples: view.getUint8(at + 12),
  }),
};

const PEAK_BYTES = 14;

const peakLayout: Layout<PeakRecord> = {
  entryBytes: PEAK_BYTES,
  formerBytes: 11,
  timeMs: (record) => record.startMs,
  write(view, at, record) {
    view.setUint8(at, record.ages === null ? 0 : AGES_KNOWN);
    setSixteenths(view, at + 1, record.connected);
    view.setUint8(at + 4, clamped(record.buckets, 8));
    setAges(view, at + 5, record.ages);
    setSixteenths(view, at + 11, record.running);
  },
  read: (view, at, baseMs, entryBytes) => ({
    startMs: baseMs,
    connected: getSixteenths(view, at + 1),
    running: entryBytes < PEAK_BYTES ? 0 : getSixteenths(view, at + 11),
    ages: getAges(view, at + 5, view.getUint8(at)),
    buckets: view.getUint8(at + 4),
  }),
};

const layouts: { readonly [K in keyof ChunkRecords]: Layout<ChunkRecords[K]> } = {
  raw: rawLayout,
  m4: bucketLayout,
  h2: peakLayout,
};

function setAges(view: DataView, at: number, ages: IdleAges | null): void {
  const [over60s, over300s, over900s, over3600s] = ages ?? [0, 0, 0, 0];
  setCounts(view, at, over60s, over300s);
  setCounts(view, at + 3, over900s, over3600s);
}

function getAges(view: DataView, at: number, flags: number): IdleAges | null {
  return (flags & AGES_KNOWN) === 0 ? null : [...getCounts(view, at), ...getCounts(view, at + 3)];
}

function viewOf(data: Uint8Array): DataView {
  return new DataView(data.buffer, data.byteOffset, data.byteLength);
}

/** FNV-1a of 32 bits: it only has to tell a handful of lists apart, not to withstand anybody. */
function hashOfList(ids: readonly string[]): number {
  let hash = 0x811c9dc5;
  for (const char of ids.join('\n')) {
    hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  return hash;
}
