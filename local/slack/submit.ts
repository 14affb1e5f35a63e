import * as z from 'zod';
import type { InputBlock } from './blocks.ts';
import { type Delivery, deliver } from './deliver.ts';
import { addView, replaceView, slackView } from './methods/views.ts';
import type { OpenView, Workspace } from './workspace.ts';

/** By block id, what the person typed or chose. */
type Filled = Readonly<Record<string, string | readonly string[]>>;
const chosenIn = (filled: Filled, blockId: string) => [filled[blockId] ?? []].flat().filter((text) => text !== '');

const TROUBLE = 'We had some trouble connecting. Try again?';
const INCOMPLETE = 'Please complete this required field.';

const answerSchema = z.discriminatedUnion('response_action', [
  z.object({ response_action: z.literal('errors'), errors: z.record(z.string(), z.string()) }),
  z.object({ response_action: z.enum(['update', 'push']), view: z.unknown() }),
  z.object({ response_action: z.literal('clear') }),
]);

/**
 * Press a modal's submit button. null: Slack itself first asks for what is missing. The network may deliver it more
 * than once; what the later ones are answered nobody sees.
 */
export async function submit(
  workspace: Workspace,
  view: OpenView,
  filled: Filled,
  times = 1,
): Promise<Delivery | null> {
  const inputs = view.modal.blocks.filter((block) => block.type === 'input');
  const missing = inputs.filter(({ optional, block_id }) => !optional && chosenIn(filled, block_id).length === 0);
  view.trouble = null;
  view.errors = Object.fromEntries(missing.map(({ block_id }) => [block_id, INCOMPLETE]));
  workspace.changed();
  if (missing.length > 0) return null;
  const values = Object.fromEntries(inputs.map((block) => [block.block_id, stateOf(block, filled)]));
  const payload = { type: 'view_submission', view: slackView(workspace, view, values), response_urls: [] };
  const [delivery] = await Promise.all(Array.from({ length: times }, () => deliver(workspace, view.userId, payload)));
  if (delivery === undefined) return null;
  try {
    if (delivery.status === 200) obey(workspace, view, delivery.body);
    else view.trouble = TROUBLE;
  } catch {
    // An answer that is no JSON, or a view that Slack refuses, looks the same to the person.
    view.trouble = TROUBLE;
  }
  workspace.changed();
  return delivery;
}

/** The cross, Cancel and Escape: shows the modal below, and the app hears of it where it asked to. */
export async function closeView(workspace: Workspace, view: OpenView): Promise<void> {
  pop(workspace, view);
  workspace.changed();
  if (!view.modal.notify_on_close) return;
  await deliver(workspace, view.userId, { type: 'view_closed', view: slackView(workspace, view), is_cleared: false });
}

function obey(workspace: Workspace, view: OpenView, body: string): void {
  const answer = body === '' ? null : answerSchema.parse(JSON.parse(body));
  if (answer === null) pop(workspace, view);
  else if (answer.response_action === 'errors') view.errors = answer.errors;
  else if (answer.response_action === 'clear') workspace.views.delete(view.userId);
  else if (answer.response_action === 'push') addView(workspace, view.userId, answer.view, 'push');
  else replaceView(workspace, view, answer.view);
}

function pop(workspace: Workspace, view: OpenView): void {
  const open = workspace.views.get(view.userId) ?? [];
  workspace.views.set(view.userId, open.slice(0, open.indexOf(view)));
}

function stateOf({ block_id, element }: InputBlock, filled: Filled): object {
  const { type, action_id } = element;
  const chosen = chosenIn(filled, block_id);
  if (type === 'plain_text_input') return { [action_id]: { type, value: chosen[0] ?? null } };
  const selected = element.options.filter(({ value }) => chosen.includes(value));
  const state = type === 'checkboxes' ? { selected_options: selected } : { selected_option: selected[0] ?? null };
  return { [action_id]: { type, ...state } };
}
