import type { TargetConfig } from '../core/config/config.ts';
import { adoptTrouble } from '../core/evaluate/decide-sample.ts';
import { withExplanation } from '../core/evaluate/explain.ts';
import { advanceTarget } from '../core/incident/advance-target.ts';
import { figuresOf, wholeHolders } from '../core/incident/figures.ts';
import { noLaterThan } from '../core/incident/no-later-than.ts';
import type { Sample } from '../core/model/sample.ts';
import { type TickRecord, toTickRecord } from '../core/model/sample-record.ts';
import type { Incident, TargetState } from '../core/model/target.ts';
import { newTargetState } from '../core/model/target.ts';
import type { Verdict } from '../core/model/verdict.ts';
import { kindsOf } from '../core/model/verdict.ts';
import type { Basics, SampleSource, Stores, Versioned } from '../core/ports.ts';
import { asStored } from '../core/sample/chunk-codec.ts';
import { isOfItem } from '../core/store/store-error.ts';
import { setAside } from './apart.ts';
import { deciderOf, memoryOf, phasesOf, remembered, type TargetMemory, type WatchMemory } from './watch-memory.ts';

const WRITE_ATTEMPTS_MAX = 4;

export interface WatchTargetDeps extends Basics {
  readonly stores: Pick<Stores, 'targets'>;
  readonly samples: SampleSource;
  readonly memory: WatchMemory;
}

/** A sample of one target, with its record as a cold container would read it back. */
export interface Taken {
  readonly target: TargetConfig;
  readonly sample: Sample;
  readonly record: TickRecord;
}

/** One sample, kept in memory too. */
export async function takeSample(
  deps: WatchTargetDeps,
  target: TargetConfig,
  want: 'counts' | 'holders',
): Promise<Taken> {
  const sinceMs = deps.clock.nowMs();
  const taken = await deps.samples.take(target, want, memoryOf(deps.memory, target.id).counters);
  // It was taken while we waited for it, whatever its own clock says.
  const atMs = Math.min(Math.max(taken.atMs, sinceMs), deps.clock.nowMs());
  const sample = { ...taken, atMs };
  return { target, sample, record: keep(deps, target, sample) };
}

/** Stores what a sample means for its target. A full server is told at once and looked into afterwards. */
export async function decideOn(
  deps: WatchTargetDeps,
  target: TargetConfig,
  sample: Sample,
  known: Versioned<TargetState> | null,
): Promise<TargetState | null> {
  const state = await advance(deps, target, sample, known);
  if (sample.kind !== 'full' || sample.detail !== null) return state;
  const detail = await deps.samples.detail(target, memoryOf(deps.memory, target.id).counters);
  if (detail === null) return state;
  const looked: Sample = { ...sample, detail };
  keep(deps, target, looked);
  return advance(deps, target, looked, await deps.stores.targets.read(target.id));
}

/** Reads the memory anew: another invocation of this container may have kept a sample meanwhile. */
function keep(deps: WatchTargetDeps, target: TargetConfig, sample: Sample): TickRecord {
  const memory = memoryOf(deps.memory, target.id);
  const reading = sample.kind === 'reading' ? sample : sample.kind === 'full' ? sample.detail : null;
  const limit = reading?.connectionsMax ?? memory.connectionsMax;
  const record = asStored('raw', toTickRecord(sample, limit));
  const decider = deciderOf(deps.settings, target);
  const judged = (from: TargetMemory) => remembered(from, record, reading, decider);
  deps.memory.set(target.id, withUsablePhase(deps, target.id, memory, judged));
  logAdvice(deps, target.id);
  return record;
}

/** A stored phase that is none is set aside: samples alone say what it would have said, in a while. */
function withUsablePhase(
  { log }: WatchTargetDeps,
  targetId: string,
  memory: TargetMemory,
  judged: (from: TargetMemory) => TargetMemory,
): TargetMemory {
  try {
    return judged(memory);
  } catch (error) {
    if (memory.cold === null || !isOfItem(error)) throw error;
    setAside(log, `target#${targetId}`, error);
    return judged({ ...memory, cold: { ...memory.cold, phase: { detector: null, decision: null } } });
  }
}

/** Advice is no alarm: it is for the log, once, and for the card where something else is wrong. */
function logAdvice({ memory, log }: WatchTargetDeps, target: string): void {
  const now = memoryOf(memory, target);
  const causes = now.explanation.causes.filter(({ kind }) => kind === 'oversizedPool' || kind === 'levelling');
  const advised = kindsOf(causes);
  if (advised === '' || advised === now.advised) return;
  memory.set(target, { ...now, advised });
  log.info('advice', { target, causes });
}

/** evaluate -> incident, in one conditional write; a conflict judges the fresh state again. */
async function advance(
  deps: WatchTargetDeps,
  target: TargetConfig,
  sample: Sample,
  known: Versioned<TargetState> | null,
): Promise<TargetState | null> {
  const { clock, settings, stores, log } = deps;
  const { records } = memoryOf(deps.memory, target.id);
  const newId = deps.ids.newId('inc');
  let current = known;
  for (let attempt = 0; attempt < WRITE_ATTEMPTS_MAX; attempt += 1) {
    const nowMs = clock.nowMs();
    const state = noLaterThan(current?.value ?? newTargetState(target.id), nowMs);
    const verdict = verdictOn(deps, target.id, state.incident);
    const figures = figuresOf(state.figures, sample, records);
    const holders = wholeHolders(sample);
    const advanced = advanceTarget({ state, verdict, figures, records, holders, nowMs, newId, settings });
    if (advanced.kind === 'keep') return current?.value ?? null;
    const next = { ...advanced.state, ...phasesOf(memoryOf(deps.memory, target.id)) };
    const written = await stores.targets.write(target.id, next, current?.revision ?? null);
    if (written === 'written') {
      if (advanced.why !== 'figures') {
        const incident = next.incident?.id;
        log.info('target', { target: target.id, incident, run: next.run?.runId, why: advanced.why, verdict });
      }
      return next;
    }
    current = await stores.targets.read(target.id);
  }
  log.error('target', { target: target.id, why: 'contended' });
  return current?.value ?? null;
}

/** An incident ends only for whoever saw its trouble end: who never knew of the trouble takes it over first. */
function verdictOn(deps: WatchTargetDeps, targetId: string, incident: Incident | null): Verdict {
  const memory = memoryOf(deps.memory, targetId);
  const { verdict, state } = memory.decision;
  const isOpen = incident !== null && incident.resolvedAtMs === null;
  if (verdict.kind !== 'healthy' || !isOpen || (state.phase.endedAtMs.at(-1) ?? 0) >= incident.lastBreachAtMs) {
    return withExplanation(verdict, memory.explanation);
  }
  const decision = adoptTrouble(memory.decision, incident);
  deps.memory.set(targetId, { ...memory, decision });
  return decision.verdict;
}
