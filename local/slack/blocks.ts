import { randomBytes } from 'node:crypto';
import * as z from 'zod';

/*
 * The block kinds that Runbell sends, with the limits that Slack documents. Anything else is refused, as an old
 * client or a stricter workspace would refuse it.
 */

/** As Slack makes them: letters and digits, with a letter that says of what. */
export const newId = (prefix = '') => `${prefix}${randomBytes(5).toString('hex').toUpperCase()}`;

const typed = <T extends string, S extends z.ZodRawShape>(type: T, shape: S) =>
  z.strictObject({ type: z.literal(type), ...shape });
const upTo = (max: number) => z.string().max(max, `must be less than ${max + 1} characters`);
const chars = (max: number) => upTo(max).min(1, 'must be more than 0 characters');
const list = <T extends z.ZodType>(item: T, max: number) =>
  z.array(item).max(max, `no more than ${max} items allowed`).min(1, 'no fewer than 1 items allowed');
const flag = z.boolean().optional();
/** Slack names every block and element that comes without a name. */
const id = () => chars(255).default(() => newId());
const unique = (key: string) => (items: readonly Readonly<Record<string, unknown>>[], context: z.RefinementCtx) => {
  const ids = items.map((item) => item[key]);
  ids.forEach((each, at) => {
    if (ids.indexOf(each) < at) context.addIssue({ code: 'custom', message: `${key} already exists`, path: [at, key] });
  });
};

const plain = (max: number) => typed('plain_text', { text: chars(max), emoji: flag });
const either = (max: number) =>
  z.discriminatedUnion('type', [plain(max), typed('mrkdwn', { text: chars(max), verbatim: flag })]);
const style = z.enum(['primary', 'danger']).optional();
const question = z.strictObject({ title: plain(100), text: either(300), confirm: plain(30), deny: plain(30), style });
const confirm = question.optional();
const option = z.strictObject({ text: either(75), value: chars(75), description: either(75).optional() });
const placeholder = plain(150).optional();

const label = { text: plain(75), accessibility_label: chars(75).optional(), style };
const button = typed('button', { action_id: id(), ...label, value: upTo(2_000).optional(), confirm });
const overflow = typed('overflow', { action_id: id(), options: list(option, 5), confirm });
const choice = { options: list(option, 100), initial_option: option.optional() };
const select = typed('static_select', { action_id: id(), placeholder, ...choice, confirm });
const boxes = { options: list(option, 10), initial_options: list(option, 10).optional() };
const checkboxes = typed('checkboxes', { action_id: id(), ...boxes });
const count = z.number().int().min(0).max(3_000).optional();
const bounds = { min_length: count, max_length: count };
const typedText = { placeholder, initial_value: upTo(3_000).optional(), multiline: flag, ...bounds };
const textInput = typed('plain_text_input', { action_id: id(), ...typedText });
const action = z.discriminatedUnion('type', [button, overflow, select]);

const sectionShape = { text: either(3_000).optional(), fields: list(either(2_000), 10).optional() };
const section = typed('section', { block_id: id(), ...sectionShape, accessory: action.optional(), expand: flag });
const inputElement = z.discriminatedUnion('type', [textInput, select, checkboxes]);
const hint = plain(2_000).optional();
const input = typed('input', { block_id: id(), label: plain(2_000), hint, optional: flag, element: inputElement });
const block = z.discriminatedUnion('type', [
  typed('header', { block_id: id(), text: plain(150) }),
  section.refine(({ text, fields }) => text ?? fields, 'must define either `text` or `fields`'),
  typed('actions', { block_id: id(), elements: list(action, 25).superRefine(unique('action_id')) }),
  typed('context', { block_id: id(), elements: list(either(3_000), 10) }),
  typed('divider', { block_id: id() }),
  input,
]);

const points = list(z.strictObject({ label: chars(20), value: z.number() }), 20);
const series = list(z.strictObject({ name: chars(20), data: points }), 12).superRefine(unique('name'));
const axes = { categories: list(chars(20), 20), x_label: upTo(50).optional(), y_label: upTo(50).optional() };
const lineChart = typed('line', { series, axis_config: z.strictObject(axes) }).refine(
  (given) =>
    given.series.every(({ data }) => `${data.map(({ label }) => label)}` === `${given.axis_config.categories}`),
  'each series must have one point for each category',
);
const chart = typed('data_visualization', { block_id: id(), title: chars(50), chart: lineChart });

/** The blocks of a message, and a modal as `views.open` takes it. Charts stand in messages only. */
export const messageBlocks = z
  .array(z.discriminatedUnion('type', [...block.options, chart]))
  .max(50, 'no more than 50 items allowed')
  .superRefine(unique('block_id'))
  .refine(
    (blocks) => blocks.filter(({ type }) => type === 'data_visualization').length <= 2,
    'no more than 2 charts allowed',
  );
export const modal = typed('modal', {
  title: plain(24),
  blocks: list(block, 100).superRefine(unique('block_id')),
  submit: plain(24).optional(),
  close: plain(24).optional(),
  private_metadata: upTo(3_000).default(''),
  callback_id: upTo(255).default(''),
  external_id: upTo(255).default(''),
  clear_on_close: z.boolean().default(false),
  notify_on_close: z.boolean().default(false),
}).refine(
  ({ submit, blocks }) => submit ?? blocks.every(({ type }) => type !== 'input'),
  'missing required field: submit',
);

export type Block = z.infer<typeof messageBlocks>[number];
export type ChartBlock = z.infer<typeof chart>;
export type InputBlock = z.infer<typeof input>;
export type ActionElement = z.infer<typeof action>;
export type Text = z.infer<ReturnType<typeof either>>;
export type Option = z.infer<typeof option>;
export type Confirm = z.infer<typeof question>;
export type Modal = z.infer<typeof modal>;
