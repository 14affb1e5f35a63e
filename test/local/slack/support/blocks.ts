import type { Button, KnownBlock, ModalView, PlainTextElement } from '@slack/types';

export const plain = (text: string): PlainTextElement => ({ type: 'plain_text', text });
export const section = (text: string): KnownBlock => ({ type: 'section', text: { type: 'mrkdwn', text } });
export const button = (actionId: string, more: Partial<Button> = {}): Button => ({
  type: 'button',
  action_id: actionId,
  value: `value of ${actionId}`,
  text: plain(actionId),
  ...more,
});
export const actions = (...elements: Button[]): KnownBlock => ({ type: 'actions', block_id: 'row', elements });

export const confirm = {
  title: plain('Restart?'),
  text: plain('5 seconds away.'),
  confirm: plain('Go'),
  deny: plain('No'),
};

/** One of every kind of block that a message may hold. */
export const everyKind: KnownBlock[] = [
  { type: 'header', text: plain('Head') },
  { type: 'section', text: { type: 'mrkdwn', text: '*text*' }, fields: [plain('left'), plain('right')], expand: true },
  {
    type: 'section',
    text: plain('with'),
    accessory: { type: 'overflow', options: [{ text: plain('More'), value: 'more' }] },
  },
  { type: 'context', elements: [plain('small'), { type: 'mrkdwn', text: '_print_', verbatim: true }] },
  { type: 'divider' },
  actions(button('run', { style: 'primary', confirm }), button('stop', { style: 'danger' })),
  {
    type: 'actions',
    elements: [{ type: 'static_select', placeholder: plain('Which'), options: [{ text: plain('One'), value: '1' }] }],
  },
];

/** A chart of one line. */
export const lineOf = (values: readonly number[]) => ({
  type: 'line',
  series: [{ name: 'Connections', data: values.map((value, at) => ({ label: `${at}`, value })) }],
  axis_config: { categories: values.map((_, at) => `${at}`), x_label: 'minutes' },
});

/** A modal with every kind of input. */
export const modal: ModalView = {
  type: 'modal',
  callback_id: 'silence',
  private_metadata: 'inc-1',
  title: plain('Silence'),
  submit: plain('Silence it'),
  blocks: [
    section('For *orders-db*'),
    {
      type: 'input',
      block_id: 'why',
      label: plain('Reason'),
      hint: plain('It is kept.'),
      element: { type: 'plain_text_input', action_id: 'text', multiline: true },
    },
    {
      type: 'input',
      block_id: 'long',
      label: plain('How long'),
      element: {
        type: 'static_select',
        action_id: 'choice',
        options: [
          { text: plain('30 minutes'), value: '30' },
          { text: plain('2 hours'), value: '120' },
        ],
      },
    },
    {
      type: 'input',
      block_id: 'also',
      optional: true,
      label: plain('Also'),
      element: { type: 'checkboxes', action_id: 'boxes', options: [{ text: plain('Tell the others'), value: 'tell' }] },
    },
  ],
};
