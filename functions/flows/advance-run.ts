import { finishedRun, nextStep } from '../core/act/next-step.ts';
import { readEnding } from '../core/act/read-ending.ts';
import type { Run } from '../core/model/run.ts';
import type { Versioned } from '../core/ports.ts';
import { apart } from './apart.ts';
import { keepFound, lookIfDue } from './look-again.ts';
import { showPreview } from './preview.ts';
import { keepSnapshots } from './snapshots.ts';
import { releaseLock, showEndings } from './start-run.ts';
import {
  type AdvanceRunDeps,
  type AdvanceRunReport,
  claimUnlessFrozen,
  endHost,
  orderOf,
  plain,
  storeHost,
} from './store-host.ts';

/** Claim, send and end of fifty hosts, and a few looks in between. */
const STEPS_MAX = 300;

/** After an event SSM's own answer may lag by a moment. */
const LOOKS_MAX = 4;

const LOOK_AGAIN_MS = 700;

/** Moves a run as far as it can go now. Every step is derived from what is stored, so any crash is picked up here. */
export async function advanceRun(deps: AdvanceRunDeps, runId: string): Promise<AdvanceRunReport> {
  for (let step = 0; step < STEPS_MAX; step += 1) {
    const current = await deps.stores.runs.read(runId);
    if (current === null) return 'unknownRun';
    const moved = await takeStep(deps, current);
    if (moved !== 'moved') return moved;
  }
  return 'running';
}

async function takeStep(deps: AdvanceRunDeps, current: Versioned<Run>): Promise<AdvanceRunReport | 'moved'> {
  const run = current.value;
  const step = nextStep(run, deps.clock.nowMs());
  switch (step.kind) {
    case 'wait':
      return step.why;
    case 'claim':
      return deps.maySend ? claimUnlessFrozen(deps, current, step.at) : 'mayNotSend';
    case 'cancel':
      return deps.maySend ? cancel(deps, current, step.at) : 'mayNotSend';
    case 'find':
      return find(deps, current, step.at, step.isLast);
    case 'look':
      return look(deps, current, step.at, step.isLast);
    case 'finish':
      return finish(deps, current);
  }
}

/** Asks SSM to end what is out. Its ending is looked up afterwards: it may have been faster than the wish. */
async function cancel(deps: AdvanceRunDeps, current: Versioned<Run>, at: number): Promise<AdvanceRunReport | 'moved'> {
  const { runId, hosts } = current.value;
  const host = hosts[at];
  if (host === undefined || host.commandId === null) return 'running';
  const asked = await deps.commands.cancel(host.commandId, host.hostId);
  deps.log.info('cancel', { run: runId, host: host.hostId, asked });
  if (asked === 'unclear') return 'running';
  return storeHost(deps, runId, at, { cancelAskedAtMs: deps.clock.nowMs() });
}

async function find(
  deps: AdvanceRunDeps,
  current: Versioned<Run>,
  at: number,
  isLast: boolean,
): Promise<AdvanceRunReport | 'moved'> {
  const run = current.value;
  const found = await deps.commands.find(orderOf(run, at), run.permittedAtMs);
  if (found.kind === 'found') {
    return storeHost(deps, run.runId, at, { phase: 'sent', commandId: found.commandId, sentAtMs: deps.clock.nowMs() });
  }
  if (!isLast) return 'running';
  const reason =
    'Runbell was interrupted while sending it and SSM shows no such command: it may or may not have run; nothing tries again';
  return endHost(deps, run.runId, at, plain({ kind: 'lost', reason }));
}

async function look(
  deps: AdvanceRunDeps,
  current: Versioned<Run>,
  at: number,
  isLast: boolean,
): Promise<AdvanceRunReport | 'moved'> {
  const { runId, hosts } = current.value;
  const host = hosts[at];
  if (host === undefined || host.commandId === null) return 'running';
  for (let looks = 0; looks < LOOKS_MAX; looks += 1) {
    const seen = await deps.commands.look(host.commandId, host.hostId);
    if (seen.kind === 'ended') return endHost(deps, runId, at, readEnding(seen, limitMsOf(deps, current.value)));
    if (isLast) {
      const reason = `SSM gave no ending in time (${seen.kind}): it may or may not have run; nothing tries again`;
      return endHost(deps, runId, at, plain({ kind: 'lost', reason }));
    }
    await deps.clock.sleep(LOOK_AGAIN_MS);
  }
  return 'running';
}

/** A runbook that is gone since had a limit below that of delivery and run together. */
function limitMsOf({ settings }: AdvanceRunDeps, { runbookId, hostTimeoutMs }: Run): number {
  const entry = settings.catalogue.find(({ manifest }) => manifest.id === runbookId);
  return entry === undefined ? hostTimeoutMs : entry.manifest.timeoutSeconds * 1000;
}

/** Tell first, free the application next, mark the run last: a crash in between repeats what does no harm. */
async function finish(deps: AdvanceRunDeps, current: Versioned<Run>): Promise<AdvanceRunReport> {
  const run = finishedRun(current.value, deps.clock.nowMs());
  // A run ends although somebody cannot be told so: a lock that cannot be read with its application ends by its own time.
  const each = <T>(work: () => Promise<T>) => apart(deps, `run#${run.runId}`, work);
  const { beside } = run;
  if (beside?.kind === 'preview' && (await each(() => showPreview(deps, run, beside.requestId))) === false)
    return 'running';
  if (beside?.kind === 'check' && (await each(() => keepFound(deps, run, beside.targetId))) === false)
    return 'contended';
  if ((await each(() => showEndings(deps, run, run.endedAtMs))) === false) return 'contended';
  await each(() => keepSnapshots(deps, run));
  if ((await each(() => releaseLock(deps, run.applicationId, run.runId))) === false) return 'contended';
  if ((await deps.stores.runs.write(run.runId, run, current.revision)) === 'conflict') return 'contended';
  const endings = run.hosts.map((host) => host.ending?.kind ?? host.phase);
  deps.log.info('run', { run: run.runId, incident: run.incidentId, endings, ended: 1 });
  const targetId = run.beside?.kind === 'check' ? run.beside.targetId : run.targetId;
  if (run.beside === undefined) await lookIfDue(deps, targetId);
  if (targetId !== '') await deps.watch.watchNow([targetId], deps.clock.nowMs());
  return 'finished';
}
