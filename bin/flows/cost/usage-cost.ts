import { TARGETS_PER_SHARD } from '../../../functions/core/config/shards.ts';
import { MINUTES_A_MONTH, PRICES } from './prices.ts';

export interface Use {
  readonly targets: number;
  readonly everySeconds: 60 | 30 | 15;
  readonly credentials: 'iam' | 'password';
}

/** What a calm month of sampling does. An incident adds about a hundredth of a cent. */
export interface MonthOfUse {
  readonly ticks: number;
  readonly gigabyteSeconds: number;
  readonly invocations: number;
  readonly scheduled: number;
  readonly writes: number;
  readonly reads: number;
  readonly queueRequests: number;
  readonly secretReads: number;
  readonly logGigabytes: number;
}

/** Measured: a login with TLS and its queries, at the share of a processor that 256 MB come with. */
const SECONDS_A_TARGET = 0.029;
const SECONDS_A_TICK = 0.15;
const TRACK_SECONDS = 0.2;
const GIGABYTES = 0.25;
/** A sample in a chunk, and what the item around it takes. */
const CHUNK_BYTES_A_TARGET = 20;
const CHUNK_BYTES = 200;
const WRITE_UNIT_BYTES = 1024;
/** Each tick: open items, and chunks that a warm container has not seen. */
const READS_A_TICK = 1.5;
/** Each minute of track: what is due, of each kind. */
const READS_A_SWEEP = 2.5;
const ROLL_UP_MINUTES = 4;
/** Start, end and report of an invocation, and the line that watch writes. */
const LOG_BYTES_AN_INVOCATION = 1_000;
/** Lambda asks a queue with five long polls of 20 s at a time, also when it is empty. */
const POLLS_A_MINUTE = 15;
/** One monitoring secret; a container keeps it for as long. */
const SECRET_KEPT_MINUTES = 15;

export function monthOfUse({ targets, everySeconds, credentials }: Use): MonthOfUse {
  const shards = Math.ceil(targets / TARGETS_PER_SHARD);
  const aShard = targets / shards;
  const ticks = (MINUTES_A_MONTH * shards * 60) / everySeconds;
  const tickSeconds = SECONDS_A_TICK + SECONDS_A_TARGET * aShard;
  const writesAChunk = Math.ceil((CHUNK_BYTES + CHUNK_BYTES_A_TARGET * aShard) / WRITE_UNIT_BYTES);
  const isQueued = everySeconds < 60;
  const invocations = ticks + MINUTES_A_MONTH;
  return {
    ticks,
    gigabyteSeconds: GIGABYTES * (ticks * tickSeconds + MINUTES_A_MONTH * TRACK_SECONDS),
    invocations,
    scheduled: MINUTES_A_MONTH * (shards + 1),
    writes: writesAChunk * (ticks + (shards * MINUTES_A_MONTH) / ROLL_UP_MINUTES),
    reads: READS_A_TICK * ticks + READS_A_SWEEP * MINUTES_A_MONTH,
    // A batch to send each minute, then each message is received and deleted.
    queueRequests: isQueued ? MINUTES_A_MONTH * (shards + POLLS_A_MINUTE) + 2 * ticks : 0,
    secretReads: credentials === 'password' ? (shards * MINUTES_A_MONTH) / SECRET_KEPT_MINUTES : 0,
    logGigabytes: (invocations * LOG_BYTES_AN_INVOCATION) / 1e9,
  };
}

export function usageDollars(use: MonthOfUse): number {
  return (
    use.gigabyteSeconds * PRICES.lambdaGbSecond +
    use.invocations * PRICES.lambdaRequest +
    use.scheduled * PRICES.scheduledInvocation +
    use.writes * PRICES.tableWrite +
    use.reads * PRICES.tableRead +
    use.queueRequests * PRICES.queueRequest +
    use.secretReads * PRICES.secretRead +
    use.logGigabytes * PRICES.logGigabyte
  );
}
