import type { Click, RequestLog } from '../core/act/click.ts';
import type { RequestRecord } from '../core/act/request.ts';
import type { Clock, Log } from '../core/ports.ts';

export interface InteractDeps {
  readonly requests: RequestLog;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly log: Log;
  /** SHA-256, hex. */
  readonly hash: (text: string) => string;
}

/**
 * Stores a click before it is acknowledged: one write, no decision. Whoever reads the stream decides.
 * `lost`: nothing was stored, so the click must not be acknowledged and the person sees Slack's own warning.
 */
export async function recordClick(click: Click, deps: InteractDeps): Promise<'recorded' | 'lost'> {
  const record = recordOf(click, deps);
  const answer = await deps.requests.record(record);
  const fields = {
    requestId: record.id,
    request: click.request.kind,
    userId: click.by.userId,
    actionId: click.actionId,
  };
  if (answer === 'failed') {
    deps.log.error('click.lost', fields);
    return 'lost';
  }
  deps.log.info(answer === 'exists' ? 'click.repeated' : 'click.recorded', fields);
  return 'recorded';
}

function recordOf(click: Click, { hash, clock }: InteractDeps): RequestRecord {
  const { by, channel, messageTs, actionId, actionTs, request } = click;
  return {
    schema: 1,
    id: hash([by.teamId, channel, messageTs ?? '', actionId, by.userId, actionTs].join('|')),
    receivedAtMs: clock.nowMs(),
    by,
    channel,
    messageTs,
    request,
    decision: null,
    answerOwed: true,
    answerFailures: 0,
  };
}
