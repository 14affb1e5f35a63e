import { existsSync, readdirSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { Failure } from './commands/common/failure.ts';

/** What a file in bin/commands exports: the first line of `help` says in a few words what it is for. */
interface Command {
  readonly help: string;
  /** Answers with the exit code. */
  run(args: readonly string[]): Promise<number>;
}

const commandShape = z.object({
  help: z.string(),
  run: z.custom<Command['run']>((value) => typeof value === 'function'),
});

const FOLDER = new URL('commands/', import.meta.url);
/** `.ts` in a clone, `.js` in an installed package. */
const ENDING = extname(fileURLToPath(import.meta.url));

async function load(name: string): Promise<Command | null> {
  const file = new URL(`${name}${ENDING}`, FOLDER);
  if (!/^[a-z][a-z-]*$/.test(name) || !existsSync(fileURLToPath(file))) return null;
  const parsed = commandShape.safeParse(await import(file.href));
  return parsed.success ? parsed.data : null;
}

/** Every command with the first line of its help. */
async function overview(): Promise<string> {
  const names = readdirSync(FOLDER)
    .filter((file) => file.endsWith(ENDING))
    .map((file) => file.slice(0, -ENDING.length))
    .sort();
  const lines: string[] = [];
  for (const name of names) {
    const command = await load(name);
    if (command !== null) lines.push(`  ${name.padEnd(16)}${command.help.split('\n')[0]}`);
  }
  return `npx runbell <command>

${lines.join('\n')}

npx runbell <command> --help says how to use it, with an example.`;
}

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    process.stdout.write(`${await overview()}\n`);
    return 0;
  }
  const command = await load(name);
  if (command === null) {
    process.stderr.write(`There is no command "${name.slice(0, 40)}".\n\n${await overview()}\n`);
    return 2;
  }
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(`npx runbell ${name}: ${command.help}\n`);
    return 0;
  }
  return command.run(args);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  // What a command foresaw is one sentence that names the fix; anything else is a fault with its trace.
  const isForeseen = error instanceof Failure || (error instanceof Error && 'code' in error && isUsage(error.code));
  process.stderr.write(`${error instanceof Error ? (isForeseen ? error.message : error.stack) : String(error)}\n`);
  process.exitCode = isForeseen ? 2 : 70;
}

function isUsage(code: unknown): boolean {
  return typeof code === 'string' && code.startsWith('ERR_PARSE_ARGS');
}
