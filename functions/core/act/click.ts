import type { Request, Requester, RequestRecord } from './request.ts';

/** One press of one button, as Slack's verified payload says. */
export interface Click {
  readonly by: Requester;
  readonly channel: string;
  readonly messageTs: string | null;
  readonly actionId: string;
  /** When it was pressed, by Slack's clock: tells two presses of the same button apart. */
  readonly actionTs: string;
  readonly request: Request;
}

/** Writes the request item, once. `exists`: the same click was delivered before. */
export interface RequestLog {
  record(request: RequestRecord): Promise<'written' | 'exists' | 'failed'>;
}
