import { TARGETS_PER_SHARD } from '../../../functions/core/config/shards.ts';
import type { CountedRun } from './counted-run.ts';
import { MINUTES_A_MONTH, PRICES } from './prices.ts';

export interface Use {
  readonly targets: number;
  readonly everySeconds: 60 | 30 | 15;
  readonly credentials: 'iam' | 'password';
}

/** What a calm month of sampling does. */
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

/**
 * Time cannot be counted on the machine that this runs on. Measured: a login with TLS and its queries, at the share of
 * a processor that 256 MB come with; what a tick and a minute of track take beside that.
 */
const SECONDS_A_TARGET = 0.029;
const SECONDS_A_TICK = 0.15;
const TRACK_SECONDS = 0.2;
const GIGABYTES = 0.25;
/** What the service itself writes of an invocation. */
const PLATFORM_LOG_BYTES = 700;
/** Lambda asks a queue with five long polls of 20 s at a time, also when it is empty. */
const POLLS_A_MINUTE = 15;

/** How many shards there are, and how many targets the counted one has to have. */
export function shardsOf({ targets }: Pick<Use, 'targets'>): { readonly shards: number; readonly targetsEach: number } {
  const shards = Math.ceil(targets / TARGETS_PER_SHARD);
  return { shards, targetsEach: Math.ceil(targets / shards) };
}

/** What was counted of one shard in a while, as a month of all of them. */
export function monthOfUse({ targets, everySeconds, credentials }: Use, counted: CountedRun): MonthOfUse {
  const { shards } = shardsOf({ targets });
  const whiles = MINUTES_A_MONTH / counted.minutes;
  const ticks = counted.ticks * whiles * shards;
  const tickSeconds = SECONDS_A_TICK * ticks + SECONDS_A_TARGET * ticks * (targets / shards);
  const invocations = ticks + MINUTES_A_MONTH;
  const isQueued = everySeconds < 60;
  return {
    ticks,
    gigabyteSeconds: GIGABYTES * (tickSeconds + MINUTES_A_MONTH * TRACK_SECONDS),
    invocations,
    scheduled: MINUTES_A_MONTH * (shards + 1),
    writes: (counted.tickWrites * shards + counted.sweepWrites) * whiles,
    reads: (counted.tickReads * shards + counted.sweepReads) * whiles,
    // A batch to send each minute, then each message is received and deleted.
    queueRequests: isQueued ? MINUTES_A_MONTH * (shards + POLLS_A_MINUTE) + 2 * ticks : 0,
    secretReads: credentials === 'password' ? counted.secretReads * whiles * shards : 0,
    logGigabytes: (invocations * PLATFORM_LOG_BYTES + counted.logBytes * whiles * shards) / 1e9,
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
