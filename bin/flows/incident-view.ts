import type { TargetState } from '../../functions/core/model/target.ts';
import { behindTexts } from '../../functions/core/text/causes.ts';
import {
  durationText,
  outcomeText,
  reasonText,
  sightAdvice,
  summaryText,
} from '../../functions/core/text/sentences.ts';
import { isoSeconds, plainTokens } from '../../functions/core/text/tokens.ts';

/** One incident as a program reads it: ids, words of the glossary, and instants in UTC. */
export interface IncidentView {
  readonly id: string;
  readonly targetId: string;
  readonly severity: string;
  readonly openedAt: string;
  /** null while it is open. */
  readonly resolvedAt: string | null;
  readonly reasons: readonly string[];
  /** What stands behind it and whose connections grew. */
  readonly behind: readonly string[];
  readonly figures: string;
  readonly acknowledgedBy: string | null;
  readonly silencedUntil: string | null;
  readonly run: {
    readonly id: string;
    readonly runbook: string;
    readonly phase: string;
    readonly outcome: string | null;
  } | null;
  /** Slack has not got the newest state yet. */
  readonly noticeOwed: boolean;
  readonly isPractice: boolean;
}

/** null: nothing is or was wrong there. */
export function incidentView(state: TargetState): IncidentView | null {
  const { incident, run, notice, targetId, acknowledgement, silence } = state;
  if (incident === null) return null;
  return {
    id: incident.id,
    targetId,
    severity: incident.severity,
    openedAt: isoSeconds(incident.openedAtMs),
    resolvedAt: incident.resolvedAtMs === null ? null : isoSeconds(incident.resolvedAtMs),
    reasons: incident.reasons.map((reason) => plainTokens(reasonText(reason))),
    behind: behindTexts(incident).map(plainTokens),
    figures: plainTokens([summaryText(state), ...sightAdvice(state)].join('. ')),
    acknowledgedBy: acknowledgement?.userId ?? null,
    silencedUntil: silence === null ? null : isoSeconds(silence.untilMs),
    run:
      run === null
        ? null
        : {
            id: run.runId,
            runbook: run.runbookId,
            phase: run.phase,
            outcome: run.outcome === null ? null : run.outcome.kind,
          },
    noticeOwed: notice.owedVersion > notice.shownVersion,
    isPractice: incident.isPractice === true,
  };
}

/** A few lines for a terminal. */
export function incidentText(state: TargetState, nowMs: number): string {
  const view = incidentView(state);
  if (view === null || state.incident === null) return `${state.targetId}: no incident`;
  const since = durationText(nowMs - state.incident.openedAtMs);
  const head = view.resolvedAt === null ? `${view.severity}, open for ${since}` : `resolved at ${view.resolvedAt}`;
  const { run } = state;
  return [
    `${view.targetId}  ${view.id}  ${head}${view.isPractice ? ' (practice)' : ''}`,
    `  ${view.figures}`,
    ...view.reasons.map((reason) => `  ${reason}`),
    ...view.behind.map((line) => `  ${line}`),
    ...(view.acknowledgedBy === null ? [] : [`  @${view.acknowledgedBy} has it`]),
    ...(view.silencedUntil === null ? [] : [`  silenced until ${view.silencedUntil}`]),
    ...(run === null
      ? []
      : [
          `  ${run.runbookTitle} by @${run.byUserId}: ${run.phase}${run.outcome === null ? '' : `, ${plainTokens(outcomeText(run.outcome))}`}`,
        ]),
    ...(view.noticeOwed ? [`  Slack does not have the newest state yet${problemText(state)}`] : []),
  ].join('\n');
}

function problemText({ notice }: TargetState): string {
  return notice.lastProblem === null ? '' : ` (${notice.lastProblem})`;
}
