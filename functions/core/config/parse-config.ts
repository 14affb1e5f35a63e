import { type Config, type ConfigInput, configSchema } from './config.ts';
import { allowedFor, approversFor } from './people.ts';

export interface ConfigProblem {
  /** Where, such as `targets[0].port`. */
  readonly path: string;
  /** What is wrong and what to write instead. */
  readonly message: string;
}

export type ParsedConfig =
  | { readonly kind: 'valid'; readonly config: Config }
  | { readonly kind: 'invalid'; readonly problems: readonly ConfigProblem[] };

/** Gives `runbell.config.ts` its types. It checks nothing: the check happens where the configuration is read. */
export function defineConfig(config: ConfigInput): ConfigInput {
  return config;
}

/** Checks shape, then references between the parts, and names every problem at once. */
export function parseConfig(input: unknown): ParsedConfig {
  const parsed = configSchema.safeParse(mergeRules(input));
  if (!parsed.success) {
    return { kind: 'invalid', problems: onceEach(parsed.error.issues.flatMap((issue) => describe(issue))) };
  }
  const problems = onceEach(crossCheck(parsed.data));
  return problems.length > 0 ? { kind: 'invalid', problems } : { kind: 'valid', config: parsed.data };
}

/** A mistake in the common rules comes again with each target that lies its own over them. */
function onceEach(problems: readonly ConfigProblem[]): readonly ConfigProblem[] {
  const texts = new Set(problems.map(textOf));
  return problems.filter((problem) => {
    const common = textOf(problem).replace(/^targets\[\d+\]\.rules/, 'rules');
    return common === textOf(problem) || !texts.has(common);
  });
}

function textOf({ path, message }: ConfigProblem): string {
  return `${path}: ${message}`;
}

interface Issue {
  readonly code: string;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
}

function describe(issue: Issue): ConfigProblem[] {
  const path = pathText(issue.path);
  if (issue.code === 'unrecognized_keys') {
    return (issue.keys ?? []).map((key) => ({
      path: pathText([...issue.path, key]),
      message: 'is not a setting of Runbell: remove it, or check its spelling in docs/install.md',
    }));
  }
  return [{ path, message: issue.message }];
}

function pathText(path: readonly PropertyKey[]): string {
  const text = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return text === '' ? '(the whole configuration)' : text.replace(/^\./, '');
}

function crossCheck(config: Config): ConfigProblem[] {
  return [
    ...duplicates(
      config.targets.map((target) => target.id),
      'targets',
    ),
    ...duplicates(
      config.applications.map((application) => application.id),
      'applications',
    ),
    ...config.applications.flatMap(({ targets }, at) => unknownTargets(config, `applications[${at}].targets`, targets)),
    ...config.maintenance.flatMap(({ targets = [] }, at) =>
      unknownTargets(config, `maintenance[${at}].targets`, targets),
    ),
    ...Object.entries(config.runbooks).flatMap(([runbook, { allowed, approval }]) => [
      ...unlisted(config, `runbooks.${runbook}.allowed`, allowed ?? []),
      ...unlisted(config, `runbooks.${runbook}.approval.allowed`, approval?.allowed ?? []),
      ...tooFewApprovers(config, runbook),
    ]),
    ...unlisted(config, 'breakGlass', config.breakGlass),
    ...checkBounds(config),
  ];
}

function unknownTargets({ targets }: Config, path: string, names: readonly string[]): ConfigProblem[] {
  const ids = targets.map(({ id }) => id);
  return names
    .filter((name) => !ids.includes(name))
    .map((name) => ({ path, message: `there is no target "${name}"; the targets are ${ids.join(', ')}` }));
}

function unlisted(config: Config, path: string, ids: readonly string[]): ConfigProblem[] {
  const people = config.people.map((person) => person.slackUserId);
  const groups = config.userGroups.map((group) => group.slackGroupId);
  return ids
    .filter((one) => !people.includes(one) && !groups.includes(one))
    .map((one) => ({
      path,
      message: one.startsWith('S')
        ? `${one} is not listed in userGroups; add the group there`
        : `${one} is not listed in people; add the person there`,
    }));
}

/** Nobody agrees to their own wish: so many others there must be, at least for somebody who may ask. */
function tooFewApprovers(config: Config, runbookId: string): ConfigProblem[] {
  const { approvers = 0 } = config.runbooks[runbookId]?.approval ?? {};
  const [asking, agreeing] = [allowedFor(config, runbookId), approversFor(config, runbookId)];
  const isNobody = asking.userIds.length + asking.groupIds.length === 0;
  if (agreeing.groupIds.length > 0 || isNobody) return [];
  const ids = new Set(agreeing.userIds);
  const isOwnAll = asking.groupIds.length === 0 && asking.userIds.every((id) => ids.has(id));
  const most = ids.size - (isOwnAll ? 1 : 0);
  const message = `nobody could ever run it: ${approvers} other people have to agree, and at most ${Math.max(0, most)} could`;
  return approvers > most ? [{ path: `runbooks.${runbookId}.approval`, message }] : [];
}

function duplicates(ids: readonly string[], path: string): ConfigProblem[] {
  return ids.flatMap((name, at) =>
    ids.indexOf(name) < at
      ? [{ path: `${path}[${at}].id`, message: `"${name}" is used twice; give each its own id` }]
      : [],
  );
}

function checkBounds(config: Config): ConfigProblem[] {
  const sets = [
    { path: 'rules', rules: config.rules },
    ...config.targets.flatMap((target, at) =>
      target.rules ? [{ path: `targets[${at}].rules`, rules: target.rules }] : [],
    ),
  ];
  const { afterSeconds, pageAfterSeconds, escalation } = config.reminder;
  const order: ConfigProblem[] =
    pageAfterSeconds < afterSeconds
      ? [{ path: 'reminder.pageAfterSeconds', message: 'the page comes after the reminder: use at least afterSeconds' }]
      : [];
  const calledSeconds = [afterSeconds, ...escalation.map((one) => one.afterSeconds)];
  const early = escalation.findIndex((one, at) => one.afterSeconds <= (calledSeconds[at] ?? 0));
  if (early >= 0) {
    const message = 'each is called later than the one before, and the first after reminder.afterSeconds';
    order.push({ path: `reminder.escalation[${early}].afterSeconds`, message });
  }
  return order.concat(
    sets.flatMap(({ path, rules }) => {
      const { level, absolute, refused } = rules;
      const problems: ConfigProblem[] = [];
      if (level.clearBelowShare >= level.warningAtShare || level.warningAtShare > level.criticalAtShare) {
        problems.push({
          path: `${path}.level`,
          message: 'the shares must rise: clearBelowShare < warningAtShare <= criticalAtShare',
        });
      }
      if (absolute.raiseAt !== null && absolute.clearBelow !== null && absolute.clearBelow >= absolute.raiseAt) {
        problems.push({ path: `${path}.absolute`, message: 'clearBelow must be below raiseAt' });
      }
      for (const [name, rule] of Object.entries({ level, absolute, refused })) {
        if (rule.breachesMin > rule.windowSize) {
          problems.push({ path: `${path}.${name}`, message: 'breachesMin cannot be more than windowSize' });
        }
      }
      return problems;
    }),
  );
}

/** All problems as one text for a terminal. */
export function configProblemsText(problems: readonly ConfigProblem[]): string {
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
  return [
    `The configuration has ${count}; nothing was started or changed:`,
    ...problems.map((problem) => `  ${textOf(problem)}`),
  ].join('\n');
}

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
