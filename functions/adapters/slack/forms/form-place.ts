import type { Click } from '../../../core/model/decision.ts';

/** Where a form was asked for: the answer to what it sends goes there. */
export type FormPlace = Pick<Click, 'channel' | 'messageTs'>;

/** Slack's id of an open form together with its place, because a form that is filled loses what it carried. */
export function formHandle(viewId: string, { channel, messageTs }: FormPlace): string {
  return [viewId, channel, messageTs ?? ''].join(' ');
}

export function readFormHandle(handle: string): { readonly viewId: string; readonly place: FormPlace } {
  const [viewId = '', channel = '', messageTs = ''] = handle.split(' ');
  return { viewId, place: { channel, messageTs: messageTs === '' ? null : messageTs } };
}
