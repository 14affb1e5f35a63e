import type { Settings } from '../config/settings.ts';
import { type Happening, happening } from '../notify/story.ts';
import { foreign } from '../notify/tokens.ts';
import { fillParameters } from '../runbook/fill-parameters.ts';
import type { ApplicationState, Snapshots } from './application-state.ts';
import { type FreezeState, freezeOver } from './freezes.ts';
import { newApplicationState, RUNBELL, startedRun } from './new-run.ts';
import type { Run } from './run.ts';
import { allowedFor } from './who-may.ts';

export const SNAPSHOT_RUNBOOK = 'snapshot-config';
const DAY_MS = 24 * 3_600_000;
/** For hosts that did not get their turn. */
const AGAIN_MS = 10 * 60_000;
const NOTHING: Snapshots = { dueAtMs: null, why: 'first', runId: null, hosts: {} };

/** What keeps an application's configuration; null: Runbell does not, as where nobody is allowed to either. */
export function snapshotsOf({ config, catalogue }: Settings, applicationId: string) {
  const application = config.applications.find(({ id }) => id === applicationId);
  const entry = catalogue.find(({ manifest }) => manifest.id === SNAPSHOT_RUNBOOK);
  const { userIds, groupIds } = allowedFor(config, SNAPSHOT_RUNBOOK);
  if (config.snapshots.off || userIds.length + groupIds.length === 0) return null;
  return application === undefined || application.hosts.length === 0 || entry === undefined
    ? null
    : { application, entry };
}

export interface SnapshotInput {
  readonly settings: Settings;
  readonly applicationId: string;
  readonly state: ApplicationState | null;
  readonly freezes: FreezeState | 'unreadable';
  /** Runbell's former look has not ended. */
  readonly isLooking: boolean;
  readonly newId: string;
  readonly nowMs: number;
}

/** What is due now: the state to store first, and then the run that it names. */
export interface SnapshotPlan {
  readonly why:
    | Snapshots['why']
    | 'frozen'
    | 'freezeUnknown'
    | 'applicationBusy'
    | 'stillLooking'
    | 'notWanted'
    | 'parametersInvalid';
  readonly state: ApplicationState;
  readonly run: Run | null;
}

/** An interruption between the two writes leaves a run that does not exist: then it is due again soon. */
export function planSnapshot(input: SnapshotInput): SnapshotPlan {
  const { settings, applicationId, newId: runId, nowMs } = input;
  const state = input.state ?? newApplicationState(applicationId);
  const known = state.snapshots ?? NOTHING;
  const later = (why: SnapshotPlan['why'], dueAtMs: number | null): SnapshotPlan => ({
    why,
    state: { ...state, snapshots: { ...known, dueAtMs } },
    run: null,
  });
  const wanted = snapshotsOf(settings, applicationId);
  if (wanted === null) return later('notWanted', null);
  const hindered = hinderedBy(input, state);
  if (hindered !== null) return later(hindered, nowMs + AGAIN_MS);
  const { application, entry } = wanted;
  const { targets, snapshots: setting } = settings.config;
  const person = { Keep: String(setting.keep) };
  const filled = fillParameters(entry.manifest, { application, targets, runId, dryRun: false, person });
  if (filled.kind === 'invalid') return later('parametersInvalid', null);
  const work = { entry, parameters: filled.parameters, hosts: application.hosts };
  const run: Run = {
    ...startedRun(runId, applicationId, work, nowMs),
    beside: { kind: 'snapshot', why: known.why },
  };
  const snapshots = { ...known, runId, dueAtMs: nowMs + AGAIN_MS };
  return { why: known.why, state: { ...state, snapshots }, run };
}

function hinderedBy({ freezes, isLooking, applicationId, nowMs }: SnapshotInput, { lock }: ApplicationState) {
  if (isLooking) return 'stillLooking';
  if (freezes === 'unreadable') return 'freezeUnknown';
  const what = { applicationId, runbookId: SNAPSHOT_RUNBOOK, userIds: [RUNBELL] };
  if (freezeOver(freezes, what, nowMs) !== null) return 'frozen';
  return lock !== null && lock.expiresAtMs > nowMs ? 'applicationBusy' : null;
}

/** Looked after at once; where Runbell does not look after them, it still does not. */
export function withSnapshotsDue(state: ApplicationState | null, nowMs: number): ApplicationState | null {
  const { snapshots } = state ?? {};
  if (!state || !snapshots || snapshots.dueAtMs === null || snapshots.dueAtMs <= nowMs) return null;
  return { ...state, snapshots: { ...snapshots, dueAtMs: nowMs, why: 'recovered' } };
}

/** What an ended run said of the copies on its hosts, and when Runbell looks next after its own. null: it said nothing. */
export function withSnapshots(
  state: ApplicationState | null,
  run: Run,
  { config }: Settings,
  nowMs: number,
): ApplicationState | null {
  const told = run.hosts.flatMap(({ hostId, snapshot }) =>
    snapshot === undefined ? [] : ([[hostId, snapshot]] as const),
  );
  const known = state?.snapshots ?? NOTHING;
  const isOwn = run.beside?.kind === 'snapshot' && known.runId === run.runId;
  if (told.length === 0 && !isOwn) return null;
  const { hosts: current = [] } = config.applications.find(({ id }) => id === run.applicationId) ?? {};
  const newest = told.map(([hostId, { version, keptAtMs }]) => [hostId, { version, keptAtMs }] as const);
  const hosts = [...Object.entries(known.hosts), ...newest].filter(([hostId]) => current.includes(hostId));
  const next = run.stop === null ? { dueAtMs: nextDailyMs(config.snapshots.atUtc, nowMs), why: 'daily' as const } : {};
  const snapshots = { ...known, ...(isOwn ? next : {}), hosts: Object.fromEntries(hosts) };
  return { ...(state ?? newApplicationState(run.applicationId)), snapshots };
}

function nextDailyMs(atUtc: string, nowMs: number): number {
  const [hours = 0, minutes = 0] = atUtc.split(':').map(Number);
  const atMs = (hours * 60 + minutes) * 60_000;
  return (Math.floor((nowMs - atMs) / DAY_MS) + 1) * DAY_MS + atMs;
}

/** Of Runbell's own look. The thread hears of it when something new was kept, the timeline also when a host failed. */
export function snapshotStory(run: Run, nowMs: number): Happening | null {
  if (run.beside?.kind !== 'snapshot') return null;
  const kept = run.hosts.flatMap(({ hostId, snapshot }) =>
    snapshot?.isNew ? [`version ${snapshot.version} on ${hostId}`] : [],
  );
  const failed = run.hosts.flatMap((host) =>
    host.ending === null || host.ending.kind === 'done' || host.ending.kind === 'nothingToDo'
      ? []
      : [`${host.hostId}: ${foreign(host.ending.reason)}`],
  );
  const text = [
    ...(kept.length === 0 ? [] : [`Kept the configuration of ${run.applicationId}: ${kept.join(', ')}`]),
    ...(failed.length === 0 ? [] : [`Kept no configuration of ${run.applicationId} on ${failed.join('; ')}`]),
  ].join('. ');
  if (text === '') return null;
  const told = kept.length === 0 ? null : `Runbell: ${text}.`;
  const refs = { runId: run.runId };
  return happening({
    id: `snapshot:${run.runId}`,
    atMs: nowMs,
    what: 'snapshot',
    why: run.beside.why,
    text,
    told,
    refs,
  });
}
