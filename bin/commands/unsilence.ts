import { askInWords } from './common/ask-in-words.ts';
import { ASK_HELP } from './common/ask-options.ts';
import { type Console, processConsole } from './common/console.ts';

export const help = `ends a silence

  npx runbell unsilence TARGET

${ASK_HELP}

Example:
  npx runbell unsilence orders-db`;

export function run(args: readonly string[], io: Console = processConsole()): Promise<number> {
  return askInWords('unsilence', args, 'The silence has ended.', io);
}
