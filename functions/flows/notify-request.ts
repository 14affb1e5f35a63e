import type { BoardAnswer } from '../core/model/board-answer.ts';
import type { RequestRecord } from '../core/model/decision.ts';
import { afterAnswer, answerOf, lostAnswerEntry, noteInstead } from '../core/notify/answer.ts';
import type { NoticeBoard, Stores } from '../core/ports.ts';
import { changeItem } from './change-item.ts';
import { incidentOf, type KeepTimelineDeps, keepDecision } from './keep-timeline.ts';

export interface NotifyRequestDeps extends KeepTimelineDeps {
  readonly stores: Pick<Stores, 'targets' | 'applications' | 'timeline' | 'requests'>;
  readonly board: NoticeBoard;
}

export type NotifyRequestReport = 'nothingOwed' | 'tooEarly' | 'told' | 'later' | 'refused' | 'unclear';

/**
 * Keeps a decision in the timeline, and tells the one who asked what only they are told. What Slack does not take now
 * stays owed with the instant of the next try, as a card does; what it never takes is named.
 */
export async function notifyRequest(deps: NotifyRequestDeps, requestId: string): Promise<NotifyRequestReport> {
  const { stores, clock, log, board } = deps;
  const record = (await stores.requests.read(requestId))?.value;
  if (record === undefined || !record.answerOwed || record.decision === null) return 'nothingOwed';
  if ((record.notBeforeMs ?? 0) > clock.nowMs()) return 'tooEarly';
  await keepDecision(deps, record);
  const answer = await tell(board, record);
  const nowMs = clock.nowMs();
  const { lost } = afterAnswer(record, answer, nowMs);
  if (lost !== null) await keepLost(deps, record, lost);
  const decided = JSON.stringify(record.decision);
  await changeItem(stores.requests, requestId, (value) => {
    if (value === null) return null;
    const after = afterAnswer(value, answer, nowMs).record;
    // What came meanwhile was not told yet.
    return JSON.stringify(value.decision) === decided ? after : { ...after, answerOwed: true };
  });
  if (answer.kind === 'done') return 'told';
  const fields = { request: requestId, user: record.by.userId, report: answer.kind };
  if (lost === null) log.info('answer', { ...fields, why: answer.kind === 'refused' ? answer.sentence : answer.why });
  else log.error('answerLost', { ...fields, why: lost });
  return answer.kind;
}

/** In the open form, else by a private note, else by a direct message. */
async function tell(board: NoticeBoard, record: RequestRecord): Promise<BoardAnswer<object>> {
  const { channel, by } = record;
  const answer = answerOf(record);
  let { note } = answer;
  if (answer.form !== null) {
    const filled = await board.fill(answer.form.viewId, answer.form.shows);
    if (filled.kind !== 'refused' || filled.about === 'app') return filled;
    note = noteInstead(answer, filled);
  }
  if (note === null) return { kind: 'done' };
  const noted = await board.whisper(channel, by.userId, note);
  return noted.kind === 'refused' && noted.about === 'place' ? board.direct(by.userId, note) : noted;
}

async function keepLost(deps: NotifyRequestDeps, record: RequestRecord, why: string): Promise<void> {
  const entry = lostAnswerEntry(record, await incidentOf(deps, record), why, deps.clock.nowMs());
  if (entry !== null) await deps.stores.timeline.append(entry.chain, entry.draft);
}
