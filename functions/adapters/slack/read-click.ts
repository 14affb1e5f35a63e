import * as z from 'zod/mini';
import type { Click } from '../../core/act/click.ts';
import type { Requester } from '../../core/act/request.ts';
import { actionIdOf, decodeClickValue } from './click-value.ts';

const text = z.string().check(z.minLength(1), z.maxLength(255));
const blockActions = z.object({
  team: z.optional(z.nullable(z.object({ id: text }))),
  user: z.object({ id: text, team_id: z.optional(text) }),
  channel: z.optional(z.object({ id: text })),
  container: z.optional(z.object({ channel_id: z.optional(text), message_ts: z.optional(text) })),
  message: z.optional(z.object({ ts: z.optional(text) })),
  actions: z
    .array(z.object({ action_id: text, action_ts: z.optional(text), value: z.optional(z.string()) }))
    .check(z.minLength(1)),
});

type BlockActions = z.output<typeof blockActions>;

/** A press of a button out of a verified payload. null: it names nobody or no place, so nobody could be answered. */
export function readClick(body: unknown): Click | null {
  const parsed = blockActions.safeParse(body);
  if (!parsed.success) return null;
  const { user, team, container, message } = parsed.data;
  const [action] = parsed.data.actions;
  const channel = container?.channel_id ?? parsed.data.channel?.id;
  if (action === undefined || channel === undefined) return null;
  return {
    by: { userId: user.id, teamId: user.team_id ?? team?.id ?? '', kind: kindOf(parsed.data) },
    channel,
    messageTs: container?.message_ts ?? message?.ts ?? null,
    actionId: action.action_id,
    actionTs: action.action_ts ?? '',
    request: requestOf(action.action_id, action.value),
  };
}

function kindOf({ user, team }: BlockActions): Requester['kind'] {
  if (user.team_id === undefined || !team) return 'unknown';
  return user.team_id === team.id ? 'member' : 'foreign';
}

function requestOf(actionId: string, value: string | undefined): Click['request'] {
  const decoded = decodeClickValue(value);
  if (decoded.kind === 'unreadable') return decoded;
  const fits = actionIdOf(decoded.request) === actionId;
  return fits ? decoded.request : { kind: 'unreadable', problem: 'the button and its value do not belong together' };
}
