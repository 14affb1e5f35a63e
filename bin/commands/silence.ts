import { askInWords } from './common/ask-in-words.ts';
import { ASK_HELP } from './common/ask-options.ts';
import { type Console, processConsole } from './common/console.ts';

export const help = `says nothing about one target for a while; sampling goes on

  npx runbell silence TARGET 2h REASON

${ASK_HELP}

Example:
  npx runbell silence orders-db 2h planned migration

From one minute to seven days. npx runbell unsilence TARGET ends it.`;

export function run(args: readonly string[], io: Console = processConsole()): Promise<number> {
  return askInWords('silence', args, 'Silenced.', io);
}
