import { describe, expect, it } from 'vitest';
import { validateBlocks, validateView } from '../../../local/slack/validate-blocks.ts';
import { actions, button, confirm, everyKind, modal, plain, section } from './support/blocks.ts';

const repeat = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, at) => make(at));
const options = (count: number) => repeat(count, (at) => ({ text: plain(`${at}`), value: `${at}` }));
const x = (count: number) => 'x'.repeat(count);
const points = (count: number) => repeat(count, (at) => ({ label: `${at}`, value: at }));
const line = { name: 'a', data: points(2) };
const chart = (more: object = {}, series: object[] = [line], categories = 2) => ({
  type: 'data_visualization',
  title: 'Connections',
  chart: { type: 'line', series, axis_config: { categories: points(categories).map(({ label }) => label) } },
  ...more,
});
const beside = (accessory: object) => ({ ...section('x'), accessory });
const asking = (more: Partial<typeof confirm>) => [actions(button('a', { confirm: { ...confirm, ...more } }))];
const input = (element: object) => ({ type: 'input', label: plain('l'), element });

describe('blocks of a message', () => {
  it('are valid for every kind that is sent', () => {
    expect(validateBlocks(everyKind)).toMatchObject({ kind: 'valid' });
  });

  it('get the ids that they came without', () => {
    const judged = validateBlocks([{ type: 'actions', elements: [{ type: 'button', text: plain('x') }] }]);
    expect(judged).toMatchObject({
      value: [{ block_id: expect.stringMatching(/./), elements: [{ action_id: expect.stringMatching(/./) }] }],
    });
  });

  it.each<[what: string, limit: number, make: (size: number) => unknown, pointer: string]>([
    ['blocks', 50, (n) => repeat(n, () => ({ type: 'divider' })), '/blocks'],
    ['header', 150, (n) => [{ type: 'header', text: plain(x(n)) }], '/blocks/0/text/text'],
    ['section', 3000, (n) => [section(x(n))], '/blocks/0/text/text'],
    ['fields', 10, (n) => [{ type: 'section', fields: repeat(n, () => plain('f')) }], '/blocks/0/fields'],
    ['a field', 2000, (n) => [{ type: 'section', fields: [plain(x(n))] }], '/blocks/0/fields/0/text'],
    ['actions', 25, (n) => [actions(...repeat(n, (at) => button(`${at}`)))], '/blocks/0/elements'],
    ['context', 10, (n) => [{ type: 'context', elements: repeat(n, () => plain('f')) }], '/blocks/0/elements'],
    ['a button', 75, (n) => [actions(button('a', { text: plain(x(n)) }))], '/blocks/0/elements/0/text/text'],
    ['a value', 2000, (n) => [actions(button('a', { value: x(n) }))], '/blocks/0/elements/0/value'],
    ['an action_id', 255, (n) => [actions(button('a', { action_id: x(n) }))], '/blocks/0/elements/0/action_id'],
    ['a block_id', 255, (n) => [{ type: 'divider', block_id: x(n) }], '/blocks/0/block_id'],
    ['an overflow', 5, (n) => [beside({ type: 'overflow', options: options(n) })], '/blocks/0/accessory/options'],
    ['a select', 100, (n) => [beside({ type: 'static_select', options: options(n) })], '/blocks/0/accessory/options'],
    ['checkboxes', 10, (n) => [input({ type: 'checkboxes', options: options(n) })], '/blocks/0/element/options'],
    [
      'an option',
      75,
      (n) => [beside({ type: 'overflow', options: [{ text: plain(x(n)), value: '1' }] })],
      '/blocks/0/accessory/options/0/text/text',
    ],
    [
      'a placeholder',
      150,
      (n) => [input({ type: 'plain_text_input', placeholder: plain(x(n)) })],
      '/blocks/0/element/placeholder/text',
    ],
    ['a label', 2000, (n) => [{ ...input({ type: 'plain_text_input' }), label: plain(x(n)) }], '/blocks/0/label/text'],
    ['a chart title', 50, (n) => [chart({ title: x(n) })], '/blocks/0/title'],
    [
      'lines',
      12,
      (n) => [
        chart(
          {},
          repeat(n, (at) => ({ name: `${at}`, data: points(2) })),
        ),
      ],
      '/blocks/0/chart/series',
    ],
    [
      'points',
      20,
      (n) => [chart({}, [{ name: 'a', data: points(n) }], Math.min(n, 20))],
      '/blocks/0/chart/series/0/data',
    ],
    ['a confirm title', 100, (n) => asking({ title: plain(x(n)) }), '/blocks/0/elements/0/confirm/title/text'],
    ['a confirm text', 300, (n) => asking({ text: plain(x(n)) }), '/blocks/0/elements/0/confirm/text/text'],
    ['a confirm button', 30, (n) => asking({ confirm: plain(x(n)) }), '/blocks/0/elements/0/confirm/confirm/text'],
    ['a deny button', 30, (n) => asking({ deny: plain(x(n)) }), '/blocks/0/elements/0/confirm/deny/text'],
  ])('are valid with %s of %i and refused with one more, naming the place', (_, limit, make, pointer) => {
    expect(validateBlocks(make(limit))).toMatchObject({ kind: 'valid' });
    const problems = [expect.stringContaining(`[json-pointer:${pointer}]`)];
    expect(validateBlocks(make(limit + 1))).toEqual({ kind: 'invalid', error: 'invalid_blocks', problems });
  });

  it.each<[problem: string, blocks: unknown]>([
    ['unsupported type [json-pointer:/blocks/1/type]', [{ type: 'divider' }, { type: 'carousel' }]],
    [
      'unsupported type [json-pointer:/blocks/0/accessory/type]',
      [{ ...section('x'), accessory: { type: 'datepicker' } }],
    ],
    ['missing required field: text [json-pointer:/blocks/0]', [{ type: 'header' }]],
    ['must define either `text` or `fields` [json-pointer:/blocks/0]', [{ type: 'section' }]],
    ['invalid additional property: colour [json-pointer:/blocks/0]', [{ type: 'divider', colour: 'red' }]],
    ['must be more than 0 characters [json-pointer:/blocks/0/text/text]', [section('')]],
    [
      'must be a valid enum value [json-pointer:/blocks/0/elements/0/style]',
      [actions({ ...button('a'), style: 'loud' as 'danger' })],
    ],
    ['must provide a valid object [json-pointer:/blocks/0]', ['text']],
    ['must provide a valid array [json-pointer:/blocks]', { type: 'divider' }],
    [
      'block_id already exists [json-pointer:/blocks/1/block_id]',
      [
        { type: 'divider', block_id: 'a' },
        { type: 'divider', block_id: 'a' },
      ],
    ],
    ['action_id already exists [json-pointer:/blocks/0/elements/1/action_id]', [actions(button('a'), button('a'))]],
    [
      'unsupported type [json-pointer:/blocks/0/text/type]',
      [{ type: 'section', text: { type: 'markdown', text: 'x' } }],
    ],
  ])('are refused with %j', (problem, blocks) => {
    expect(validateBlocks(blocks)).toEqual({ kind: 'invalid', error: 'invalid_blocks', problems: [problem] });
  });

  it('name every problem at once', () => {
    const judged = validateBlocks([
      section(''),
      { type: 'nonsense' },
      { type: 'header', text: plain('x'.repeat(151)) },
    ]);
    expect(judged.kind === 'invalid' && judged.problems).toHaveLength(3);
  });

  it('are too long together above 12,000 characters of text', () => {
    const long = repeat(4, () => section('x'.repeat(3000)));
    expect(validateBlocks(long)).toMatchObject({ kind: 'valid' });
    expect(validateBlocks([...long, section('x')])).toMatchObject({ kind: 'invalid', error: 'msg_blocks_too_long' });
  });
});

describe('a modal', () => {
  it('is valid with every kind of input', () => {
    expect(validateView(modal)).toMatchObject({
      kind: 'valid',
      value: { callback_id: 'silence', notify_on_close: false },
    });
  });

  it.each<[problem: string, view: unknown]>([
    ['must be less than 25 characters [json-pointer:/view/title/text]', { ...modal, title: plain('x'.repeat(25)) }],
    [
      'must be less than 3001 characters [json-pointer:/view/private_metadata]',
      { ...modal, private_metadata: 'x'.repeat(3001) },
    ],
    [
      'no more than 100 items allowed [json-pointer:/view/blocks]',
      { ...modal, blocks: repeat(101, () => ({ type: 'divider' })) },
    ],
    ['missing required field: submit [json-pointer:/view]', { ...modal, submit: undefined }],
    ['missing required field: title [json-pointer:/view]', { ...modal, title: undefined }],
    ['invalid additional property: submit_disabled [json-pointer:/view]', { ...modal, submit_disabled: true }],
  ])('is refused with %j', (problem, view) => {
    expect(validateView(view)).toEqual({ kind: 'invalid', error: 'invalid_arguments', problems: [problem] });
  });
});
