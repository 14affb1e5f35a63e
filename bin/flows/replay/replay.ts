import type { TargetConfig } from '../../../functions/core/config/config.ts';
import { rulesOf } from '../../../functions/core/config/people.ts';
import { isMoving, isSuspicious } from '../../../functions/core/evaluate/needs-close-look.ts';
import { advanceTarget } from '../../../functions/core/incident/advance-target.ts';
import { figuresOf, wholeHolders } from '../../../functions/core/incident/figures.ts';
import type { Sample } from '../../../functions/core/model/sample.ts';
import { toTickRecord } from '../../../functions/core/model/sample-record.ts';
import type { TargetState } from '../../../functions/core/model/target.ts';
import { newTargetState } from '../../../functions/core/model/target.ts';
import type { Forecast, Severity } from '../../../functions/core/model/verdict.ts';
import { asStored } from '../../../functions/core/sample/chunk-codec.ts';
import type { Settings } from '../../../functions/core/settings.ts';
import { durationText, reasonText, summaryText } from '../../../functions/core/text/sentences.ts';
import { plainTokens } from '../../../functions/core/text/tokens.ts';
import { deciderOf, memoryOf, remembered, type TargetMemory } from '../../../functions/flows/watch-memory.ts';

/** What Runbell would have said of one recording, with one configuration. */
export interface Replay {
  /** New messages in the channel; a reopened incident is told on the card that it has. */
  readonly cards: number;
  /** Samples that Runbell would have taken of those that were recorded. */
  readonly samples: number;
  readonly events: readonly ReplayEvent[];
  readonly points: readonly ReplayPoint[];
}

/** A turning point, as the card or its thread would have told it. */
export interface ReplayEvent {
  readonly atMs: number;
  readonly what: (typeof EVENTS)[number];
  readonly severity: Severity;
  readonly text: string;
  readonly forecast: Forecast | null;
}

/** One sample, with what was said after it. */
export interface ReplayPoint {
  readonly atMs: number;
  /** null: it could not be read. */
  readonly connected: number | null;
  readonly connectionsMax: number;
  /** Of the incident that is open; null: none is. */
  readonly severity: Severity | null;
}

/** As the watch function looks: on its tick, and closer under suspicion. */
const CLOSE_LOOK_MS = 5000;
/** A tick is never on the millisecond; earlier than this it is another one. */
const EARLY_SHARE = 0.1;
const EVENTS = ['opened', 'reopened', 'escalated', 'turned', 'changed', 'resolved'] as const;
const INCIDENT_ID = 'inc-replay0000';

interface Course {
  readonly state: TargetState;
  readonly memory: TargetMemory;
  readonly lastMs: number;
}

interface Step {
  readonly course: Course;
  readonly point: ReplayPoint;
  readonly event: ReplayEvent | null;
}

/** Recorded samples through the rules, the detector and the incident's life, each at the time that it was taken. */
export function replay(samples: readonly Sample[], settings: Settings, target: TargetConfig): Replay {
  let course: Course = {
    state: newTargetState(target.id),
    memory: memoryOf(new Map(), target.id),
    lastMs: Number.NEGATIVE_INFINITY,
  };
  // Nobody can look at the hosts of that time.
  const alone = { ...settings, config: { ...settings.config, applications: [] } };
  const events: ReplayEvent[] = [];
  const points: ReplayPoint[] = [];
  for (const sample of samples) {
    if (sample.atMs - course.lastMs < nextLookMs(course, settings, target)) continue;
    const step = takeOne(course, sample, alone, target);
    course = step.course;
    if (step.event !== null) events.push(step.event);
    points.push(step.point);
  }
  const cards = events.filter(({ what }) => what === 'opened').length;
  return { cards, samples: points.length, events, points };
}

function nextLookMs({ memory }: Course, { config }: Settings, target: TargetConfig): number {
  const isClose = isSuspicious(memory.records, rulesOf(config, target)) && isMoving(memory.records);
  const everyMs = isClose ? CLOSE_LOOK_MS : config.sampling.everySeconds * 1000;
  return everyMs * (1 - EARLY_SHARE);
}

/** sample -> evaluate -> incident, as in the watch function; what that would write becomes the next state. */
function takeOne(course: Course, sample: Sample, settings: Settings, target: TargetConfig): Step {
  const before = course.state;
  const reading = sample.kind === 'reading' ? sample : sample.kind === 'full' ? sample.detail : null;
  const limit = reading?.connectionsMax ?? course.memory.connectionsMax;
  const record = asStored('raw', toTickRecord(sample, limit));
  const memory = remembered(course.memory, record, reading, deciderOf(settings, target));
  const { records } = memory;
  const { verdict } = memory.decision;
  const figures = figuresOf(before.figures, sample, records);
  const holders = wholeHolders(sample);
  const input = { state: before, verdict, figures, records, holders, nowMs: sample.atMs, newId: INCIDENT_ID, settings };
  const advanced = advanceTarget(input);
  const state = advanced.kind === 'write' ? told(advanced.state) : before;
  return {
    course: { state, memory, lastMs: sample.atMs },
    point: {
      atMs: sample.atMs,
      connected: reading?.connected ?? (sample.kind === 'full' ? limit : null),
      connectionsMax: limit,
      severity: openIncident(state)?.severity ?? null,
    },
    event: advanced.kind === 'write' ? eventOf(state, advanced.why, sample.atMs) : null,
  };
}

/** Slack has it at once: trouble after an end that nobody was told of would go on with the former card. */
function told(state: TargetState): TargetState {
  const { notice } = state;
  return { ...state, storyOwed: [], timelineOwed: [], notice: { ...notice, shownVersion: notice.owedVersion } };
}

function openIncident({ incident }: TargetState): TargetState['incident'] {
  return incident === null || incident.resolvedAtMs !== null ? null : incident;
}

function eventOf(after: TargetState, why: string, nowMs: number): ReplayEvent | null {
  const { incident } = after;
  const what = EVENTS.find((known) => known === why);
  if (what === undefined || incident === null) return null;
  const summary = summaryText(after);
  const reasons = incident.reasons.map(reasonText).join('; ');
  const text =
    what === 'resolved' ? `after ${durationText(nowMs - incident.openedAtMs)}: ${summary}` : `${summary}; ${reasons}`;
  return { atMs: nowMs, what, severity: incident.severity, text: plainTokens(text), forecast: incident.forecast };
}
