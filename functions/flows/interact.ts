import type { Click, Form, FormOpener, RequestLog, RequestRecord } from '../core/model/decision.ts';
import type { Request } from '../core/model/request.ts';
import type { Clock, Log } from '../core/ports.ts';

export interface InteractDeps {
  readonly requests: RequestLog;
  readonly forms: FormOpener;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly log: Log;
  /** SHA-256, hex. */
  readonly hash: (text: string) => string;
}

/** `lost`: nothing came of it, so it must not be acknowledged and the person sees Slack's own warning. */
export type Taken = 'taken' | 'lost';

/**
 * Takes a click before it is acknowledged: at most one form and one write, no decision. Whoever reads the stream
 * decides, and fills the form.
 */
export async function takeClick(click: Click, deps: InteractDeps): Promise<Taken> {
  const { wish } = click;
  return wish.kind === 'request' ? record(click, wish.request, deps) : openForm(click, wish, deps);
}

async function openForm(
  click: Click,
  { form, triggerId }: { readonly form: Form; readonly triggerId: string },
  deps: InteractDeps,
): Promise<Taken> {
  const opened = await deps.forms.open(triggerId, form, click, idOf(click, deps));
  const fields = { form: form.kind, userId: click.by.userId, actionId: click.actionId };
  if (opened.kind === 'failed' || opened.kind === 'unclear') {
    deps.log.error(`form.${opened.kind}`, { ...fields, why: opened.why });
    // What it would have shown is told all the same, in the form or in a note. Nothing fills the form of a silence.
    if (opened.kind === 'failed' || form.kind === 'silence') return 'lost';
  } else {
    deps.log.info(`form.${opened.kind}`, fields);
  }
  if (opened.kind === 'repeated' || form.kind === 'silence') return 'taken';
  return record(click, { ...form.request, viewId: opened.viewId }, deps);
}

async function record(click: Click, request: Request, deps: InteractDeps): Promise<Taken> {
  const stored = recordOf(click, request, deps);
  const answer = await deps.requests.record(stored);
  const fields = { requestId: stored.id, request: request.kind, userId: click.by.userId, actionId: click.actionId };
  if (answer === 'failed') {
    deps.log.error('click.lost', fields);
    return 'lost';
  }
  deps.log.info(answer === 'exists' ? 'click.repeated' : 'click.recorded', fields);
  return 'taken';
}

function idOf({ by, channel, messageTs, actionId, once }: Click, { hash }: InteractDeps): string {
  return hash([by.teamId, channel, messageTs ?? '', actionId, by.userId, once].join('|'));
}

function recordOf(click: Click, request: Request, deps: InteractDeps): RequestRecord {
  const { by, channel, messageTs } = click;
  return {
    schema: 1,
    id: idOf(click, deps),
    receivedAtMs: deps.clock.nowMs(),
    by,
    channel,
    messageTs,
    request,
    decision: null,
    answerOwed: true,
    answerFailures: 0,
  };
}
