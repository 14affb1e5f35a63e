import { relative } from 'node:path';
import type { Plugin } from 'vitest/config';

/** What the instrumented code calls on entering a top-level function or a method. */
export interface Footsteps {
  enter(file: string): void;
}

const HOOK = 'globalThis.__footsteps';
/** The trips are of decisions and what carries them; these speak to the outside or are called for every line. */
const LEFT_OUT = /^functions\/(adapters\/(mysql|dynamodb|ssm|system)\/|core\/invariant\.ts$)/;

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

interface Declaration extends Node {
  readonly declaration?: Declaration | null;
  readonly declarations?: readonly (Node & { readonly init: FunctionNode | null })[];
  readonly body?: FunctionNode['body'] | { readonly type: 'ClassBody'; readonly body: readonly MethodNode[] };
}

interface FunctionNode extends Node {
  readonly body: Node;
}

interface MethodNode extends Node {
  readonly value?: FunctionNode | null;
}

/** Makes every top-level function and every method of `functions/` call the hook first; vitest has stripped the types. */
export function instrument(root: string): Plugin {
  return {
    name: 'footsteps',
    enforce: 'post',
    transform(code, id) {
      const file = relative(root, id.split('?')[0] ?? id);
      if (!file.startsWith('functions/') || LEFT_OUT.test(file)) return null;
      const program = this.parse(code) as unknown as { readonly body: readonly Declaration[] };
      const edits = program.body.flatMap(functionsOf).flatMap((found) => marked(found, file));
      return { code: withEdits(code, edits), map: null };
    },
  };
}

function functionsOf(statement: Declaration): readonly FunctionNode[] {
  const declared = statement.declaration ?? statement;
  if (declared.type === 'FunctionDeclaration') return [declared as FunctionNode];
  if (declared.type === 'ClassDeclaration') {
    const members = declared.body?.type === 'ClassBody' && 'body' in declared.body ? declared.body.body : [];
    return (members as readonly MethodNode[]).flatMap(({ value }) => (value?.body === undefined ? [] : [value]));
  }
  const inits = (declared.declarations ?? []).flatMap(({ init }) => init ?? []);
  return inits.filter(({ type }) => type === 'ArrowFunctionExpression' || type === 'FunctionExpression');
}

interface Edit {
  readonly at: number;
  readonly text: string;
}

function marked({ body }: FunctionNode, file: string): readonly Edit[] {
  const enter = `${HOOK}?.enter(${JSON.stringify(file)})`;
  if (body.type === 'BlockStatement') return [{ at: body.start + 1, text: `${enter};` }];
  return [
    { at: body.start, text: `(${enter},` },
    { at: body.end, text: ')' },
  ];
}

function withEdits(code: string, edits: readonly Edit[]): string {
  return [...edits]
    .sort((a, b) => b.at - a.at)
    .reduce((text, { at, text: added }) => text.slice(0, at) + added + text.slice(at), code);
}
