import { withHost } from '../core/act/next-step.ts';
import type { ReadEnding } from '../core/act/read-ending.ts';
import type { Ending, HostRun, Run } from '../core/model/run.ts';
import type { Basics, CommandOrder, CommandRunner, Stores, WatchCaller } from '../core/ports.ts';
import { changeItem } from './change-item.ts';
import { showEndings } from './show-run.ts';

export interface AdvanceRunDeps extends Basics {
  readonly stores: Stores;
  readonly commands: CommandRunner;
  readonly watch: WatchCaller;
  /** false: this function only looks; a host that is waiting stays for the one that may send. */
  readonly maySend: boolean;
}

export type AdvanceRunReport =
  | 'unknownRun'
  | 'claimIsFresh'
  | 'hasEnded'
  | 'running'
  | 'contended'
  | 'finished'
  | 'mayNotSend';

export function plain(ending: Ending): ReadEnding {
  return { ending, lines: [] };
}

export async function endHost(
  deps: AdvanceRunDeps,
  runId: string,
  at: number,
  read: ReadEnding,
): Promise<AdvanceRunReport | 'moved'> {
  const moved = await storeHost(deps, runId, at, { phase: 'ended', endedAtMs: deps.clock.nowMs(), ...read });
  const run = (await deps.stores.runs.read(runId))?.value;
  if (run !== undefined) await showEndings(deps, run, null);
  return moved;
}

/** A host only moves on: an ending that another invocation stored first stays. */
export async function storeHost(
  deps: AdvanceRunDeps,
  runId: string,
  at: number,
  change: Partial<HostRun>,
): Promise<AdvanceRunReport | 'moved'> {
  const stored = await changeItem(deps.stores.runs, runId, (run) => {
    const phase = run?.hosts[at]?.phase;
    if (run === null || phase === 'ended' || (phase === 'sent' && change.phase === 'sent')) return null;
    return withHost(run, at, change);
  });
  return stored.kind === 'contended' ? 'contended' : 'moved';
}

export function orderOf(run: Run, at: number): CommandOrder {
  const host = run.hosts[at];
  if (host === undefined) throw new RangeError(`run ${run.runId} has no host ${at}`);
  return {
    runId: run.runId,
    hostId: host.hostId,
    documentName: run.document.name,
    parameters: run.parameters,
    executionTimeoutSeconds: Math.floor(run.hostTimeoutMs / 1000),
  };
}
