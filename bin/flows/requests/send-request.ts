import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Decision, RequestRecord } from '../../../functions/core/model/decision.ts';
import type { Request, Requester } from '../../../functions/core/model/request.ts';
import type { Stores } from '../../../functions/core/ports.ts';
import { inboxIdOf } from '../../../functions/core/store/inbox.ts';

const LOOK_MS = 300;
/** The stream takes a second or two; what it lost the sweep delivers again within a minute or two. */
const DECISION_MS_MAX = 150_000;
const SLOW_MS = 10_000;

export interface SentRequest {
  readonly id: string;
  /** null: none came in time. The request stays, and may still be decided. */
  readonly decision: Decision | null;
}

/**
 * Writes a request into the table, where the same function finds and decides it that decides every click. It works
 * while Slack is down: nothing of the way there and back goes through Slack.
 */
export async function sendRequest(
  { inbox, requests }: Pick<Stores, 'inbox' | 'requests'>,
  request: Request,
  by: Requester,
  say: (line: string) => void,
): Promise<SentRequest> {
  const record = recordOf(request, by);
  await inbox.write(inboxIdOf(record), record, null);
  const startedMs = Date.now();
  let isSlow = false;
  while (Date.now() - startedMs < DECISION_MS_MAX) {
    const decision = (await requests.read(record.id))?.value.decision ?? null;
    if (decision !== null) return { id: record.id, decision };
    if (!isSlow && Date.now() - startedMs > SLOW_MS) {
      isSlow = true;
      say('No decision yet. What the stream lost is delivered again within two minutes …');
    }
    await wait(LOOK_MS);
  }
  return { id: record.id, decision: null };
}

function recordOf(request: Request, by: Requester): RequestRecord {
  return {
    schema: 1,
    id: randomBytes(32).toString('hex'),
    receivedAtMs: Date.now(),
    by,
    channel: 'command-line',
    messageTs: null,
    request,
    decision: null,
    answerOwed: true,
    answerFailures: 0,
  };
}
