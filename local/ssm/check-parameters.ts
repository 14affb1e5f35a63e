import type { Parameter, SsmDocument, Values } from './document.ts';

export type ParameterCheck =
  | { readonly kind: 'accepted'; readonly values: Values }
  | { readonly kind: 'refused'; readonly why: string };

/** The service's checks at SendCommand: names, counts, lengths, allowed values, patterns. */
export function checkParameters(
  document: SsmDocument,
  given: Readonly<Record<string, readonly string[]>>,
): ParameterCheck {
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(document.parameters, name));
  if (unknown !== undefined) return refuse(`${unknown} is not a parameter of ${document.name}.`);
  const values = new Map<string, string | readonly string[]>();
  for (const [name, parameter] of Object.entries(document.parameters)) {
    const list = given[name] ?? (parameter.default === undefined ? null : [parameter.default].flat());
    if (list === null) return refuse(`${name} has no value and no default.`);
    const why = problemOf(parameter, list);
    if (why !== null) return refuse(`${name} ${why}.`);
    values.set(name, parameter.type === 'StringList' ? list : list.join(''));
  }
  return { kind: 'accepted', values };
}

function refuse(why: string): ParameterCheck {
  return { kind: 'refused', why };
}

function problemOf(parameter: Parameter, list: readonly string[]): string | null {
  if (parameter.type === 'String' && list.length !== 1) return 'takes exactly one value';
  if (list.length < (parameter.minItems ?? 0)) return `takes at least ${parameter.minItems} items`;
  if (list.length > (parameter.maxItems ?? Number.POSITIVE_INFINITY))
    return `takes at most ${parameter.maxItems} items`;
  const pattern = parameter.allowedPattern === undefined ? /(?:)/ : compileRe2(parameter.allowedPattern);
  if (pattern === null) return `has a pattern that RE2 does not take: ${parameter.allowedPattern}`;
  for (const value of list) {
    if (!pattern.test(value)) return `does not match ${parameter.allowedPattern}`;
    if (parameter.allowedValues?.includes(value) === false) return 'is not one of the allowed values';
    if (value.length < (parameter.minChars ?? 0)) return `is shorter than ${parameter.minChars} characters`;
    if (value.length > (parameter.maxChars ?? Number.POSITIVE_INFINITY))
      return `is longer than ${parameter.maxChars} characters`;
  }
  return null;
}

const NOT_IN_RE2 = /\(\?<?[=!]|\\[1-9]|\\k</;
const RE2_REPEATS_MAX = 1000;

/** null for what the agent's RE2 refuses although JavaScript takes it: lookaround, back-references, long repeats. */
function compileRe2(pattern: string): RegExp | null {
  const bare = pattern.replaceAll('\\\\', '');
  const repeats = [...bare.matchAll(/\{(\d+)(?:,(\d*))?\}/g)].map((match) => Number(match[2] || match[1]));
  if (NOT_IN_RE2.test(bare) || repeats.some((count) => count > RE2_REPEATS_MAX)) return null;
  try {
    return new RegExp(pattern, 'u');
  } catch {
    return null;
  }
}
