/** Slack's limits, as far as our messages could break them. An empty list: Slack would take the message. */
export function messageProblems(message: { readonly text: string; readonly blocks: readonly unknown[] }): string[] {
  const problems: string[] = [];
  const claim = (isTrue: boolean, what: string): void => {
    if (!isTrue) problems.push(what);
  };
  claim(message.text.length > 0 && message.text.length <= 4000, `text has ${message.text.length} characters`);
  claim(message.blocks.length > 0 && message.blocks.length <= 50, `${message.blocks.length} blocks`);
  const blocks = message.blocks.map(record);
  const ids = blocks.map((block) => String(block['block_id']));
  claim(new Set(ids).size === ids.length, `block ids repeat: ${ids.join(' ')}`);
  claim(
    ids.every((id) => id.length > 0 && id.length <= 255),
    'a block id is too long',
  );
  let total = message.text.length;
  const text = (value: unknown, at: string, max: number): void => {
    const { text: content, type } = record(value);
    const length = typeof content === 'string' ? content.length : 0;
    total += length;
    claim(type === 'mrkdwn' || type === 'plain_text', `${at} is no text object`);
    claim(length > 0 && length <= max, `${at} has ${length} characters, limit ${max}`);
  };
  const button = (value: unknown, at: string): void => {
    const { text: label, value: carried, action_id: actionId, confirm, style } = record(value);
    text(label, `${at}.text`, 75);
    claim(typeof carried === 'string' && carried.length <= 2000, `${at}.value`);
    claim(typeof actionId === 'string' && actionId.length > 0 && actionId.length <= 255, `${at}.action_id`);
    claim(style === undefined || style === 'primary' || style === 'danger', `${at}.style`);
    if (confirm === undefined) return;
    const dialog = record(confirm);
    text(dialog['title'], `${at}.confirm.title`, 100);
    text(dialog['text'], `${at}.confirm.text`, 300);
    text(dialog['confirm'], `${at}.confirm.confirm`, 30);
    text(dialog['deny'], `${at}.confirm.deny`, 30);
  };
  const menu = (value: unknown, at: string): void => {
    const { placeholder, options, action_id: actionId } = record(value);
    text(placeholder, `${at}.placeholder`, 150);
    claim(typeof actionId === 'string' && actionId.length > 0 && actionId.length <= 255, `${at}.action_id`);
    const given = Array.isArray(options) ? options.map(record) : [];
    claim(given.length > 0 && given.length <= 100, `${at} has ${given.length} options`);
    for (const one of given) {
      text(one['text'], `${at}.option`, 75);
      claim(String(one['value']).length <= 75, `${at}.option.value`);
    }
  };
  blocks.forEach((block, number) => {
    const at = `blocks[${number}]`;
    const elements = Array.isArray(block['elements']) ? block['elements'] : [];
    switch (block['type']) {
      case 'header':
        text(block['text'], at, 150);
        claim(record(block['text'])['type'] === 'plain_text', `${at} must be plain text`);
        break;
      case 'section':
        text(block['text'], at, 3000);
        break;
      case 'context':
        claim(elements.length > 0 && elements.length <= 10, `${at} has ${elements.length} elements`);
        for (const element of elements) text(element, at, 3000);
        break;
      case 'actions': {
        claim(elements.length > 0 && elements.length <= 25, `${at} has ${elements.length} elements`);
        elements.forEach((element, position) => {
          const draw = record(element)['type'] === 'static_select' ? menu : button;
          draw(element, `${at}.elements[${position}]`);
        });
        const actionIds = elements.map((element) => record(element)['action_id']);
        claim(new Set(actionIds).size === actionIds.length, `${at}: action ids repeat`);
        break;
      }
      case 'data_visualization':
        problems.push(...chartProblems(block).map((problem) => `${at}: ${problem}`));
        break;
      default:
        problems.push(`${at} is of an unexpected type ${String(block['type'])}`);
    }
  });
  claim(total <= 8000, `${total} characters of text in all`);
  return problems;
}

/** What Slack documents of its charts. */
function chartProblems(block: Record<string, unknown>): string[] {
  const chart = record(block['chart']);
  const series = Array.isArray(chart['series']) ? chart['series'].map(record) : [];
  const categories = record(chart['axis_config'])['categories'];
  const labels = (value: unknown): unknown[] => (Array.isArray(value) ? value.map((one) => record(one)['label']) : []);
  const isShort = (text: unknown, max: number): boolean =>
    typeof text === 'string' && text.length > 0 && text.length <= max;
  const wrong: readonly (readonly [boolean, string])[] = [
    [!isShort(block['title'], 50), 'the title'],
    [series.length < 1 || series.length > 6, `${series.length} series`],
    [new Set(series.map((one) => one['name'])).size !== series.length, 'names repeat'],
    [series.some((one) => !isShort(one['name'], 20)), 'a name is too long'],
    [!Array.isArray(categories) || categories.length > 20, 'too many categories'],
    [Array.isArray(categories) && new Set(categories).size !== categories.length, 'categories repeat'],
    [Array.isArray(categories) && categories.some((one) => !isShort(one, 20)), 'a category is too long'],
    [series.some((one) => `${labels(one['data'])}` !== `${categories}`), 'a series lacks a category'],
  ];
  return wrong.flatMap(([isWrong, what]) => (isWrong ? [what] : []));
}

/** Every text object in the message, with the markup it is read as. */
export function textObjects(value: unknown): { readonly type: string; readonly text: string }[] {
  if (Array.isArray(value)) return value.flatMap(textObjects);
  if (typeof value !== 'object' || value === null) return [];
  const { type, text } = record(value);
  const isText = (type === 'mrkdwn' || type === 'plain_text') && typeof text === 'string';
  return isText ? [{ type, text }] : Object.values(value).flatMap(textObjects);
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
