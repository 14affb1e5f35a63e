import { isCancelOwed } from '../act/next-step.ts';
import type { ApplicationState } from '../model/application.ts';
import type { ChannelState, PaceState } from '../model/channel.ts';
import type { RequestRecord } from '../model/decision.ts';
import { isOwed, type NoticeDebt } from '../model/delivery.ts';
import type { FreezeState } from '../model/freeze.ts';
import type { Run } from '../model/run.ts';
import type { TargetState } from '../model/target.ts';
import type { EntityKind } from '../ports.ts';

/** What each kind of item holds. */
export interface EntityValues {
  readonly target: TargetState;
  readonly application: ApplicationState;
  readonly inbox: RequestRecord;
  readonly request: RequestRecord;
  readonly run: Run;
  readonly freezes: FreezeState;
  readonly channel: ChannelState;
  readonly pace: PaceState;
}

/**
 * Attributes that the store writes beside an item's body, so that the index of open items and the filters
 * on the stream can see what is left to do without reading the body. Made of the value alone: every write
 * sets or removes all of them.
 */
export interface Markers {
  /** In the index of open items. Always together with `dueAtMs`, by which the index is sorted. */
  readonly open?: 'target' | 'application' | 'request' | 'run' | 'channel' | 'freezes';
  /** In the index of what waits in an inbox, likewise with `dueAtMs`: whoever may write there is let into no other. */
  readonly waiting?: 'inbox';
  /** When the sweep has to look if nobody moved the item on before. */
  readonly dueAtMs?: number;
  /** Who has to be woken by this write: notify for a notice or an answer, act for a decision or a step. */
  readonly owes?: 'notice' | 'decision' | 'answer' | 'step';
  readonly expiresAtMs?: number;
}

const SECOND_MS = 1000;

const MINUTE_MS = 60 * SECOND_MS;

const DAY_MS = 24 * 60 * MINUTE_MS;

/** The stream delivers within a second or two; the sweep steps in only when that failed. */
const STREAM_GRACE_MS = 15 * SECOND_MS;

/** A command that was sent is looked at this often when no event tells how it went. */
const RECONCILE_MS = 20 * SECOND_MS;

/** The longest reopen time that a configuration can ask for. */
const REOPEN_MS_MAX = DAY_MS;

const REQUEST_KEPT_MS = 30 * DAY_MS;

const RUN_KEPT_MS = 90 * DAY_MS;

const markersByEntity: { readonly [K in EntityKind]: (value: EntityValues[K]) => Markers } = {
  target: targetMarkers,
  /** Its lock expires by its own time; the item lives as long as the application. */
  application: ({ snapshots }) =>
    snapshots === undefined || snapshots.dueAtMs === null ? {} : { open: 'application', dueAtMs: snapshots.dueAtMs },
  inbox: inboxMarkers,
  request: requestMarkers,
  run: runMarkers,
  freezes: freezesMarkers,
  channel: channelMarkers,
  pace: () => ({}),
};

/** The markers of one item. */
export function markersOf<K extends EntityKind>(entity: K, value: EntityValues[K]): Markers {
  return markersByEntity[entity](value);
}

/** Whether Slack lacks anything that people must see about this target. */
export function owesNotice({ notice, storyOwed, timelineOwed }: TargetState): boolean {
  return notice.shownVersion < notice.owedVersion || storyOwed.length > 0 || timelineOwed.length > 0;
}

function targetMarkers(state: TargetState): Markers {
  const byWork = markersByWork(state);
  const { wakeAtMs } = state;
  if (wakeAtMs === null) return byWork;
  return { ...byWork, open: 'target', dueAtMs: Math.min(wakeAtMs, byWork.dueAtMs ?? wakeAtMs) };
}

