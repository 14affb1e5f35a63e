import { setTimeout as wait } from 'node:timers/promises';
import { databaseOf, practiceIdOf } from '../../../functions/core/config/target-id.ts';
import { newPractice, practiceEndMs } from '../../../functions/core/incident/practice.ts';
import type { TargetState } from '../../../functions/core/model/target.ts';
import type { ChunkStore, Stores } from '../../../functions/core/ports.ts';
import { isoSeconds } from '../../../functions/core/text/tokens.ts';

const SAMPLED_MS = 60 * 60_000;
const SHARDS_MAX = 50;

/** The targets that are being sampled, out of what the deployed functions wrote. Empty: nothing was in the last hour. */
export async function sampledTargets(chunks: ChunkStore, nowMs: number): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let shard = 0; shard < SHARDS_MAX; shard += 1) {
    const found = await chunks.since(shard, nowMs - SAMPLED_MS, nowMs);
    if (found.size === 0) break;
    ids.push(...found.keys());
  }
  return ids;
}

export type Begun =
  | { readonly kind: 'begun'; readonly practice: TargetState }
  /** `why` says what is in the way, and what to do. */
  | { readonly kind: 'refused'; readonly why: string };

/**
 * One conditional write, as watch would make it: from there everything is the deployed way. Not beside real
 * trouble: nobody should have to tell the two cards apart then.
 */
export async function beginPractice(
  targets: Stores['targets'],
  targetId: string,
  by: { readonly begunBy: string; readonly incidentId: string; readonly nowMs: number },
): Promise<Begun> {
  const real = (await targets.read(targetId))?.value ?? null;
  if (real?.incident != null && real.incident.resolvedAtMs === null) {
    return refused(`${targetId} is in real trouble (${real.incident.id}): this is no time for a practice`);
  }
  const before = await targets.read(practiceIdOf(targetId));
  const endMs = before === null ? null : practiceEndMs(before.value);
  if (before !== null && endMs !== null) {
    return refused(
      `The practice ${before.value.incident?.id} is still open: use its card, or wait until ${isoSeconds(endMs)}`,
    );
  }
  // It offers what the real card would.
  const known = real?.snapshots === undefined ? {} : { snapshots: real.snapshots };
  const practice = { ...newPractice(targetId, before?.value ?? null, by), ...known };
  const written = await targets.write(practice.targetId, practice, before?.revision ?? null);
  return written === 'written'
    ? { kind: 'begun', practice }
    : refused('Somebody else has just begun one: use its card');
}

function refused(why: string): Begun {
  return { kind: 'refused', why: `${why}. Nothing was begun.` };
}

const LOOK_MS = 300;

export type Shown =
  | { readonly kind: 'shown'; readonly channel: string; readonly afterMs: number }
  | { readonly kind: 'notYet'; readonly problem: string | null };

/** Waits for notify to have posted the card. */
export async function waitForCard(targets: Stores['targets'], practice: TargetState, limitMs: number): Promise<Shown> {
  const startedMs = Date.now();
  for (;;) {
    const state = (await targets.read(practice.targetId))?.value ?? practice;
    const { message, lastProblem, failures } = state.notice;
    const afterMs = Date.now() - startedMs;
    if (message !== null) return { kind: 'shown', channel: message.channel, afterMs };
    // What Slack refuses it will refuse again: nobody has to wait for that.
    if (failures > 0 || afterMs > limitMs) return { kind: 'notYet', problem: lastProblem };
    await wait(LOOK_MS);
  }
}

/** The practice as a program reads it. */
export function practiceView(practice: TargetState, shown: Shown) {
  const endMs = practiceEndMs(practice);
  return {
    incident: practice.incident?.id ?? null,
    target: databaseOf(practice.targetId),
    until: endMs === null ? null : isoSeconds(endMs),
    shown: shown.kind === 'shown',
    channel: shown.kind === 'shown' ? shown.channel : null,
    afterMs: shown.kind === 'shown' ? shown.afterMs : null,
    problem: shown.kind === 'shown' ? null : shown.problem,
  };
}
