/**
 * Sentences for people may name a person or an instant. Who renders them turns these tokens into a mention
 * and a time in the reader's zone, and escapes everything else. Foreign text goes through `foreign` first,
 * so that a database user cannot be called like a token.
 */
export function userToken(userId: string): string {
  return `⟦user:${userId}⟧`;
}

/** An instant, shown with seconds in the reader's own time zone. */
export function timeToken(ms: number): string {
  return `⟦time:${Math.floor(ms / 1000)}⟧`;
}

/** A user group, shown by its name without calling anybody. */
export function groupToken(groupId: string): string {
  return `⟦group:${groupId}⟧`;
}

export const TOKEN_PATTERN = /⟦(user|time|group):([A-Z0-9]{1,24})⟧/g;

/** Text that a database, a host or a person wrote. */
export function foreign(text: string): string {
  return text.replaceAll(/[⟦⟧]/g, '');
}

/** For a terminal or a file: ids as they are, times in UTC. */
export function plainTokens(text: string): string {
  return text.replaceAll(TOKEN_PATTERN, (_, kind: string, value: string) =>
    kind === 'time' ? isoSeconds(Number(value) * 1000) : `@${value}`,
  );
}

export function isoSeconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
