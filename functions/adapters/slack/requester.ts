import * as z from 'zod/mini';
import type { Requester } from '../../core/act/request.ts';

export const text = z.string().check(z.minLength(1), z.maxLength(255));

/** Where every interaction says who did it. */
export const person = {
  team: z.optional(z.nullable(z.object({ id: text }))),
  user: z.object({ id: text, team_id: z.optional(text) }),
};

const payload = z.object(person);

/** Who did it, as far as the payload alone can tell. */
export function requesterOf({ user, team }: z.output<typeof payload>): Requester {
  const kind =
    user.team_id === undefined || !team ? 'unknown' : user.team_id === team.id ? 'member' : ('foreign' as const);
  return { userId: user.id, teamId: user.team_id ?? team?.id ?? '', kind };
}
