import type { RequestRecord } from '../core/model/decision.ts';
import type { Details } from '../core/model/details.ts';
import type { BoardAnswer, NoticeBoard, Stores } from '../core/ports.ts';
import { changeItem } from './change-item.ts';
import { type KeepTimelineDeps, keepDecision } from './keep-timeline.ts';

const ANSWER_FAILURES_MAX = 5;
/** As much of a request's id as a person can quote. */
const CLICK_CHARS = 16;

export interface NotifyRequestDeps extends KeepTimelineDeps {
  readonly stores: Pick<Stores, 'targets' | 'applications' | 'timeline' | 'requests'>;
  readonly board: NoticeBoard;
}

/** Keeps a decision in the timeline, and tells the one who asked what only they are told. */
export async function notifyRequest(
  deps: NotifyRequestDeps,
  requestId: string,
): Promise<'nothingOwed' | 'told' | 'later' | 'refused' | 'unclear'> {
  const record = (await deps.stores.requests.read(requestId))?.value;
  if (record === undefined || !record.answerOwed || record.decision === null) return 'nothingOwed';
  await keepDecision(deps, record);
  const answer = await tell(deps.board, record);
  const isGivenUp = answer.kind !== 'done' && record.answerFailures + 1 >= ANSWER_FAILURES_MAX;
  if (isGivenUp) deps.log.error('answer', { request: requestId, why: 'givenUp', answer: answer.kind });
  const told = JSON.stringify(record.decision);
  await changeItem(deps.stores.requests, requestId, (value) =>
    value === null
      ? null
      : {
          ...value,
          // What came meanwhile was not told yet.
          answerOwed: JSON.stringify(value.decision) !== told || (answer.kind !== 'done' && !isGivenUp),
          answerFailures: value.answerFailures + (answer.kind === 'done' ? 0 : 1),
        },
  );
  return answer.kind === 'done' ? 'told' : answer.kind;
}

async function tell(board: NoticeBoard, record: RequestRecord): Promise<BoardAnswer<object>> {
  const { decision, request, channel, by } = record;
  if (decision === null || by.kind === 'operator') return { kind: 'done' };
  const viewId = request.kind === 'details' ? request.viewId : null;
  const note =
    decision.kind === 'refused' ? `${decision.sentence} (click ${record.id.slice(0, CLICK_CHARS)})` : decision.says;
  const shows: Details | null =
    decision.kind === 'refused' ? { kind: 'refused', sentence: note ?? '' } : decision.shows;
  if (viewId !== null && shows !== null) return board.fill(viewId, shows);
  return note === null ? { kind: 'done' } : board.whisper(channel, by.userId, note);
}
