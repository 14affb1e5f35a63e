/** As much of IAM as our policies use. An operator that is not known here throws: nothing passes unseen. */

export interface Statement {
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

export interface Call {
  readonly action: string;
  readonly resource: string;
  readonly context: Readonly<Record<string, readonly string[]>>;
}

/** Denied unless some statement allows it and none denies it. */
export function isAllowed(statements: readonly Statement[], call: Call): boolean {
  const matching = statements.filter((one) => matches(one, call));
  return matching.some(({ effect }) => effect === 'Allow') && !matching.some(({ effect }) => effect === 'Deny');
}

export function matches(statement: Statement, { action, resource, context }: Call): boolean {
  return (
    statement.actions.includes(action) &&
    statement.resources.some((pattern) => isLike(pattern, resource)) &&
    Object.entries(statement.conditions).every(([operator, keys]) =>
      Object.entries(keys).every(([key, wanted]) => holds(operator, withVariables(wanted, context), context[key])),
    )
  );
}

/** `${aws:userid}` stands for what the service knows of the caller; a pattern with one that it does not know holds for nobody. */
function withVariables(patterns: readonly string[], context: Call['context']): readonly string[] {
  return patterns.flatMap((pattern) => {
    const names = [...pattern.matchAll(/\$\{([^}]+)\}/g)].map(([, name = '']) => name);
    if (names.some((name) => context[name] === undefined)) return [];
    return pattern.replaceAll(/\$\{([^}]+)\}/g, (_, name: string) => context[name]?.[0] ?? '');
  });
}

function holds(operator: string, wanted: readonly string[], given: readonly string[] | undefined): boolean {
  switch (operator) {
    case 'StringEquals':
      return (given ?? []).some((one) => wanted.includes(one));
    case 'StringLike':
      return (given ?? []).some((one) => wanted.some((pattern) => isLike(pattern, one)));
    case 'ForAllValues:StringEquals':
      return (given ?? []).every((one) => wanted.includes(one));
    case 'ForAllValues:StringLike':
      return (given ?? []).every((one) => wanted.some((pattern) => isLike(pattern, one)));
    case 'Null':
      return wanted.every((isNull) => (given === undefined) === (isNull === 'true'));
    default:
      throw new Error(`the condition operator ${operator} is not known to this test`);
  }
}

function isLike(pattern: string, text: string): boolean {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[.?+^$()[\]{}|\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's').test(text);
}

/** What nobody used, of all that is allowed: each action of a statement, with what the statement is about. */
export function unused(statements: readonly Statement[], calls: readonly Call[]): readonly string[] {
  return statements
    .filter(({ effect }) => effect === 'Allow')
    .flatMap((statement) =>
      statement.actions.flatMap((action) =>
        kindsOf(statement.resources)
          .filter((kind) => !calls.some((call) => call.action === action && matches(about(statement, kind), call)))
          .map((kind) => `${action} on ${kind.join(' or ')}`),
      ),
    );
}

function about(statement: Statement, resources: readonly string[]): Statement {
  return { ...statement, resources };
}

/** One document stands for all of them; anything else stands for itself. */
function kindsOf(resources: readonly string[]): readonly (readonly string[])[] {
  const documents = resources.filter((one) => one.includes(':document/'));
  const others = resources.filter((one) => !one.includes(':document/')).map((one) => [one]);
  return documents.length === 0 ? others : [documents, ...others];
}
