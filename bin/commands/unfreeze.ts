import { askInWords } from './common/ask-in-words.ts';
import { ASK_HELP } from './common/ask-options.ts';
import { type Console, processConsole } from './common/console.ts';

export const help = `lifts a freeze

  npx runbell unfreeze everything
  npx runbell unfreeze application ID | runbook ID | person U012AB3CD

${ASK_HELP}

Example:
  npx runbell unfreeze application shop

The scope is that of the freeze, as npx runbell status shows it. Only who is listed under people or userGroups may.`;

export function run(args: readonly string[], io: Console = processConsole()): Promise<number> {
  return askInWords('unfreeze', args, 'Lifted.', io);
}
