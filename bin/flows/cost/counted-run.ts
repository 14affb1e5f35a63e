import { sweepFor } from '../../../functions/flows/track.ts';
import { watchTick } from '../../../functions/flows/watch.ts';
import { countingStage, MINUTE_MS, START_MS } from './counting-stage.ts';
import type { CountedRun, Use } from './usage-cost.ts';

/** Every roll-up that there is falls into it, and one cold start: a little more than an hour of a month has. */
const MINUTES = 60;

/** Runs what watch and track run in a calm hour, and counts. */
export async function countedRun(use: Omit<Use, 'credentials'>): Promise<CountedRun> {
  const { table, counts, time, watch, track } = countingStage(use);
  const everyMs = use.everySeconds * 1000;
  const counted = { ticks: 0, tickWrites: 0, tickReads: 0, sweepWrites: 0, sweepReads: 0 };
  for (let tickMs = START_MS + everyMs; tickMs <= START_MS + MINUTES * MINUTE_MS; tickMs += everyMs) {
    time.nowMs = Math.max(time.nowMs, tickMs);
    const before = { ...table.units };
    await watchTick(watch, { shard: 0, tickMs, untilMs: tickMs + everyMs });
    counted.ticks += 1;
    counted.tickWrites += table.units.writes - before.writes;
    counted.tickReads += table.units.reads - before.reads;
    if (tickMs % MINUTE_MS !== 0) continue;
    const swept = { ...table.units };
    // In a calm hour it looks whether anything is urgent, and ends.
    await sweepFor(track, () => 0);
    counted.sweepWrites += table.units.writes - swept.writes;
    counted.sweepReads += table.units.reads - swept.reads;
  }
  const storedBytes = table.steadyBytes(START_MS, START_MS + MINUTES * MINUTE_MS);
  return { minutes: MINUTES, ...counted, secretReads: counts.secretReads, logBytes: counts.logBytes, storedBytes };
}
