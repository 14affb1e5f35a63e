import { askInWords } from './common/ask-in-words.ts';
import { ASK_HELP } from './common/ask-options.ts';
import { type Console, processConsole } from './common/console.ts';

export const help = `lets nothing run: everywhere, of one application, one runbook or one person

  npx runbell freeze everything 2h REASON
  npx runbell freeze application ID REASON          without a time: until somebody lifts it
  npx runbell freeze runbook ID 1d REASON
  npx runbell freeze person U012AB3CD REASON        what this person starts or has started

${ASK_HELP}

Example:
  npx runbell freeze application shop 45m the release of tonight

Everybody may freeze; npx runbell unfreeze needs somebody who is listed. npx runbell status says what is frozen.
A run that is out stops at its next host.`;

export function run(args: readonly string[], io: Console = processConsole()): Promise<number> {
  return askInWords('freeze', args, 'Frozen.', io);
}
