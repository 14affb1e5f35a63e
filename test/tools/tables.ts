import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import * as z from 'zod';
import { synthesizedTemplate } from '../../bin/commands/cost/synthesized-templates.ts';
import { run as cost } from '../../bin/commands/cost.ts';
import ownMysql from '../../docs/examples/own-mysql-with-password.config.ts';

/** Tables in the documents that come out of the code: `node bin/launch.mjs test/tools/tables.ts` writes them anew. */
export const TABLES = [
  { page: 'docs/security.md', name: 'statements', make: statementsTable },
  { page: 'docs/cost.md', name: 'months', make: costTable },
] as const;

/** The page with this table in its place; the page itself when it is up to date. */
export async function pageWithTable({ page, name, make }: (typeof TABLES)[number]): Promise<string> {
  const text = readFileSync(page, 'utf8');
  const [before, after] = [`<!-- ${name}: made by test/tools/tables.ts -->\n`, `\n<!-- end of ${name} -->`];
  const [start, end] = [text.indexOf(before), text.indexOf(after)];
  if (start < 0 || end < start) throw new Error(`${page} has no place for the table "${name}".`);
  return `${text.slice(0, start + before.length)}${await make()}${text.slice(end)}`;
}

const texts = z.union([z.string().transform((one) => [one]), z.array(z.string())]);
const statement = z.object({
  Effect: z.string(),
  Action: texts,
  Resource: z.union([z.array(z.unknown()), z.unknown().transform((one) => [one])]),
  Condition: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
});
const document = z.object({ PolicyDocument: z.object({ Statement: z.array(statement) }) });
const templateShape = z.object({
  Resources: z.record(
    z.string(),
    z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).default({}) }),
  ),
});
const roleShape = z.object({ Policies: z.array(document).default([]) });
const policyShape = document.extend({ Roles: z.array(z.object({ Ref: z.string() })) });

/** Whoever holds a password has the widest grants: the table is of that stack. */
function statementsTable(): string {
  const { Resources } = templateShape.parse(synthesizedTemplate(ownMysql, 'password'));
  const rows = Object.entries(Resources).flatMap(([id, { Type, Properties }]) => {
    if (Type === 'AWS::IAM::Role') {
      return roleShape.parse(Properties).Policies.flatMap((one) => rowsOf(id, one.PolicyDocument.Statement));
    }
    if (Type !== 'AWS::IAM::Policy') return [];
    const { PolicyDocument, Roles } = policyShape.parse(Properties);
    return Roles.flatMap(({ Ref }) => rowsOf(Ref, PolicyDocument.Statement));
  });
  const head = ['| role | may | on | only if |', '| --- | --- | --- | --- |'];
  return [...head, ...[...new Set(rows)].sort()].join('\n');
}

function rowsOf(roleId: string, statements: readonly z.output<typeof statement>[]): string[] {
  return statements.map(({ Effect, Action, Resource, Condition }) => {
    const conditions = Object.entries(Condition ?? {}).flatMap(([operator, keys]) =>
      Object.entries(keys).map(([key, value]) => `\`${key}\` ${operator} ${textOf(value)}`),
    );
    const actions = Action.map((action) => `\`${action}\``).join(', ');
    const cells = [
      nameOf(roleId),
      `${Effect === 'Deny' ? '**never** ' : ''}${actions}`,
      Resource.map(textOf).join(', '),
    ];
    return `| ${[...cells, conditions.join('; ')].join(' | ')} |`;
  });
}

/** `RunbellWatchRole1A2B3C4D` is "Watch". */
function nameOf(logicalId: string): string {
  return /^Runbell(?<name>[A-Z][a-z]+)/.exec(logicalId)?.groups?.['name'] ?? logicalId;
}

const intrinsic = z.union([
  z.object({ Ref: z.string() }),
  z.object({ 'Fn::GetAtt': z.array(z.string()) }),
  z.object({ 'Fn::Join': z.tuple([z.string(), z.array(z.unknown())]) }),
]);

/** Without partition, account and the hashes of logical ids, which say nothing to a reader. */
function textOf(value: unknown): string {
  const plain = plainOf(value);
  return plain === '*' ? 'everything' : `\`${plain}\``;
}

function plainOf(value: unknown): string {
  if (typeof value === 'string') return withoutHash(value);
  if (Array.isArray(value)) return value.map(plainOf).join(' or ');
  const parsed = intrinsic.safeParse(value);
  if (!parsed.success) return JSON.stringify(value);
  const found = parsed.data;
  if ('Fn::Join' in found) return withoutHash(found['Fn::Join'][1].map(plainOf).join(found['Fn::Join'][0]));
  const id = 'Ref' in found ? found.Ref : (found['Fn::GetAtt'][0] ?? '');
  const pseudo: Readonly<Record<string, string>> = {
    'AWS::Partition': 'aws',
    'AWS::AccountId': 'account',
    'AWS::Region': 'region',
  };
  return pseudo[id] ?? `{${id.replace(/[0-9A-F]{8}$/, '')}}`;
}

/** A document is named for its content, which this page does not follow. */
function withoutHash(arn: string): string {
  return arn.replace(/(:document\/.*)-[0-9a-f]{8}$/, '$1-{hash}');
}

/** The whole answer at a minute, and what a hundred targets cost at other intervals. */
async function costTable(): Promise<string> {
  const whole = await costText();
  const others = await Promise.all(['30', '15'].map((every) => costText('--every', every, '--targets', '100')));
  const months = others.map((text) => text.split('\n\n').slice(0, 2).join('\n\n'));
  return `\`\`\`text\n${[whole, ...months].join('\n\n')}\n\`\`\``;
}

async function costText(...args: readonly string[]): Promise<string> {
  const written: string[] = [];
  const io = {
    environment: {},
    isInteractive: false,
    out: (text: string) => void written.push(text),
    say: () => undefined,
    input: async () => '',
  };
  await cost(args, io);
  return written.join('\n');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const table of TABLES) writeFileSync(table.page, await pageWithTable(table));
}