function markersByWork(state: TargetState): Markers {
  const { incident, notice, run } = state;
  if (owesNotice(state)) {
    return { open: 'target', dueAtMs: noticeDueAtMs(notice), owes: 'notice' };
  }
  if (run !== null && run.phase !== 'judged') {
    return { open: 'target', dueAtMs: (run.endedAtMs ?? run.startedAtMs) + MINUTE_MS };
  }
  if (incident === null) return {};
  // Nobody samples a practice, so nobody forgets it: its end by time wakes it, and then it expires.
  if (incident.isPractice) return incident.resolvedAtMs === null ? {} : { expiresAtMs: incident.resolvedAtMs + DAY_MS };
  if (incident.resolvedAtMs !== null) return { open: 'target', dueAtMs: incident.resolvedAtMs + REOPEN_MS_MAX };
  return { open: 'target', dueAtMs: state.figuresWrittenAtMs + MINUTE_MS };
}

function noticeDueAtMs({ owedSinceMs, notBeforeMs, lease }: NoticeDebt): number {
  // What was tried already waits for no first record.
  const firstMs = notBeforeMs > 0 ? notBeforeMs : (owedSinceMs ?? 0) + STREAM_GRACE_MS;
  return Math.max(firstMs, lease?.untilMs ?? 0);
}

function channelMarkers({ storm }: ChannelState): Markers {
  if (storm === null || storm.notice.shownVersion >= storm.notice.owedVersion) return {};
  return { open: 'channel', dueAtMs: noticeDueAtMs(storm.notice), owes: 'notice' };
}

/** A message that is owed, else the next end by time. */
function freezesMarkers({ freezes }: FreezeState): Markers {
  const owed = freezes.flatMap(({ notice }) => (notice !== undefined && isOwed(notice) ? [noticeDueAtMs(notice)] : []));
  const ends = freezes.flatMap(({ ended, untilMs }) => (ended === undefined && untilMs !== null ? [untilMs] : []));
  if (owed.length + ends.length === 0) return {};
  const due = { open: 'freezes', dueAtMs: Math.min(...owed, ...ends) } as const;
  return owed.length === 0 ? due : { ...due, owes: 'notice' };
}

/** Once it is decided it is only kept for as long as somebody may look into it. */
function inboxMarkers({ receivedAtMs, answerOwed }: RequestRecord): Markers {
  if (!answerOwed) return { expiresAtMs: receivedAtMs + DAY_MS };
  const dueAtMs = receivedAtMs + STREAM_GRACE_MS;
  return { waiting: 'inbox', dueAtMs, owes: 'decision', expiresAtMs: receivedAtMs + REQUEST_KEPT_MS };
}

function requestMarkers(record: RequestRecord): Markers {
  const expiresAtMs = record.receivedAtMs + REQUEST_KEPT_MS;
  const owes = record.decision === null ? 'decision' : record.answerOwed ? 'answer' : null;
  if (owes === null) return { expiresAtMs };
  return { open: 'request', dueAtMs: record.notBeforeMs ?? record.receivedAtMs + STREAM_GRACE_MS, owes, expiresAtMs };
}

function runMarkers(run: Run): Markers {
  if (run.phase === 'ended') return { expiresAtMs: (run.endedAtMs ?? run.permittedAtMs) + RUN_KEPT_MS };
  if (run.hosts.some((host) => isCancelOwed(run, host))) {
    return { open: 'run', dueAtMs: (run.stop?.atMs ?? 0) + STREAM_GRACE_MS, owes: 'step' };
  }
  const sentAtMs = run.hosts.find((host) => host.phase === 'sent')?.sentAtMs ?? null;
  // While a command is out, only its ending moves the run on, and that comes from an event or the sweep.
  if (sentAtMs !== null) return { open: 'run', dueAtMs: sentAtMs + RECONCILE_MS };
  const movedAtMs = run.hosts.map((host) => Math.max(host.claimedAtMs ?? 0, host.endedAtMs ?? 0));
  return { open: 'run', dueAtMs: Math.max(run.permittedAtMs, ...movedAtMs) + STREAM_GRACE_MS, owes: 'step' };
}
