import { actions, button, confirm, plain, section } from './blocks.ts';
import { CHANNEL, ON_CALL, type SlackStage } from './slack-stage.ts';

/** A message with a button, an overflow menu and a select; its ts. */
export async function postCard({ client }: SlackStage, threadTs?: string): Promise<string> {
  const options = [
    { text: plain('One'), value: '1' },
    { text: plain('Two'), value: '2' },
  ];
  const { ts = '' } = await client.chat.postMessage({
    channel: CHANNEL,
    text: 'card',
    ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
    blocks: [
      actions(button('run', { style: 'primary', confirm })),
      { ...section('more'), block_id: 'beside', accessory: { type: 'overflow', action_id: 'menu', options } } as never,
      { type: 'actions', elements: [{ type: 'static_select', action_id: 'select', options }] },
    ],
  });
  return ts;
}

/** Press *run* on it, or what `more` says. */
export const press = (stage: SlackStage, ts: string, more: object = {}) =>
  stage.post('/api/click', { user: ON_CALL, ts, actionId: 'run', ...more });
