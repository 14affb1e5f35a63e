import { nodeDigest } from '../../functions/adapters/slack/verify-request.ts';
import type { Form, FormOpener, RequestLog, RequestRecord } from '../../functions/core/model/decision.ts';
import type { Log } from '../../functions/core/ports.ts';
import { createInteractHandler, type InteractHandlerDeps } from '../../functions/interact.handler.ts';
import { NOW_MS, SIGNING_SECRET } from './signed-request.ts';

export class MemoryRequestLog implements RequestLog {
  readonly records: RequestRecord[] = [];
  answer: 'failed' | null = null;

  async record(request: RequestRecord): Promise<'written' | 'exists' | 'failed'> {
    if (this.answer !== null) return this.answer;
    const isThere = this.records.some(({ id }) => id === request.id);
    this.records.push(request);
    return isThere ? 'exists' : 'written';
  }
}

export class MemoryLog implements Log {
  readonly lines: {
    readonly level: string;
    readonly event: string;
    readonly fields: Readonly<Record<string, unknown>>;
  }[] = [];
  info = (event: string, fields: Readonly<Record<string, unknown>>): void => {
    this.lines.push({ level: 'info', event, fields });
  };
  error = (event: string, fields: Readonly<Record<string, unknown>>): void => {
    this.lines.push({ level: 'error', event, fields });
  };
}

/** Remembers which forms came up. */
export class MemoryForms implements FormOpener {
  readonly opened: Form[] = [];

  async open(_triggerId: string, form: Form): ReturnType<FormOpener['open']> {
    this.opened.push(form);
    return { kind: 'opened', viewId: `V${this.opened.length}` };
  }
}

/** The interact handler with its table, forms and log in memory. `calls` counts what a request can make it spend. */
export function interactStage(more: Partial<InteractHandlerDeps> = {}) {
  const requests = new MemoryRequestLog();
  const log = new MemoryLog();
  const forms = new MemoryForms();
  const calls = { secret: 0, digest: 0 };
  const handle = createInteractHandler({
    requests,
    log,
    forms,
    slackSecret: async () => {
      calls.secret += 1;
      return { signingSecret: SIGNING_SECRET, botToken: 'test-bot-token' };
    },
    digest: (request, secret) => {
      calls.digest += 1;
      return nodeDigest(request, secret);
    },
    clock: { nowMs: () => NOW_MS },
    ...more,
  });
  return { handle, requests, forms, log, calls, events: () => log.lines.map(({ event }) => event) };
}
