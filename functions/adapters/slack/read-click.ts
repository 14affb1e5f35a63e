import * as z from 'zod/mini';
import type { Click } from '../../core/act/click.ts';
import { wishOf, wishOfOption } from './click-value.ts';
import { person, requesterOf, text } from './requester.ts';

const blockActions = z.object({
  ...person,
  trigger_id: z.optional(text),
  channel: z.optional(z.object({ id: text })),
  container: z.optional(z.object({ channel_id: z.optional(text), message_ts: z.optional(text) })),
  message: z.optional(z.object({ ts: z.optional(text) })),
  actions: z
    .array(
      z.object({
        action_id: text,
        action_ts: z.optional(text),
        value: z.optional(z.string()),
        selected_option: z.optional(z.nullable(z.object({ value: z.optional(z.string()) }))),
      }),
    )
    .check(z.minLength(1)),
});

/** A press of a button, or a pick from a menu, out of a verified payload. null: it names nobody or no place, so nobody could be answered. */
export function readClick(body: unknown): Click | null {
  const parsed = blockActions.safeParse(body);
  if (!parsed.success) return null;
  const { container, message, trigger_id: triggerId = '' } = parsed.data;
  const [action] = parsed.data.actions;
  const channel = container?.channel_id ?? parsed.data.channel?.id;
  if (action === undefined || channel === undefined) return null;
  const { action_id: actionId, value, selected_option: option } = action;
  return {
    by: requesterOf(parsed.data),
    channel,
    messageTs: container?.message_ts ?? message?.ts ?? null,
    actionId,
    once: action.action_ts ?? '',
    wish: option?.value ? wishOfOption(actionId, option.value, triggerId) : wishOf(actionId, value, triggerId),
  };
}
