import * as v from 'valibot';
import type { Click } from '../../core/model/decision.ts';
import { wishOf, wishOfOption } from './click-value.ts';
import { maybeText, named, person, requesterOf, text } from './requester.ts';

const value = v.optional(v.string());
const blockActions = v.object({
  ...person,
  trigger_id: maybeText,
  channel: v.optional(named),
  container: v.optional(v.object({ channel_id: maybeText, message_ts: maybeText })),
  message: v.optional(v.object({ ts: maybeText })),
  actions: v.pipe(
    v.array(
      v.object({
        action_id: text,
        action_ts: maybeText,
        value,
        selected_option: v.nullish(v.object({ value })),
      }),
    ),
    v.minLength(1),
  ),
});

/** A press of a button, or a pick from a menu, out of a verified payload. null: it names nobody or no place, so nobody could be answered. */
export function readClick(body: unknown): Click | null {
  const parsed = v.safeParse(blockActions, body);
  if (!parsed.success) return null;
  const { container, message, trigger_id: triggerId = '' } = parsed.output;
  const [action] = parsed.output.actions;
  const channel = container?.channel_id ?? parsed.output.channel?.id;
  if (action === undefined || channel === undefined) return null;
  const { action_id: actionId, selected_option: option } = action;
  return {
    by: requesterOf(parsed.output),
    channel,
    messageTs: container?.message_ts ?? message?.ts ?? null,
    actionId,
    once: action.action_ts ?? '',
    wish: option?.value ? wishOfOption(actionId, option.value, triggerId) : wishOf(actionId, action.value, triggerId),
  };
}
