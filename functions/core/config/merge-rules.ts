type Fields = Readonly<Record<string, unknown>>;

/**
 * A target's own rules lie over the common ones, setting by setting: what it does not name stays as it is for
 * everybody. Done before the check, so that what is checked is what will be in force.
 */
export function mergeRules(input: unknown): unknown {
  if (!isFields(input) || !Array.isArray(input['targets'])) return input;
  const { rules: common } = input;
  const targets = input['targets'].map((target: unknown) =>
    isFields(target) && isFields(common) && isFields(target['rules'])
      ? { ...target, rules: laidOver(common, target['rules']) }
      : target,
  );
  return { ...input, targets };
}

function laidOver(common: Fields, own: Fields): Fields {
  const both = Object.keys({ ...common, ...own }).map((name) => {
    const [below, above] = [common[name], own[name]];
    if (above === undefined) return [name, below] as const;
    return [name, isFields(below) && isFields(above) ? { ...below, ...above } : above] as const;
  });
  return Object.fromEntries(both);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
