/** RE2 refuses a regular expression whose nested repeats multiply to more. */
const REPEATS_MAX = 1000;

const TOKEN =
  /(?<set>\[[^\]\\[^][^\]\\[]*\])|(?<repeat>\{(?<low>\d{1,4})(?:,(?<high>\d{1,4}))?\}|\?)|(?<escaped>\\[.+*?$^(){}|[\]/])|(?<open>\((?!\?))|(?<close>\))|(?<or>\|)|(?<literal>[A-Za-z0-9_@%:,=/ -])/y;

/**
 * What is wrong with an allowedPattern, or null. JavaScript (here), RE2 (service and agent) and the ERE of bash (the
 * script's own check) must read it alike, so only what means the same in all three is let through: anchors, positive
 * sets, literals, groups, alternatives inside groups, and counted repeats. All of it is bounded in length.
 */
export function patternProblem(pattern: string): string | null {
  if (!/^[ -~]*$/.test(pattern) || pattern.includes("'")) return 'use printable ASCII without single quotes';
  if (!pattern.startsWith('^') || !pattern.endsWith('$')) return 'begin it with ^ and end it with $';
  return tokensProblem(pattern.slice(1, -1)) ?? (compiles(pattern) ? null : 'it is not a regular expression');
}

function tokensProblem(inside: string): string | null {
  /** Per open group, how often its most repeated part is repeated; `closed` is that of the group just closed. */
  const groups: number[] = [1];
  let closed = 1;
  let wasRepeat = false;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < inside.length) {
    const rest = inside.slice(TOKEN.lastIndex, TOKEN.lastIndex + 12);
    const token = TOKEN.exec(inside)?.groups;
    if (token === undefined || (wasRepeat && token['repeat'] !== undefined)) {
      return `"${rest}" is not allowed in it: use sets such as [a-z0-9], literals, groups and counted repeats such as {1,40}`;
    }
    if (token['or'] !== undefined && groups.length === 1) return 'put alternatives into a group: ^(a|b)$';
    if (token['close'] !== undefined && groups.length === 1) return 'a group is closed that was never opened';
    if (token['open'] !== undefined) groups.push(1);
    const count = Number(token['high'] ?? token['low'] ?? 1) * closed;
    if (count > REPEATS_MAX) return `its repeats multiply to ${count}, and RE2 takes at most ${REPEATS_MAX}`;
    closed = token['close'] === undefined ? 1 : (groups.pop() ?? 1);
    groups.push(Math.max(groups.pop() ?? 1, count, closed));
    wasRepeat = token['repeat'] !== undefined;
  }
  return groups.length > 1 ? 'a group is opened and never closed' : null;
}

function compiles(pattern: string): boolean {
  try {
    new RegExp(pattern, 'u');
    return true;
  } catch {
    return false;
  }
}

/** Whether a value matches a pattern that has no problem; `$` without flags is the very end, as in RE2. */
export function matchesPattern(pattern: string, value: string): boolean {
  return new RegExp(pattern, 'u').test(value);
}
