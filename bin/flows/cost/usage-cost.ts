import { TARGETS_PER_SHARD } from '../../../functions/core/config/people.ts';
import { MINUTES_A_MONTH, PRICES } from './prices.ts';

/** What one shard of so many targets did in a calm while, and the sweeps beside it. */
export interface CountedRun {
  readonly minutes: number;
  readonly ticks: number;
  readonly tickWrites: number;
  readonly tickReads: number;
  readonly sweepWrites: number;
  readonly sweepReads: number;
  /** As if every target had a password, in a secret that all share. */
  readonly secretReads: number;
  /** What the functions themselves wrote into their logs. */
  readonly logBytes: number;
  /** What lies in the table after as long as anything is kept. */
  readonly storedBytes: number;
}

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
  /** In the table, and once more in its backups. */
  readonly storedGigabytes: number;
}

/** How long things take, as Lambda bills them. */
export interface Times {
  /** A login with TLS and its queries, at the share of a processor that 256 MB come with. */
  readonly targetSeconds: number;
  /** What a tick takes beside its targets. */
  readonly tickSeconds: number;
  /** A minute of track. */
  readonly trackSeconds: number;
}

/**
 * Everything else is counted, and this cannot be: a stand-in for a database answers at once, and no machine that this
 * runs on is a Lambda function. Taken with MariaDB over TLS on one machine, and scaled to the share of a processor.
 */
export const ASSUMED_TIMES: Times = { targetSeconds: 0.029, tickSeconds: 0.15, trackSeconds: 0.2 };

const GIGABYTES = 0.25;

/** Lambda asks a queue with five long polls of 20 s at a time, also when it is empty. */
const POLLS_A_MINUTE = 15;

/** How many shards there are, and how many targets the counted one has to have. */
export function shardsOf({ targets }: Pick<Use, 'targets'>): { readonly shards: number; readonly targetsEach: number } {
  const shards = Math.ceil(targets / TARGETS_PER_SHARD);
  return { shards, targetsEach: Math.ceil(targets / shards) };
}

/** What was counted of one shard in a while, as a month of all of them. */
export function monthOfUse(
  { targets, everySeconds, credentials }: Use,
  counted: CountedRun,
  times: Times = ASSUMED_TIMES,
): MonthOfUse {
  const { shards } = shardsOf({ targets });
  const whiles = MINUTES_A_MONTH / counted.minutes;
  const ticks = counted.ticks * whiles * shards;
  const tickSeconds = times.tickSeconds * ticks + times.targetSeconds * ticks * (targets / shards);
  const invocations = ticks + MINUTES_A_MONTH;
  const isQueued = everySeconds < 60;
  return {
    ticks,
    gigabyteSeconds: GIGABYTES * (tickSeconds + MINUTES_A_MONTH * times.trackSeconds),
    invocations,
    scheduled: MINUTES_A_MONTH * (shards + 1),
    writes: (counted.tickWrites * shards + counted.sweepWrites) * whiles,
    reads: (counted.tickReads * shards + counted.sweepReads) * whiles,
    // A batch to send each minute, then each message is received and deleted.
    queueRequests: isQueued ? MINUTES_A_MONTH * (shards + POLLS_A_MINUTE) + 2 * ticks : 0,
    secretReads: credentials === 'password' ? counted.secretReads * whiles * shards : 0,
    // The service itself writes nothing of an invocation that went well: the system log is at WARN.
    logGigabytes: (counted.logBytes * whiles * shards) / 1e9,
    storedGigabytes: (counted.storedBytes * shards) / 1e9,
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
    use.logGigabytes * PRICES.logGigabyte +
    use.storedGigabytes * (PRICES.tableGigabyteMonth + PRICES.backupGigabyteMonth)
  );
}
