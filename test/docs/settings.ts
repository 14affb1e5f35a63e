import * as z from 'zod';

/** One setting of the configuration, as somebody would write its path. */
export interface Setting {
  /** Such as `targets[].port` or `runbooks.<id>.allowed`. */
  readonly path: string;
  /** undefined: it has none, or one that is a list or a group. */
  readonly initial: unknown;
  readonly isRequired: boolean;
  readonly numbers: readonly number[];
  readonly words: readonly string[];
}

type Schema = z.core.JSONSchema.JSONSchema;

/** Written out once, under `rules`. */
const SAME_ELSEWHERE = ['targets[].rules'];

/** Every setting that a configuration can have, from the schema that checks it. */
export function settingsOf(schema: z.ZodType): readonly Setting[] {
  return merged(walk('', z.toJSONSchema(schema, { io: 'input' }), true));
}

function walk(path: string, schema: Schema, isRequired: boolean): readonly Setting[] {
  const variants = alternatives(schema);
  const groups = variants.filter((one) => one.properties !== undefined && !SAME_ELSEWHERE.includes(path));
  const parts = [
    ...groups.flatMap((group) => children(path, group, schema.default)),
    ...variants.flatMap((one) => [
      ...(isSchema(one.additionalProperties) ? walk(`${path}.<id>`, one.additionalProperties, false) : []),
      ...(isSchema(one.items) && one.items.properties !== undefined ? walk(`${path}[]`, one.items, isRequired) : []),
    ]),
  ];
  const isLeaf = parts.length === 0 || (groups.length > 0 && variants.length > groups.length);
  return isLeaf ? [leaf(path, schema, isRequired), ...parts] : parts;
}

/** `whole`: what the group is when nobody writes it, from which its parts have their defaults. */
function children(path: string, group: Schema, whole: unknown): readonly Setting[] {
  const initials = new Map(isSchema(whole) ? Object.entries(whole) : []);
  return Object.entries(group.properties ?? {}).flatMap(([name, child]) => {
    if (!isSchema(child)) return [];
    const initial = initials.get(name);
    const isRequired = group.required?.includes(name) === true && initial === undefined;
    const known = initial === undefined ? child : { ...child, default: initial };
    return walk(path === '' ? name : `${path}.${name}`, known, isRequired);
  });
}

function leaf(path: string, schema: Schema, isRequired: boolean): Setting {
  const variants = alternatives(schema);
  const bounds = variants.flatMap(({ minimum, maximum }) => [minimum ?? [], maximum ?? []].flat());
  const constants = variants.flatMap((one) => [one.const ?? [], one.enum ?? []].flat());
  const numbers = [...bounds, ...constants].filter((value) => typeof value === 'number');
  return {
    path,
    initial: isSchema(schema.default) ? undefined : schema.default,
    isRequired,
    numbers: numbers.filter((bound) => Math.abs(bound) < Number.MAX_SAFE_INTEGER),
    words: constants.filter((value) => typeof value === 'string'),
  };
}

function alternatives(schema: Schema): readonly Schema[] {
  return (schema.anyOf ?? schema.oneOf ?? [schema]).filter(isSchema);
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null;
}

/** `kind` of a union is in each of its variants: their words together are its choices. */
function merged(settings: readonly Setting[]): readonly Setting[] {
  const byPath = new Map<string, Setting>();
  for (const setting of settings) {
    const known = byPath.get(setting.path);
    byPath.set(setting.path, known === undefined ? setting : { ...known, words: [...known.words, ...setting.words] });
  }
  return [...byPath.values()];
}
