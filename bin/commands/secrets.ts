import { parseArgs } from 'node:util';
import { type Asker, clackAsker } from './common/asker.ts';
import { type Console, processConsole } from './common/console.ts';
import { Failure } from './common/failure.ts';
import { CONFIG_FILE, readConfig } from './common/read-config.ts';
import { setPassword } from './secrets/set-password.ts';
import { setSlack } from './secrets/set-slack.ts';

export const help = `puts a secret into Secrets Manager, after checking it

  npx runbell secrets set --slack         bot token and signing secret: asks for both, hidden
  npx runbell secrets set --target ID     the password of one target

  --stack NAME     whose secret it is, when the configuration names none; default: the name in the configuration
  --config FILE    default: ${CONFIG_FILE}
  --unchecked      stores it although Slack or the database refused it

A secret is read from a prompt or from standard input, and never from the command line:
  npx runbell secrets set --target orders-db < password-file
  pass show runbell/slack.json | npx runbell secrets set --slack        {"botToken": "…", "signingSecret": "…"}

Needs secretsmanager:PutSecretValue on that secret, and cloudformation:DescribeStacks to find the one of the stack.`;

export async function run(
  args: readonly string[],
  io: Console = processConsole(),
  asker: Asker | null = io.isInteractive ? clackAsker : null,
): Promise<number> {
  const given = parsed(args);
  const config = await readConfig(given.config);
  const order = { io, asker, config, stack: given.stack ?? config.name, unchecked: given.unchecked };
  if (given.slack) await setSlack(order);
  else await setPassword(order, given.target ?? '');
  return 0;
}

/** Its own errors: those of the parser quote what was typed, which may be a secret in the wrong place. */
function parsed(args: readonly string[]) {
  const usage = new Failure(
    'Use secrets set --slack or secrets set --target ID, and give the secret at the prompt or on standard input. ' +
      'If a secret was on that command line, it is now in the history of your shell: replace it.',
  );
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        slack: { type: 'boolean', default: false },
        target: { type: 'string' },
        stack: { type: 'string' },
        config: { type: 'string', default: CONFIG_FILE },
        unchecked: { type: 'boolean', default: false },
      },
    });
    const isUsual = positionals.join(' ') === 'set' && values.slack !== (values.target !== undefined);
    if (!isUsual) throw usage;
    return values;
  } catch {
    throw usage;
  }
}
