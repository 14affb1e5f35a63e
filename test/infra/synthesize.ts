import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll } from 'vitest';
import * as z from 'zod';
import { RunbellStack, type RunbellStackProps } from '../../lib/runbell-stack.ts';

const cdkJson = z.object({ app: z.string(), context: z.record(z.string(), z.unknown()) });

/** With the feature flags of `cdk.json`, as the command line has them. */
export function testApp(): App {
  const { context } = cdkJson.parse(JSON.parse(readFileSync('cdk.json', 'utf8')));
  const outdir = mkdtempSync(join(tmpdir(), 'runbell-cdk-'));
  outputs.push(outdir);
  return new App({ context, outdir });
}

const outputs: string[] = [];
afterAll(() => {
  for (const folder of outputs) rmSync(folder, { recursive: true, force: true });
});

export function synthesize(props: RunbellStackProps): Synthesized {
  const app = testApp();
  const stack = new RunbellStack(app, 'runbell', props);
  return new Synthesized(stack, Template.fromStack(stack));
}

const statement = z.object({
  Effect: z.enum(['Allow', 'Deny']),
  Action: z.union([z.string().transform((one) => [one]), z.array(z.string())]),
  Resource: z.union([z.array(z.unknown()), z.unknown().transform((one) => [one])]),
  Condition: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
});
export type Statement = z.output<typeof statement>;

const policyDocument = z.object({ PolicyDocument: z.object({ Statement: z.array(statement) }) });
const role = z.object({ Policies: z.array(policyDocument).default([]), ManagedPolicyArns: z.unknown().optional() });
const policy = policyDocument.extend({ Roles: z.array(z.object({ Ref: z.string() })) });

export interface Resource {
  readonly id: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** A synthesized stack, read the way an auditor would: by what the template says. */
export class Synthesized {
  readonly stack: RunbellStack;
  readonly template: Template;

  constructor(stack: RunbellStack, template: Template) {
    this.stack = stack;
    this.template = template;
  }

  all(type: string): readonly Resource[] {
    return Object.entries(this.template.findResources(type)).map(([id, found]) => ({
      id,
      properties: (found as { readonly Properties?: Record<string, unknown> }).Properties ?? {},
    }));
  }

  /** The one resource of this type whose logical id begins so. */
  one(type: string, idStart = ''): Resource {
    const found = this.all(type).filter(({ id }) => id.startsWith(idStart));
    const [only] = found;
    if (only === undefined || found.length > 1) throw new Error(`${found.length} of ${type} begin with "${idStart}"`);
    return only;
  }

  /** Every statement with the role that has it, by the role's short name: Watch, Act, … */
  statements(): readonly { readonly who: string; readonly statement: Statement }[] {
    const inline = this.all('AWS::IAM::Role').flatMap(({ id, properties }) =>
      role.parse(properties).Policies.flatMap((one) => statementsOf(id, one.PolicyDocument.Statement)),
    );
    const attached = this.all('AWS::IAM::Policy').flatMap(({ properties }) => {
      const { PolicyDocument, Roles } = policy.parse(properties);
      return Roles.flatMap(({ Ref }) => statementsOf(Ref, PolicyDocument.Statement));
    });
    return [...inline, ...attached];
  }

  allowed(action: string): readonly { readonly who: string; readonly statement: Statement }[] {
    return this.statements().filter((one) => one.statement.Effect === 'Allow' && one.statement.Action.includes(action));
  }

  whoMay(action: string): readonly string[] {
    return [...new Set(this.allowed(action).map(({ who }) => who))].sort();
  }

  /** Text with every reference written as `<…>`, so that an ARN can be read. */
  text(value: unknown): string {
    if (typeof value === 'string') return value;
    const parsed = intrinsic.safeParse(value);
    if (!parsed.success) return JSON.stringify(value);
    const found = parsed.data;
    if ('Ref' in found) return `<${found.Ref}>`;
    if ('Fn::GetAtt' in found) return `<${found['Fn::GetAtt'].join('.')}>`;
    return found['Fn::Join'][1].map((part) => this.text(part)).join(found['Fn::Join'][0]);
  }
}

const intrinsic = z.union([
  z.object({ Ref: z.string() }),
  z.object({ 'Fn::GetAtt': z.array(z.string()) }),
  z.object({ 'Fn::Join': z.tuple([z.string(), z.array(z.unknown())]) }),
]);

function statementsOf(roleId: string, statements: readonly Statement[]) {
  const who = /^Runbell(?<name>[A-Z][a-z]+)/.exec(roleId)?.groups?.['name'] ?? roleId;
  return statements.map((one) => ({ who, statement: one }));
}
