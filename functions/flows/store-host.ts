import { freezeOver } from '../core/act/freezes.ts';
import { lockKept } from '../core/act/new-run.ts';
import { withHost } from '../core/act/next-step.ts';
import type { ReadEnding } from '../core/act/read-ending.ts';
import { observes } from '../core/config/people.ts';
import type { FreezeState } from '../core/model/freeze.ts';
import { type Ending, type HostRun, peopleOf, type Run, type Stop } from '../core/model/run.ts';
import type { Basics, CommandOrder, CommandRunner, Stores, Versioned, WatchCaller } from '../core/ports.ts';
import { apart } from './apart.ts';
import { changeItem, readFreezes } from './change-item.ts';
import { showEndings, showStop } from './start-run.ts';

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
  if (run !== undefined) await apart(deps, `target#${run.targetId}`, () => showEndings(deps, run, null));
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

const THROTTLED_TRIES_MAX = 3;

const THROTTLED_WAIT_MS = 1500;

/** Read just before each claim, so that a freeze is in force at once, also for runs that have begun. */
export async function claimUnlessFrozen(
  deps: AdvanceRunDeps,
  current: Versioned<Run>,
  at: number,
): Promise<AdvanceRunReport | 'moved'> {
  const run = current.value;
  const nowMs = deps.clock.nowMs();
  const stop = stopOf(deps, run, await readFreezes(deps.stores), nowMs) ?? (await lockStop(deps, run, nowMs));
  if (stop === 'contended') return stop;
  if (stop === null) return claimAndSend(deps, current, at);
  if ((await deps.stores.runs.write(run.runId, { ...run, stop }, current.revision)) === 'conflict') return 'contended';
  deps.log.info('stopped', { run: run.runId, incident: run.incidentId, why: stop.why });
  await apart(deps, `target#${run.targetId}`, () => showStop(deps, run, stop));
  return 'moved';
}

function stopOf(
  { settings: { config } }: AdvanceRunDeps,
  run: Run,
  freezes: FreezeState | 'unreadable',
  nowMs: number,
): Stop | null {
  if (freezes === 'unreadable') return { why: 'freezeUnknown', byUserId: null, atMs: nowMs };
  const { applicationId, runbookId, dryRun } = run;
  const freeze = freezeOver(freezes, { applicationId, runbookId, userIds: peopleOf(run) }, nowMs);
  if (freeze !== null) return { why: 'frozen', byUserId: freeze.byUserId, atMs: nowMs };
  const application = config.applications.find(({ id }) => id === applicationId);
  const isObserved = application !== undefined && observes(config, application);
  return isObserved && !dryRun ? { why: 'observing', byUserId: null, atMs: nowMs } : null;
}

/** A person's run holds the application from host to host; Runbell's own look stands behind whoever does. */
async function lockStop(deps: AdvanceRunDeps, run: Run, nowMs: number): Promise<Stop | 'contended' | null> {
  const { applications } = deps.stores;
  // Where its item cannot be read nobody knows whose the application is, and nobody claims a host on a guess.
  const read = <T>(work: () => Promise<T>) =>
    apart(deps, `application#${run.applicationId}`, async () => ({ read: await work() }));
  if (run.beside === undefined) {
    const kept = await read(() => changeItem(applications, run.applicationId, (state) => lockKept(state, run, nowMs)));
    if (kept?.read.kind === 'contended') return 'contended';
    return kept?.read.kind === 'written' ? null : { why: 'lockLost', byUserId: null, atMs: nowMs };
  }
  const found = await read(() => applications.read(run.applicationId));
  const lock = found?.read?.value.lock ?? null;
  const isFree = found !== null && (lock === null || lock.expiresAtMs <= nowMs);
  return isFree ? null : { why: 'madeWay', byUserId: null, atMs: nowMs };
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
  const { runId: run, incidentId: incident } = claimed;
  const sent = answer.kind === 'sent' ? 1 : 0;
  deps.log.info('command', { run, incident, host: order.hostId, answer: answer.kind, sent });
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
        plain({ kind: 'failed', reason: `SSM did not take it, nothing ran: ${answer.why}`, changed: false }),
      );
    case 'throttled':
      return endHost(
        deps,
        claimed.runId,
        at,
        plain({ kind: 'failed', reason: 'SSM takes no more commands right now; nothing ran', changed: false }),
      );
    case 'unclear':
      // It may have arrived. Only a look can tell, and only once the claim is old enough.
      return 'claimIsFresh';
  }
}
