import { randomBytes } from 'node:crypto';
import type { ActionElement, Block } from './blocks.ts';
import { type Delivery, deliver } from './deliver.ts';
import { parseContent } from './methods/chat.ts';
import { type Args, must, slackMessage } from './methods/method.ts';
import { slackView } from './methods/views.ts';
import type { Message, Workspace } from './workspace.ts';

const RESPONSE_USES_MAX = 5;
const RESPONSE_MS_MAX = 30 * 60_000;

/** A press on something in a message or a modal. */
export interface Click {
  readonly user: string;
  /** The message's ts or the modal's id. */
  readonly ts: string;
  readonly actionId: string;
  /** Which option of a menu; on a button it replaces the stored value, as a tampering client could. */
  readonly value?: string | undefined;
}

/** Press it and deliver what Slack would send. null: there is no such thing to press. */
export async function click(workspace: Workspace, { user, ts, actionId, value }: Click): Promise<Delivery | null> {
  const message = workspace.messages.find((each) => each.ts === ts);
  const view = workspace.views.get(user)?.find(({ id }) => id === ts);
  const pressable = (message?.blocks ?? view?.modal.blocks ?? []).flatMap(elementsOf);
  const found = pressable.find(({ element }) => element.action_id === actionId);
  if (found === undefined) return null;
  const { element, block_id } = found;
  const delivery = await deliver(workspace, user, {
    type: 'block_actions',
    ...(message && fromMessage(workspace, message, user)),
    ...(view && { container: { type: 'view', view_id: view.id }, view: slackView(workspace, view) }),
    actions: [{ ...chosen(element, value), block_id, action_ts: workspace.newTs() }],
  });
  const trouble = troubleOf(workspace, delivery);
  if (view) view.trouble = trouble;
  message?.troubles.set(user, trouble);
  workspace.changed();
  return delivery;
}

/** What a person is told when their click was not taken; null when it was. */
function troubleOf({ options }: Workspace, { status, ms }: Delivery): string | null {
  if (status === null) return `${options.bot.name} did not answer within ${ms / 1_000} seconds. Try again?`;
  return status === 200 ? null : `${options.bot.name} responded with status ${status}. Try again?`;
}

function elementsOf(block: Block): { readonly element: ActionElement; readonly block_id: string }[] {
  const accessory = block.type === 'section' && block.accessory ? [block.accessory] : [];
  const elements = block.type === 'actions' ? block.elements : accessory;
  return elements.map((element) => ({ element, block_id: block.block_id }));
}

function chosen(element: ActionElement, value: string | undefined): object {
  if (element.type === 'button') return { ...element, ...(value !== undefined && { value }) };
  const { type, action_id, options } = element;
  const forged = { text: { type: 'plain_text', text: value }, value };
  const option = value === undefined ? options[0] : options.find((each) => each.value === value);
  return { type, action_id, selected_option: option ?? forged };
}

function fromMessage(workspace: Workspace, message: Message, userId: string): object {
  const { ts, channelId, threadTs, ephemeralFor } = message;
  // Whoever knows it may write here, as in Slack, so nobody may guess it.
  const responseId = randomBytes(16).toString('hex');
  workspace.responseUrls.set(responseId, { message, userId, atMs: workspace.nowMs(), uses: 0 });
  const place = { type: 'message', message_ts: ts, channel_id: channelId, is_ephemeral: ephemeralFor !== null };
  return {
    container: { ...place, ...(threadTs !== null && { thread_ts: threadTs }) },
    channel: { id: channelId, name: workspace.channel(channelId)?.name },
    // Slack sends no copy of a private note.
    ...(ephemeralFor === null && { message: slackMessage(workspace, message) }),
    state: { values: {} },
    response_url: `${workspace.url}/response/${responseId}`,
  };
}

/** What the handler sends to a response URL: a note, a message, or another content for the one that was clicked. */
export function respond(workspace: Workspace, responseId: string, args: Args): void {
  const url = must(workspace.responseUrls.get(responseId), 'invalid_url');
  must(url.uses < RESPONSE_USES_MAX, 'used_url');
  must(workspace.nowMs() - url.atMs <= RESPONSE_MS_MAX, 'expired_url');
  url.uses += 1;
  const { message, userId: clickedBy } = url;
  if (args['delete_original'] === 'true') {
    workspace.remove(message);
  } else if (args['replace_original'] === 'true') {
    workspace.change(message, parseContent(workspace, args));
  } else {
    const { channelId, threadTs } = message;
    const ephemeralFor = args['response_type'] === 'in_channel' ? null : clickedBy;
    const { userId } = workspace.options.bot;
    workspace.add({
      channelId,
      threadTs: args['thread_ts'] ?? threadTs,
      ephemeralFor,
      userId,
      ...parseContent(workspace, args),
    });
  }
}
