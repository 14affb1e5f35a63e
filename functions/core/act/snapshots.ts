import { COPIES_RUNBOOK, noCopiesOf } from '../config/people.ts';
import type { ApplicationState, Snapshots } from '../model/application.ts';
import { newApplicationState } from '../model/application.ts';
import type { FreezeState } from '../model/freeze.ts';
import type { Run } from '../model/run.ts';
import { type Happening, happening } from '../model/timeline.ts';
import type { Settings } from '../settings.ts';
import { foreign, timeToken } from '../text/tokens.ts';
import { freezeOver } from './freezes.ts';
import { besideRun, RUNBELL } from './new-run.ts';

const DAY_MS = 24 * 3_600_000;
/** For hosts that did not get their turn; for those that failed, too, and then twice as long each time. */
const AGAIN_MS = 10 * 60_000;
/** A look that was begun and is not there by then died before it was stored. */
const BEGUN_MS = 2 * 60_000;
const NOTHING: Snapshots = { dueAtMs: null, why: 'first', runId: null, hosts: {} };

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

/** What is due now: the state to store first, if any, and then the run that it names. */
export interface SnapshotPlan {
  readonly why: string;
  readonly state: ApplicationState | null;
  readonly run: Run | null;
}

/** A death between the two writes leaves a run that never was: then it is due again soon. */
export function planSnapshot(input: SnapshotInput): SnapshotPlan {
  const { applicationId, newId: runId, nowMs } = input;
  const state = input.state ?? newApplicationState(applicationId);
  const known = state.snapshots ?? NOTHING;
  const run = wantedRun(input, known);
  if (run === null) {
    const next = { ...state, snapshots: { ...known, dueAtMs: null } };
    return { why: 'notWanted', state: known.dueAtMs === null ? null : next, run };
  }
  const hindered = hinderedBy(input, state);
  const begun = hindered === null ? { dueAtMs: nowMs + BEGUN_MS, runId } : { dueAtMs: nowMs + AGAIN_MS };
  const snapshots = { ...known, ...begun };
  return { why: hindered ?? known.why, state: { ...state, snapshots }, run: hindered === null ? run : null };
}

function wantedRun(input: SnapshotInput, { why, failed }: Snapshots): Run | null {
  const { settings, applicationId, newId: runId, nowMs } = input;
  const { config } = settings;
  const application = config.applications.find(({ id }) => id === applicationId);
  if (application === undefined || noCopiesOf(config, application) !== null) return null;
  const beside = { kind: 'snapshot', why } as const;
  const person = { Keep: String(config.snapshots.keep) };
  const work = { runId, runbookId: COPIES_RUNBOOK, applicationId, beside, person };
  const left = why === 'again' ? application.hosts.filter((id) => failed?.hosts.includes(id)) : [];
  return besideRun(settings, left.length === 0 ? work : { ...work, hosts: left }, nowMs);
}

function hinderedBy({ freezes, isLooking, applicationId, nowMs }: SnapshotInput, { lock }: ApplicationState) {
  if (isLooking) return 'stillLooking';
  if (freezes === 'unreadable') return 'freezeUnknown';
  const what = { applicationId, runbookId: COPIES_RUNBOOK, userIds: [RUNBELL] };
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
    snapshot === undefined ? [] : ([[hostId, { version: snapshot.version, keptAtMs: snapshot.keptAtMs }]] as const),
  );
  const known = state?.snapshots ?? NOTHING;
  const isOwn = run.beside?.kind === 'snapshot' && known.runId === run.runId;
  if (told.length === 0 && !isOwn) return null;
  const { hosts: current = [] } = config.applications.find(({ id }) => id === run.applicationId) ?? {};
  const hosts = [...Object.entries(known.hosts), ...told].filter(([hostId]) => current.includes(hostId));
  const { failed: former, ...rest } = known;
  const next = isOwn && run.stop === null ? afterLook(run, former, config.snapshots.atUtc, nowMs) : known;
  const snapshots = { ...rest, ...next, hosts: Object.fromEntries(hosts) };
  return { ...(state ?? newApplicationState(run.applicationId)), snapshots };
}

/** Where nothing was kept, soon again, and later each time, but never later than all hosts have their turn. */
function afterLook(run: Run, former: Snapshots['failed'], atUtc: string, nowMs: number): Partial<Snapshots> {
  const dailyMs = nextDailyMs(atUtc, nowMs);
  const hosts = failuresOf(run).map(({ hostId }) => hostId);
  if (hosts.length === 0) return { dueAtMs: dailyMs, why: 'daily' };
  const isAgain = run.beside?.kind === 'snapshot' && run.beside.why === 'again';
  const tries = isAgain ? (former?.tries ?? 0) + 1 : 1;
  const againMs = nowMs + AGAIN_MS * 2 ** (tries - 1);
  const failed = { hosts, tries, why: failureText(run) };
  return againMs < dailyMs ? { dueAtMs: againMs, why: 'again', failed } : { dueAtMs: dailyMs, why: 'daily', failed };
}

function failuresOf({ hosts }: Run) {
  return hosts.flatMap(({ hostId, ending }) =>
    ending === null || ending.kind === 'done' || ending.kind === 'nothingToDo'
      ? []
      : [{ hostId, reason: ending.reason }],
  );
}

function failureText(run: Run): string {
  return failuresOf(run)
    .map(({ hostId, reason }) => `${hostId}: ${foreign(reason)}`)
    .join('; ');
}

function nextDailyMs(atUtc: string, nowMs: number): number {
  const [hours = 0, minutes = 0] = atUtc.split(':').map(Number);
  const atMs = (hours * 60 + minutes) * 60_000;
  return (Math.floor((nowMs - atMs) / DAY_MS) + 1) * DAY_MS + atMs;
}

/** Of Runbell's own look. The thread hears of new copies and of a first failure, the timeline of each. */
export function snapshotStory(run: Run, { dueAtMs, failed }: Snapshots, nowMs: number): Happening | null {
  if (run.beside?.kind !== 'snapshot') return null;
  const kept = run.hosts.flatMap(({ hostId, snapshot }) =>
    snapshot?.isNew ? [`version ${snapshot.version} on ${hostId}`] : [],
  );
  const failures = failureText(run);
  const what = `the configuration of ${run.applicationId}`;
  const again = dueAtMs === null ? '' : `; the next try is at ${timeToken(dueAtMs)}`;
  const text = [
    ...(kept.length === 0 ? [] : [`Kept ${what}: ${kept.join(', ')}`]),
    ...(failures === '' ? [] : [`Could not keep ${what} on ${failures}${again}`]),
  ].join('. ');
  if (text === '') return null;
  const told = kept.length === 0 && failed?.tries !== 1 ? null : `Runbell: ${text}.`;
  const [id, refs] = [`snapshot:${run.runId}`, { runId: run.runId }];
  return happening({ id, atMs: nowMs, what: 'snapshot', why: run.beside.why, text, told, refs });
}
