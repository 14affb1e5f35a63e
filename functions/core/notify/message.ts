import type { FreezeNotice } from './freeze-notice.ts';
import type { Notice } from './notice.ts';
import type { Summary } from './summary.ts';

/** What a channel can be shown: one message for each, posted once and edited from then on. */
export type Message = Notice | Summary | FreezeNotice;

/** What the message carries as metadata, by which it is found again. */
export function idOfMessage(what: Message): string {
  return what.kind === 'incident' ? what.incidentId : what.id;
}
