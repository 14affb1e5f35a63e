import type { Config, MaintenanceConfig } from '../config/config.ts';
import type { Silence, TargetState } from '../model/target.ts';

const MINUTE_MS = 60_000;

const DAY_MS = 24 * 60 * MINUTE_MS;

/** A window lasts a day at most, and a day may have 25 hours. */
const DAYS_BACK = 2;

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** The silence of the window that is on for a target; of several the one that holds back most, then longest. */
export function windowOver({ maintenance }: Pick<Config, 'maintenance'>, targetId: string, nowMs: number) {
  const on = maintenance
    .filter(({ targets }) => targets === undefined || targets.includes(targetId))
    .flatMap((window) => windowSilence(window, nowMs) ?? []);
  const rank = ({ lets }: Silence) => (lets === undefined ? 1 : 0);
  return on.toSorted((a, b) => rank(b) - rank(a) || b.untilMs - a.untilMs)[0] ?? null;
}

/** What this window says now; null: it is not on. */
export function windowSilence(window: MaintenanceConfig, nowMs: number): Silence | null {
  const startMs = lastStartMs(window, nowMs);
  if (startMs === null) return null;
  const untilMs = startMs + window.durationMinutes * MINUTE_MS;
  if (untilMs <= nowMs) return null;
  const silence = { untilMs, byUserId: null, why: window.reason };
  return window.holds === 'everything' ? silence : { ...silence, lets: 'critical' };
}

/** A person's silence stands, as does a window that has begun; else the one that is on, unless somebody ended it. */
export function silenceNow(state: TargetState, config: Pick<Config, 'maintenance'>, nowMs: number): Silence | null {
  if (state.silence !== null && state.silence.untilMs > nowMs) return state.silence;
  const on = windowOver(config, state.targetId, nowMs);
  return on === null || on.untilMs <= (state.windowEndedMs ?? 0) ? state.silence : on;
}

/** When the window began last, by the clock on the wall of its time zone. */
function lastStartMs({ weekly, timeZone }: MaintenanceConfig, nowMs: number): number | null {
  const [days = '', hours = 0, minutes = 0] = weekly.split(/[ :]/).map((part, at) => (at === 0 ? part : Number(part)));
  const offset = offsetIn(timeZone);
  const today = Math.floor((nowMs + offset(nowMs)) / DAY_MS);
  const starts = Array.from({ length: DAYS_BACK + 1 }, (_, back) => today - back)
    .filter((day) =>
      String(days)
        .split(',')
        .includes(WEEKDAYS[new Date(day * DAY_MS).getUTCDay()] ?? ''),
    )
    .map((day) => instantOf(day * DAY_MS + (Number(hours) * 60 + Number(minutes)) * MINUTE_MS, offset))
    .filter((startMs) => startMs <= nowMs);
  return starts[0] ?? null;
}

type Offset = (ms: number) => number;

/** A time that the clocks skip is as much later as they jump; of one that comes twice it is the first. */
function instantOf(wallMs: number, offset: Offset): number {
  const before = wallMs - offset(wallMs - DAY_MS);
  const after = wallMs - offset(wallMs + DAY_MS);
  return before + offset(before) !== wallMs && after + offset(after) === wallMs ? after : before;
}

const WALL = {
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
  hour: 'numeric',
  minute: 'numeric',
  second: 'numeric',
  hourCycle: 'h23',
} as const;

/** Costly to make, and always the same; there are as many as the configuration names zones. */
const formats = new Map<string, Intl.DateTimeFormat>();

/** How far the zone's clocks are ahead of UTC. */
function offsetIn(timeZone: string): Offset {
  const format = formats.get(timeZone) ?? new Intl.DateTimeFormat('en-US', { timeZone, ...WALL });
  formats.set(timeZone, format);
  return (ms) => {
    const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
    const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
    const wallMs = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
    return wallMs - Math.floor(ms / 1000) * 1000;
  };
}

/** Nothing new is posted, replied or paged. */
export function isSilent(state: TargetState, nowMs: number): boolean {
  return holdsBack(state) && (state.silence?.untilMs ?? 0) > nowMs;
}

/** A window that somebody ends does not begin again. */
export function withoutSilence(state: TargetState): TargetState {
  const { silence } = state;
  const ended = silence !== null && silence.byUserId === null ? { windowEndedMs: silence.untilMs } : {};
  return { ...state, ...ended, silence: null };
}

/** Whether what is stored as a silence concerns trouble as bad as this. */
export function holdsBack({ silence, incident }: Pick<TargetState, 'silence' | 'incident'>): boolean {
  return silence !== null && !(silence.lets === 'critical' && incident?.severity === 'critical');
}
