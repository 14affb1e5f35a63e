import { inForce } from '../../../functions/core/act/freezes.ts';
import type { Config } from '../../../functions/core/config/config.ts';
import { windowSilence } from '../../../functions/core/incident/maintenance.ts';
import { owedForMs } from '../../../functions/core/incident/owe.ts';
import type { ChannelState } from '../../../functions/core/model/channel.ts';
import { isOwed } from '../../../functions/core/model/delivery.ts';
import type { FreezeState } from '../../../functions/core/model/freeze.ts';
import type { TickRecord } from '../../../functions/core/model/sample-record.ts';
import { isSeen } from '../../../functions/core/model/sample-record.ts';
import type { TargetState } from '../../../functions/core/model/target.ts';
import type { Cause } from '../../../functions/core/model/verdict.ts';
import type { SetAside } from '../../../functions/core/ports.ts';
import { causeText } from '../../../functions/core/text/causes.ts';
import { isoSeconds } from '../../../functions/core/text/tokens.ts';
import { type CopiesView, copiesView } from '../copies.ts';
import { type IncidentView, incidentView } from '../incident-view.ts';

/** What is stored, as far as somebody wants to know it at a glance. */
export interface StatusInput {
  /** Targets with something open, owed, silenced or waiting. */
  readonly states: readonly TargetState[];
  readonly freezes: FreezeState | 'unreadable';
  /** Of every channel that cards go to. */
  readonly channels: readonly ChannelState[];
  /** null: there is no configuration at hand, and so nothing is known of windows and of targets that are not sampled. */
  readonly config: Config | null;
  /** What the last while brought of each target, oldest first. */
  readonly records: ReadonlyMap<string, readonly TickRecord[]>;
  readonly advice: ReadonlyMap<string, readonly Cause[]>;
  /** Clicks and typed wishes that wait for their decision, or the answer to it, for longer than usual. */
  readonly undecided: number;
  /** Items that cannot be read or are not what their keys say. */
  readonly setAside: readonly SetAside[];
  readonly nowMs: number;
}

export interface StatusView {
  readonly at: string;
  /** Worst first. */
  readonly incidents: readonly IncidentView[];
  /** Targets that are not seen as they should be, besides those whose incident says so. */
  readonly unseen: readonly { readonly targetId: string; readonly lastSampleAt: string | null; readonly why: string }[];
  readonly advice: readonly { readonly targetId: string; readonly text: string }[];
  readonly silences: readonly {
    readonly targetId: string;
    readonly until: string;
    readonly byUserId: string;
    readonly why: string;
  }[];
  /** null: no configuration was at hand. */
  readonly maintenance: readonly WindowView[] | null;
  /** null: the item cannot be read, and nothing may run. */
  readonly freezes: readonly FreezeView[] | null;
  /** What Slack does not have, longest first. */
  readonly owed: readonly { readonly what: string; readonly since: string; readonly problem: string | null }[];
  readonly undecided: number;
  readonly setAside: readonly SetAside[];
  /** What Runbell does on hosts without a click; null: no configuration was at hand. */
  readonly copies: readonly CopiesView[] | null;
  /** When it does so each day, UTC; null: no configuration was at hand. */
  readonly copiesAtUtc: string | null;
  /** How many targets are sampled, and when the last of them was; null: none in the last while. */
  readonly sampled: { readonly targets: number; readonly slowestAt: string } | null;
}

interface WindowView {
  readonly until: string;
  readonly targets: readonly string[] | 'all';
  readonly holds: 'warnings' | 'everything';
  readonly why: string;
}

interface FreezeView {
  readonly scope: FreezeState['freezes'][number]['scope'];
  readonly byUserId: string;
  readonly since: string;
  readonly until: string | null;
  readonly why: string;
}

/** Far behind what any target waits between two tries: one that does not answer is tried every five minutes. */
const UNSEEN_MS = 6 * 60_000;

const BLIND = 'blind: the account sees only its own connections, because it lacks PROCESS';

