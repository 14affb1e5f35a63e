import type { IdleAges, Reading, Sample } from '../../../functions/core/model/sample.ts';
import type { ReadingRecord, TickRecord } from '../../../functions/core/model/sample-record.ts';
import { readTraceLine } from './trace-line.ts';

/** Samples in time order, and every line that is none, with its reason. */
export interface Recording {
  readonly samples: readonly Sample[];
  readonly problems: readonly { readonly line: number; readonly why: string }[];
}

/** Server defaults, for a recording that does not say. */
const WAIT_TIMEOUT_SECONDS = 28_800;
const UPTIME_SECONDS = 30 * 86_400;
/** Below it a time is seconds since 1970, from it on milliseconds: the former reach to the year 5138. */
const SECONDS_MAX = 100_000_000_000;
const COLUMNS = ['ts', 'threads_connected', 'threads_running', 'max_connections'] as const;

/** JSON lines (as `detect` reads them) or CSV with a header, told apart by the first character. */
export function readRecording(text: string): Recording {
  const lines = text.split(/\r?\n/).map((content, at) => ({ content, line: at + 1 }));
  const filled = lines.filter(({ content }) => content.trim() !== '');
  const read = filled[0]?.content.trimStart().startsWith('{') === true ? filled.map(ofJson) : ofCsv(filled);
  const samples = read.flatMap((one) => (one.kind === 'sample' ? [one.sample] : []));
  return {
    samples: samples.sort((a, b) => a.atMs - b.atMs),
    problems: read.flatMap((one) => (one.kind === 'bad' ? [{ line: one.line, why: one.why }] : [])),
  };
}

type Read =
  | { readonly kind: 'sample'; readonly sample: Sample }
  | { readonly kind: 'bad'; readonly line: number; readonly why: string };

interface Line {
  readonly content: string;
  readonly line: number;
}

function ofJson({ content, line }: Line): Read {
  const read = readTraceLine(content);
  if (read.kind === 'bad') return { kind: 'bad', line, why: read.why };
  return { kind: 'sample', sample: sampleOf(read.record, read.waitTimeoutSeconds) };
}

function ofCsv([header, ...rows]: readonly Line[]): Read[] {
  const names = header?.content.split(',').map((name) => name.trim()) ?? [];
  const missing = COLUMNS.filter((column) => !names.includes(column));
  if (missing.length > 0) {
    const why = `this is neither JSON lines nor CSV: the first line does not name ${missing.join(', ')}`;
    return [{ kind: 'bad', line: header?.line ?? 1, why }];
  }
  return rows.map(({ content, line }) => {
    const cells = content.split(',');
    const [ts, connected, running, connectionsMax] = COLUMNS.map((column) => numberIn(cells[names.indexOf(column)]));
    if (ts == null || connected == null || running == null || connectionsMax == null || connectionsMax < 1) {
      return { kind: 'bad', line, why: `${COLUMNS.join(', ')} must be numbers from 0, the last one from 1` };
    }
    const atMs = ts < SECONDS_MAX ? ts * 1000 : ts;
    return { kind: 'sample', sample: sampleOf(countsOnly(atMs, connected, running, connectionsMax), null) };
  });
}

function countsOnly(atMs: number, connected: number, running: number, connectionsMax: number): ReadingRecord {
  const uptimeMinutes = UPTIME_SECONDS / 60;
  const unknown = { refused: null, ages: null, blind: false, uptimeMinutes } as const;
  return { kind: 'reading', atMs, connected, running, connectionsMax, ...unknown };
}

function numberIn(cell: string | undefined): number | null {
  const value = cell === undefined || cell.trim() === '' ? Number.NaN : Number(cell);
  return Number.isFinite(value) && value >= 0 ? value : null;
}

/** A stored record as the sample that it was made of; who held the connections is not stored. */
export function sampleOf(record: TickRecord, waitTimeoutSeconds: number | null): Sample {
  if (record.kind === 'unreadable') {
    return {
      kind: 'unreadable',
      atMs: record.atMs,
      cause: record.cause,
      sentence: `It could not be read (${record.cause}).`,
    };
  }
  const reading = readingOf(record, waitTimeoutSeconds ?? WAIT_TIMEOUT_SECONDS);
  return record.kind === 'reading' ? reading : { kind: 'full', atMs: record.atMs, detail: reading };
}

function readingOf(record: ReadingRecord, waitTimeoutSeconds: number): Reading {
  const uptimeSeconds = record.uptimeMinutes * 60;
  return {
    kind: 'reading',
    atMs: record.atMs,
    connected: record.connected,
    running: record.running,
    connectionsMax: record.connectionsMax,
    refused: record.refused,
    attempts: null,
    uptimeSeconds,
    waitTimeoutSeconds,
    holders: record.ages === null && !record.blind ? null : holdersOf(record.ages ?? [0, 0, 0, 0], record.blind),
    counters: { connections: 0, abortedConnects: 0, refusedByLimit: 0, uptimeSeconds },
  };
}

function holdersOf(ages: IdleAges, blind: boolean): Reading['holders'] {
  const sight = blind ? 'blind' : 'whole';
  return { groups: [], ages, sight, unauthenticated: 0, waitingForMetadataLock: 0, longStatements: 0 };
}
