import type { ApplicationConfig } from '../config/config.ts';
import { isPracticeId } from '../config/target-id.ts';
import { endedBadly, type HostEnding, type Run, type TargetRun } from '../model/run.ts';
import type { HolderGroup } from '../model/sample.ts';
import type { TickRecord } from '../model/sample-record.ts';
import type { Liveness, LookFound, TargetState } from '../model/target.ts';
import type { Verdict } from '../model/verdict.ts';
import type { Settings } from '../settings.ts';
import { endingText } from '../text/sentences.ts';
import { stopText } from '../text/thread.ts';

/** After so many looks without an answer the sampler's word has to do, where it sees connections of the application. */
const UNCLEAR_MAX = 3;
const AGAIN_MS_MIN = 60_000;
const AGAIN_MS_MAX = 30 * 60_000;

/** Green may be shown: nobody doubts that it runs, a look found it running, or no look can tell and its connections are there. */
export function mayBeGreen(liveness: Liveness | undefined): boolean {
  if (liveness === undefined || liveness.found.kind === 'up') return true;
  return isGivenUp(liveness) && liveness.isConnected === true;
}

export function isGivenUp({ found, looks }: Liveness): boolean {
  return found.kind === 'unclear' && looks >= UNCLEAR_MAX;
}

/** What the incident hears of a sample: health is none while a run is at work, the application is away, or nobody knows. */
export function heard(verdict: Verdict, { liveness, run }: Pick<TargetState, 'liveness' | 'run'>): Verdict {
  const waits: Verdict = verdict.kind === 'healthy' ? { kind: 'settling', severity: 'warning' } : verdict;
  if (liveness === undefined || mayBeGreen(liveness)) return run?.phase === 'running' ? waits : verdict;
  const { found, applicationId } = liveness;
  if (found.kind !== 'down' && found.kind !== 'partly') return waits;
  const { up, down, hosts } = found;
  const reason = { rule: 'applicationDown', applicationId, up, down, hosts } as const;
  const severity = up === 0 ? 'critical' : 'warning';
  if (verdict.kind !== 'breaching') return { kind: 'breaching', severity, reasons: [reason], forecast: null };
  return { ...verdict, severity: up === 0 ? severity : verdict.severity, reasons: [reason, ...verdict.reasons] };
}

/** Asked after a run that ended badly; asked once more after any other, because it may have mended what was found. */
export function askedAfterRun({ liveness }: TargetState, run: TargetRun, nowMs: number): Liveness | undefined {
  const bad = run.endings.filter((one): one is HostEnding => one !== null && endedBadly(one));
  const isSame = liveness?.applicationId === run.applicationId;
  if (bad.length === 0) return isSame && liveness.found.kind !== 'up' ? { ...liveness, lookAtMs: nowMs } : liveness;
  const hosts = run.endings.flatMap((one) => (one === null ? [] : [one.hostId]));
  const all = isSame ? [...new Set([...liveness.hosts, ...hosts])] : hosts;
  return asked(run.applicationId, 'endedBadly', all, nowMs);
}

function asked(applicationId: string, why: Liveness['why'], hosts: readonly string[], nowMs: number): Liveness {
  const found = { kind: 'asked' } as const;
  return { applicationId, why, hosts, isConnected: null, found, lookId: null, looks: 0, lookAtMs: nowMs };
}

export interface Seen {
  /** Who holds what; null: this sample could not see all of it. */
  readonly holders: readonly HolderGroup[] | null;
  readonly record: TickRecord | undefined;
}

/** Connections of an open trouble that are gone raise the question, and such as are back settle it. */
export function askedBySample(
  state: TargetState,
  seen: Seen,
  { config }: Settings,
  nowMs: number,
): Liveness | undefined {
  const { liveness, incident, run, targetId } = state;
  if (incident === null || incident.resolvedAtMs !== null || isPracticeId(targetId)) return liveness;
  const using = config.applications.filter(({ targets, hosts }) => targets.includes(targetId) && hosts.length > 0);
  const isOnly = using.length === 1;
  const isConnectedOf = (one: ApplicationConfig) => isConnected(usersOf(one, incident.heldBy, isOnly), seen);
  if (liveness !== undefined) {
    const one = using.find(({ id }) => id === liveness.applicationId);
    return settled(liveness, one === undefined ? null : isConnectedOf(one), run, nowMs);
  }
  // Between the end of the old processes and the first query of the new ones there are none.
  const gone = run?.phase === 'running' ? undefined : using.find((one) => isConnectedOf(one) === false);
  return gone === undefined ? undefined : { ...asked(gone.id, 'noConnections', gone.hosts, nowMs), isConnected: false };
}

