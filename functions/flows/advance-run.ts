import { endedWell, finishedRun, nextStep, withHost } from '../core/act/next-step.ts';
import { type ReadEnding, readEnding } from '../core/act/read-ending.ts';
import type { Ending, HostRun, Run } from '../core/act/run.ts';
import { oweNotice } from '../core/incident/owe.ts';
import type { TargetState } from '../core/incident/target-state.ts';
import { hostEndedStory } from '../core/notify/story.ts';
import { endingText } from '../core/notify/words.ts';
import type { Basics, CommandOrder, CommandRunner, Stores, Versioned, WatchCaller } from '../core/ports.ts';
import { releaseLock } from './act.ts';
import { changeItem } from './change-item.ts';

/** Claim, send and end of fifty hosts, and a few looks in between. */
const STEPS_MAX = 300;
/** After an event SSM's own answer may lag by a moment. */
const LOOKS_MAX = 4;
const LOOK_AGAIN_MS = 700;
const THROTTLED_TRIES_MAX = 3;
const THROTTLED_WAIT_MS = 1500;

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
      return deps.maySend ? claimAndSend(deps, current, step.at) : 'mayNotSend';
    case 'find':
      return find(deps, current, step.at, step.isLast);
    case 'look':
      return look(deps, current, step.at, step.isLast);
    case 'finish':
      return finish(deps, current);
  }
}

/** The claim is stored before anything is sent; whoever does not hold it never sends. */
async function claimAndSend(
  deps: AdvanceRunDeps,
  current: Versioned<Run>,
  at: number,
): Promise<AdvanceRunReport | 'moved'> {
  const { stores, clock, ids } = deps;
  const claim: Partial<HostRun> = { phase: 'claimed', claimId: ids.newId('claim'), claimedAtMs: clock.nowMs() };
  const claimed = withHost(current.value, at, claim);
  if ((await stores.runs.write(claimed.runId, claimed, current.revision)) === 'conflict') return 'contended';
  const order = orderOf(claimed, at);
  let answer = await deps.commands.send(order);
  for (let tries = 1; answer.kind === 'throttled' && tries < THROTTLED_TRIES_MAX; tries += 1) {
    await clock.sleep(THROTTLED_WAIT_MS);
    answer = await deps.commands.send(order);
  }
  deps.log.info('command', { run: order.runId, host: order.hostId, answer: answer.kind });
  switch (answer.kind) {
    case 'sent':
      return storeHost(deps, claimed.runId, at, {
        phase: 'sent',
        commandId: answer.commandId,
        sentAtMs: clock.nowMs(),
      });
    case 'notSent':
      return endHost(
        deps,
        claimed.runId,
        at,
        plain({ kind: 'failed', reason: `SSM did not take it, nothing ran: ${answer.why}` }),
      );
    case 'throttled':
      return endHost(
        deps,
        claimed.runId,
        at,
        plain({ kind: 'failed', reason: 'SSM takes no more commands right now; nothing ran' }),
      );
    case 'unclear':
      // It may have arrived. Only a look can tell, and only once the claim is old enough.
      return 'claimIsFresh';
  }
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
    if (seen.kind === 'ended') return endHost(deps, runId, at, readEnding(seen));
    if (isLast) {
      const reason = `SSM gave no ending in time (${seen.kind}): it may or may not have run; nothing tries again`;
      return endHost(deps, runId, at, plain({ kind: 'lost', reason }));
    }
    await deps.clock.sleep(LOOK_AGAIN_MS);
  }
  return 'running';
}

function plain(ending: Ending): ReadEnding {
  return { ending, lines: [] };
}

async function endHost(
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
async function storeHost(
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

/** Tell first, free the application next, mark the run last: a crash in between repeats what does no harm. */
async function finish(deps: AdvanceRunDeps, current: Versioned<Run>): Promise<AdvanceRunReport> {
  const run = finishedRun(current.value, deps.clock.nowMs());
  await showEndings(deps, run, run.endedAtMs);
  await releaseLock(deps, run.applicationId, run.runId);
  if ((await deps.stores.runs.write(run.runId, run, current.revision)) === 'conflict') return 'contended';
  deps.log.info('run', { run: run.runId, endings: run.hosts.map((host) => host.ending?.kind ?? host.phase) });
  await deps.watch.watchNow([run.targetId]);
  return 'finished';
}

async function showEndings(deps: AdvanceRunDeps, run: Run, endedAtMs: number | null): Promise<void> {
  const nowMs = deps.clock.nowMs();
  await changeItem(deps.stores.targets, run.targetId, (state) => {
    const shown = state?.run;
    if (
      state === null ||
      shown === null ||
      shown === undefined ||
      shown.runId !== run.runId ||
      shown.phase !== 'running'
    )
      return null;
    const endings = run.hosts.map((host) =>
      host.ending === null ? null : { hostId: host.hostId, ending: host.ending, lines: host.lines },
    );
    const isNews =
      endedAtMs !== null || endings.some((one, at) => one !== null && (shown.endings[at] ?? null) === null);
    if (!isNews) return null;
    const phase = endedAtMs === null ? 'running' : 'verifying';
    const next: TargetState = { ...state, run: { ...shown, endings, phase, endedAtMs } };
    return oweNotice(next, deps.settings, nowMs, newEndings(run, shown.endings, nowMs));
  });
}

function newEndings(run: Run, shown: readonly unknown[], nowMs: number) {
  return run.hosts.flatMap((host, at) => {
    if (host.ending === null || (shown[at] ?? null) !== null) return [];
    const says = endedWell(host)
      ? endingText(host.ending)
      : `${endingText(host.ending)}. The hosts after it were left alone.`;
    return [hostEndedStory(run.runId, host.hostId, says, host.lines, nowMs)];
  });
}

function orderOf(run: Run, at: number): CommandOrder {
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
