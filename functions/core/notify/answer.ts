import type { BoardAnswer, BoardProblem, BoardRefusal } from '../model/board-answer.ts';
import type { RequestRecord } from '../model/decision.ts';
import type { Details } from '../model/details.ts';
import type { TimelineDraft } from '../model/timeline.ts';
import { lostAnswerText, noFormText } from '../text/delivery.ts';
import { entryOfDecision } from '../timeline/decision-entry.ts';
import { problemText, retryAtMs } from './notice-debt.ts';

/** As much of a request's id as a person can quote. */
const CLICK_CHARS = 16;

/** Past this nobody waits for it any more, and what became of it is on the card and in the timeline. */
const ANSWER_MS_MAX = 60 * 60_000;

/** Whoever closed a form wants nothing filled. */
export const FORM_CLOSED = 'form_closed';

/** What only the one who asked is told. */
export interface PrivateAnswer {
  /** null: a note has to do. */
  readonly form: { readonly viewId: string; readonly shows: Details } | null;
  /** null: the card or the thread says it to everybody. */
  readonly note: string | null;
}

export function answerOf({ id, decision, request, by }: RequestRecord): PrivateAnswer {
  if (decision === null || by.kind === 'operator') return { form: null, note: null };
  const viewId = request.kind === 'details' ? request.viewId : null;
  const isRefused = decision.kind === 'refused';
  const note = isRefused ? `${decision.sentence} (click ${id.slice(0, CLICK_CHARS)})` : decision.says;
  const shows: Details | null = isRefused ? { kind: 'refused', sentence: note ?? '' } : decision.shows;
  return { form: viewId === null || shows === null ? null : { viewId, shows }, note };
}

/** What is said where the form cannot be filled; null: nothing. */
export function noteInstead({ note }: PrivateAnswer, refusal: BoardRefusal): string | null {
  if (note !== null || refusal.code === FORM_CLOSED) return note;
  return noFormText(refusal.sentence);
}

/** What is owed after Slack answered. `lost`: it is given up, and why. */
export function afterAnswer(
  record: RequestRecord,
  answer: BoardAnswer<object>,
  nowMs: number,
): { readonly record: RequestRecord; readonly lost: string | null } {
  const { notBeforeMs: _, lastProblem: __, ...told } = record;
  if (answer.kind === 'done') return { record: { ...told, answerOwed: false }, lost: null };
  const lastProblem = problemText(answer);
  const retryMs = retryAtMs(answer, record.answerFailures, false, nowMs);
  const tried = { ...told, answerFailures: record.answerFailures + 1, notBeforeMs: retryMs, lastProblem };
  const sinceMs = record.decision?.atMs ?? nowMs;
  const isLost = isForGood(answer) || retryMs > sinceMs + ANSWER_MS_MAX;
  return { record: { ...tried, answerOwed: !isLost }, lost: isLost ? lastProblem : null };
}

/** A token or a scope can be mended; a person whom Slack shows nothing stays so. */
function isForGood(problem: BoardProblem): boolean {
  return problem.kind === 'refused' && problem.about !== 'app';
}

/** For the chain that has the decision; null: a question, which leaves nothing there. */
export function lostAnswerEntry(
  record: RequestRecord,
  openIncidentId: string | null,
  why: string,
  nowMs: number,
): { readonly chain: string; readonly draft: TimelineDraft } | null {
  const decided = entryOfDecision(record, openIncidentId);
  if (decided === null) return null;
  const text = lostAnswerText(record.by.userId, why);
  const { refs } = decided.draft;
  const entry = { id: `unanswered:${record.id}`, atMs: nowMs, what: 'unanswered', byUserId: null } as const;
  return { chain: decided.chain, draft: { ...entry, why: 'answerLost', text, refs } };
}
