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
  const values = new Map<string, string>();
  for (const [name, parameter] of Object.entries(document.parameters)) {
    const [value = parameter.default, ...more] = given[name] ?? [];
    if (value === undefined) return refuse(`${name} has no value and no default.`);
    const why = more.length > 0 ? 'takes exactly one value' : problemOf(parameter, value);
    if (why !== null) return refuse(`${name} ${why}.`);
    values.set(name, value);
  }
  return { kind: 'accepted', values };
}

function refuse(why: string): ParameterCheck {
  return { kind: 'refused', why };
}

function problemOf(parameter: Parameter, value: string): string | null {
  const { allowedPattern = '', allowedValues, minChars = 0, maxChars = Number.POSITIVE_INFINITY } = parameter;
  const pattern = compileRe2(allowedPattern);
  if (pattern === null) return `has a pattern that RE2 does not take: ${allowedPattern}`;
  if (!pattern.test(value)) return `does not match ${allowedPattern}`;
  if (allowedValues?.includes(value) === false) return 'is not one of the allowed values';
  if (value.length < minChars) return `is shorter than ${minChars} characters`;
  return value.length > maxChars ? `is longer than ${maxChars} characters` : null;
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
