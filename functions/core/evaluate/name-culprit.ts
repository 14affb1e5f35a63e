import type { HolderGroup } from '../model/sample.ts';
import type { Culprit } from '../model/verdict.ts';

/** Below this growth nobody is named. */
const GROWTH_MIN = 3;

/** With less than this part of the growth it is one among many. */
const SHARE_MIN = 0.3;

/** Compares two looks at holders; null when nobody stands out. Sleepers count before connections. */
export function nameCulprit(before: readonly HolderGroup[], now: readonly HolderGroup[]): Culprit | null {
  const earlier = new Map(before.map((group) => [keyOf(group), group]));
  const grown = now.map((group) => {
    const old = earlier.get(keyOf(group));
    return {
      group,
      asleep: group.sleeping - (old?.sleeping ?? 0),
      connections: group.connections - (old?.connections ?? 0),
    };
  });
  const bySleepers = grown.some(({ asleep }) => asleep >= GROWTH_MIN);
  const growthOf = (one: (typeof grown)[number]) => (bySleepers ? one.asleep : one.connections);
  const total = grown.reduce((sum, one) => sum + Math.max(0, growthOf(one)), 0);
  const most = grown.toSorted((a, b) => growthOf(b) - growthOf(a) || compare(a.group, b.group))[0];
  if (most === undefined) return null;
  const grewBy = growthOf(most);
  if (grewBy < GROWTH_MIN || grewBy < SHARE_MIN * total) return null;
  const { user, host, database, connections } = most.group;
  return { user, host, database, grewBy, connections, share: grewBy / total };
}

function keyOf({ user, host, database }: HolderGroup): string {
  return JSON.stringify([user, host, database]);
}

/** Ties go by name, so that the same looks always name the same holder. */
function compare(a: HolderGroup, b: HolderGroup): number {
  return keyOf(a) < keyOf(b) ? -1 : 1;
}
