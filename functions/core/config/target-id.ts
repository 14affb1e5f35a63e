/** No target of a configuration may be called so. */
const PRACTICE_PREFIX = 'practice--';

/**
 * A practice is an item of its own beside its database's. Whatever really happens there meanwhile has its own
 * incident and its own card: neither can hide the other.
 */
export function practiceIdOf(targetId: string): string {
  return `${PRACTICE_PREFIX}${targetId}`;
}

export function isPracticeId(targetId: string): boolean {
  return targetId.startsWith(PRACTICE_PREFIX);
}

/** The database that an item is about. */
export function databaseOf(targetId: string): string {
  return isPracticeId(targetId) ? targetId.slice(PRACTICE_PREFIX.length) : targetId;
}