function settled(
  liveness: Liveness,
  isConnectedNow: boolean | null,
  run: TargetRun | null,
  nowMs: number,
): Liveness | undefined {
  const { found, why } = liveness;
  if (isConnectedNow === null || isConnectedNow === liveness.isConnected) {
    return isConnectedNow === true && found.kind === 'up' && run?.phase !== 'verifying' ? undefined : liveness;
  }
  if (!isConnectedNow) return { ...liveness, isConnected: false };
  if (why === 'noConnections' && (found.kind === 'asked' || found.kind === 'unclear')) return undefined;
  // What was down is back, as it seems.
  const isDown = found.kind === 'down' || found.kind === 'partly';
  return { ...liveness, isConnected: true, ...(isDown ? { lookAtMs: nowMs } : {}) };
}

/** The database users by whom an application is known. null: by none, so all connections count; []: by none of those that held any. */
function usersOf({ databaseUsers }: ApplicationConfig, heldBy: readonly string[] | undefined, isOnly: boolean) {
  if (databaseUsers.length > 0)
    return heldBy === undefined ? databaseUsers : databaseUsers.filter((user) => heldBy.includes(user));
  return isOnly ? (heldBy?.slice(0, 1) ?? null) : [];
}

/** null: this sample cannot tell, or there never were any. */
function isConnected(users: readonly string[] | null, { holders, record }: Seen): boolean | null {
  if (record?.kind !== 'reading' || users?.length === 0) return null;
  if (record.connected === 0) return false;
  if (users === null) return true;
  return holders === null ? null : holders.some(({ user, connections }) => connections > 0 && users.includes(user));
}

/** What a look at all of its hosts says. */
export function foundBy({ hosts, stop }: Run, nowMs: number): LookFound {
  const counted = hosts.flatMap(({ hostId, app }) => (app === undefined ? [] : [{ hostId, ...app }]));
  const up = counted.reduce((sum, one) => sum + one.up, 0);
  const down = counted.reduce((sum, one) => sum + one.down, 0);
  const bad = counted.flatMap((one) => (one.down > 0 ? [one.hostId] : []));
  const silent = hosts.filter(({ app }) => app === undefined);
  if (down > 0) return { kind: up + silent.length === 0 ? 'down' : 'partly', atMs: nowMs, up, down, hosts: bad };
  if (silent.length === 0 && up > 0) return { kind: 'up', atMs: nowMs, up, down, hosts: [] };
  const whys = silent.map(({ hostId, ending }) => `${hostId}: ${ending === null ? 'not asked' : endingText(ending)}`);
  return { kind: 'unclear', atMs: nowMs, why: stop === null ? whys.join('; ') : `Runbell ${stopText(stop.why)}` };
}

/** The next look comes later each time, while it has something to find. */
export function withFound(liveness: Liveness, found: LookFound, nowMs: number): Liveness {
  const looks = found.kind === liveness.found.kind ? liveness.looks + 1 : 1;
  const againMs = Math.min(AGAIN_MS_MAX, AGAIN_MS_MIN * 2 ** Math.min(10, looks - 1));
  return { ...liveness, found, looks, lookAtMs: found.kind === 'up' ? null : nowMs + againMs };
}

/** When Runbell looks at the hosts next; null: not by time alone. */
export function lookDueMs({ liveness, incident }: TargetState): number | null {
  if (liveness === undefined || incident === null || incident.isPractice) return null;
  return incident.resolvedAtMs !== null && mayBeGreen(liveness) ? null : liveness.lookAtMs;
}