export function statusView(input: StatusInput): StatusView {
  const { states, freezes, config, records, advice, nowMs } = input;
  const incidents = states
    .flatMap((state) => incidentView(state) ?? [])
    .filter(({ resolvedAt }) => resolvedAt === null);
  const inTrouble = new Set(incidents.map(({ targetId }) => targetId));
  const seenAtMs = [...records.values()].flatMap((one) => one.at(-1)?.atMs ?? []);
  return {
    at: isoSeconds(nowMs),
    incidents: incidents.toSorted((a, b) => rank(a) - rank(b) || a.openedAt.localeCompare(b.openedAt)),
    unseen: unseen(input, inTrouble),
    advice: [...advice].flatMap(([targetId, causes]) =>
      inTrouble.has(targetId) ? [] : causes.flatMap((cause) => ({ targetId, text: causeText(cause) ?? cause.kind })),
    ),
    silences: silences(states, nowMs),
    maintenance: config === null ? null : windows(config, nowMs),
    freezes: freezes === 'unreadable' ? null : frozen(freezes, nowMs),
    owed: owed(input),
    undecided: input.undecided,
    setAside: input.setAside,
    copies: config === null ? null : copiesView(config),
    copiesAtUtc: config?.snapshots.atUtc ?? null,
    sampled: seenAtMs.length === 0 ? null : { targets: seenAtMs.length, slowestAt: isoSeconds(Math.min(...seenAtMs)) },
  };
}

function rank({ isPractice, severity }: IncidentView): number {
  return isPractice ? 2 : severity === 'critical' ? 0 : 1;
}

function unseen({ config, records, nowMs }: StatusInput, inTrouble: ReadonlySet<string>): StatusView['unseen'] {
  const ids = config?.targets.map(({ id }) => id) ?? [...records.keys()];
  return ids.flatMap((targetId) => {
    const last = records.get(targetId)?.at(-1);
    const lastSampleAt = last === undefined ? null : isoSeconds(last.atMs);
    const isLate = last === undefined || nowMs - last.atMs > UNSEEN_MS;
    if (isLate) return [{ targetId, lastSampleAt, why: 'not sampled' }];
    if (inTrouble.has(targetId)) return [];
    if (last.kind === 'unreadable') return [{ targetId, lastSampleAt, why: `cannot be read (${last.cause})` }];
    const looked = records
      .get(targetId)
      ?.filter(isSeen)
      .findLast((record) => record.blind || record.ages !== null);
    return looked?.blind === true ? [{ targetId, lastSampleAt, why: BLIND }] : [];
  });
}

function silences(states: readonly TargetState[], nowMs: number): StatusView['silences'] {
  return states.flatMap(({ targetId, silence }) =>
    silence === null || silence.byUserId === null || silence.untilMs <= nowMs
      ? []
      : [{ targetId, until: isoSeconds(silence.untilMs), byUserId: silence.byUserId, why: silence.why }],
  );
}

function windows({ maintenance }: Config, nowMs: number): readonly WindowView[] {
  return maintenance.flatMap((window) => {
    const on = windowSilence(window, nowMs);
    const { targets = 'all', holds, reason } = window;
    return on === null ? [] : [{ until: isoSeconds(on.untilMs), targets, holds, why: reason }];
  });
}

function frozen(freezes: FreezeState, nowMs: number): readonly FreezeView[] {
  return inForce(freezes, nowMs).map(({ scope, byUserId, sinceMs, untilMs, why }) => ({
    scope,
    byUserId,
    since: isoSeconds(sinceMs),
    until: untilMs === null ? null : isoSeconds(untilMs),
    why,
  }));
}

function owed({ states, channels, freezes, nowMs }: StatusInput): StatusView['owed'] {
  const cards = states.flatMap((state) => {
    const forMs = owedForMs(state, nowMs);
    const { lastProblem: problem } = state.notice;
    return forMs === 0 ? [] : [{ what: `the card of ${state.targetId}`, sinceMs: nowMs - forMs, problem }];
  });
  const messages = [
    ...channels.map(({ channel, storm }) => ({ what: `the summary in ${channel}`, notice: storm?.notice })),
    ...(freezes === 'unreadable'
      ? []
      : freezes.freezes.map(({ notice }) => ({ what: 'the message of a freeze', notice }))),
  ].flatMap(({ what, notice }) =>
    notice === undefined || !isOwed(notice)
      ? []
      : [{ what, sinceMs: notice.owedSinceMs ?? nowMs, problem: notice.lastProblem }],
  );
  return [...cards, ...messages]
    .toSorted((a, b) => a.sinceMs - b.sinceMs)
    .map(({ what, sinceMs, problem }) => ({ what, since: isoSeconds(sinceMs), problem }));
}
