import { connectAws } from './aws.ts';
import type { Console } from './console.ts';
import { Failure } from './failure.ts';
import { findStack } from './find-stack.ts';
import { openTable } from './open-table.ts';

/** How a command is told where the state is. */
export const tableOptions = { table: { type: 'string' }, stack: { type: 'string', default: 'runbell' } } as const;

/** The stores behind `--table`, RUNBELL_TABLE, or the output of the deployed stack. */
export async function openStores(given: { readonly table?: string; readonly stack: string }, io: Console) {
  const { environment } = io;
  const name = given.table ?? environment['RUNBELL_TABLE'] ?? (await tableOf(given.stack, io));
  const connected = await connectAws(environment);
  if (connected.kind === 'noCredentials') throw new Failure(`${connected.why}.`);
  return openTable(name, connected.aws.region, environment);
}

async function tableOf(stackName: string, { environment }: Console): Promise<string> {
  const stack = await findStack(stackName, environment);
  if (stack.kind === 'unknown') throw new Failure(`${stack.why}. Or name the table yourself: --table NAME.`);
  const table = stack.outputs.get('TableName');
  if (table === undefined) throw new Failure(`The stack ${stackName} has no output TableName: use --table NAME.`);
  return table;
}
