import { decideSample, rebuildDecision } from '../../../functions/core/evaluate/decide-sample.ts';
import { explain, NOTHING_EXPLAINED } from '../../../functions/core/evaluate/explain.ts';
import type { Reading } from '../../../functions/core/model/sample.ts';
import type { ReadingRecord } from '../../../functions/core/model/sample-record.ts';
import { isSeen } from '../../../functions/core/model/sample-record.ts';
import type { Cause } from '../../../functions/core/model/verdict.ts';
import type { Decider, TargetMemory } from '../../../functions/flows/watch-memory.ts';

const ADVICE: readonly Cause['kind'][] = ['oversizedPool', 'levelling'];

/**
 * What watch would advise, out of what it stored: nothing is asked of the database. What a server's `wait_timeout` is
 * nobody stores, so that a leak that levels off is seen here only as what it is by its samples.
 */
export function adviceOf({ cold }: TargetMemory, using: Decider): readonly Cause[] {
  const looked = cold?.course.ticks.findLastIndex((tick) => isSeen(tick) && tick.ages !== null) ?? -1;
  const tick = cold?.course.ticks[looked];
  if (cold === null || tick === undefined || !isSeen(tick)) return [];
  const options = { ...using, waitTimeoutSeconds: null };
  const course = { ...cold.course, ticks: cold.course.ticks.slice(0, looked) };
  const decision = decideSample(rebuildDecision(course, cold.phase, options), tick, options);
  const { causes } = explain(NOTHING_EXPLAINED, decision, readingOf(tick), null);
  return causes.filter(({ kind }) => ADVICE.includes(kind));
}

/** As much of a reading as its record has kept. */
function readingOf(tick: ReadingRecord): Reading {
  const { atMs, connected, running, connectionsMax, refused, ages, uptimeMinutes } = tick;
  const uptimeSeconds = uptimeMinutes * 60;
  return {
    kind: 'reading',
    atMs,
    connected,
    running,
    connectionsMax,
    refused,
    attempts: null,
    uptimeSeconds,
    waitTimeoutSeconds: 0,
    holders: {
      groups: [],
      ages: ages ?? [0, 0, 0, 0],
      sight: 'whole',
      unauthenticated: 0,
      waitingForMetadataLock: 0,
      longStatements: 0,
    },
    counters: { connections: 0, abortedConnects: 0, refusedByLimit: 0, uptimeSeconds },
  };
}
