import type { DetailsRequest, Request, Requester, RequestRecord } from './request.ts';

/** What a person did in Slack, as its verified payload says: pressed a button, sent a form, typed a command. */
export interface Click {
  readonly by: Requester;
  readonly channel: string;
  readonly messageTs: string | null;
  /** Which button, form or command it was, for the log and the request's id. */
  readonly actionId: string;
  /** Tells two presses of the same button apart; the same one delivered again has the same. */
  readonly once: string;
  readonly wish: Wish;
}

export type Wish =
  | { readonly kind: 'request'; readonly request: Request }
  | { readonly kind: 'form'; readonly form: Form; readonly triggerId: string };

/** A form that a click opens before anything is requested. */
export type Form =
  /** Comes up empty and is filled by whoever answers the request. */
  | { readonly kind: 'details'; readonly request: DetailsRequest }
  | { readonly kind: 'silence'; readonly targetId: string };

/** Opens a form on the screen of whoever clicked; `repeated`: an earlier delivery of the same click has opened it. */
export interface FormOpener {
  open(
    triggerId: string,
    form: Form,
    place: Pick<Click, 'channel' | 'messageTs'>,
  ): Promise<
    | { readonly kind: 'opened'; readonly viewId: string }
    | { readonly kind: 'repeated' }
    | { readonly kind: 'failed'; readonly why: string }
  >;
}

/** Writes the request item, once. `exists`: the same click was delivered before. */
export interface RequestLog {
  record(request: RequestRecord): Promise<'written' | 'exists' | 'failed'>;
}
