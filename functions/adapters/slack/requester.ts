import * as v from 'valibot';
import type { Requester } from '../../core/model/request.ts';

export const text = v.pipe(v.string(), v.minLength(1), v.maxLength(255));
export const maybeText = v.optional(text);
export const named = v.object({ id: text });

/** Where every interaction says who did it. */
export const person = {
  team: v.nullish(named),
  user: v.object({ id: text, team_id: maybeText }),
};

const payload = v.object(person);

/** Who did it, as far as the payload alone can tell. */
export function requesterOf({ user, team }: v.InferOutput<typeof payload>): Requester {
  const kind =
    user.team_id === undefined || !team ? 'unknown' : user.team_id === team.id ? 'member' : ('foreign' as const);
  return { userId: user.id, teamId: user.team_id ?? team?.id ?? '', kind };
}
