import { parseArgs } from 'node:util';
import { readCommand } from '../../../functions/adapters/slack/read-command.ts';
import { sendRequest } from '../../flows/requests/send-request.ts';
import { askOptions, tellDecision } from './ask-options.ts';
import { atPlace } from './at-endpoint.ts';
import type { Console } from './console.ts';
import { Failure } from './failure.ts';
import { whoAsks } from './who-asks.ts';

type Verb = 'freeze' | 'unfreeze' | 'silence' | 'unsilence';

/** The words of the slash command, read by what reads the slash command. */
export async function askInWords(verb: Verb, args: readonly string[], done: string, io: Console): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: askOptions });
  const read = readCommand({
    user_id: 'unused',
    team_id: 'unused',
    channel_id: 'unused',
    trigger_id: 'unused',
    text: [verb, ...mentioned(positionals)].join(' '),
  });
  if (read.kind === 'answer')
    throw new Failure(`${read.text.replaceAll('`', '"').replace('@name', 'person U012AB3CD')}`);
  const { wish } = read.click;
  if (wish.kind !== 'request') throw new Failure(`npx runbell ${verb} --help says how to use it.`);
  const by = await whoAsks(values, io);
  const sent = await atPlace(values, io, (stores) => sendRequest(stores, wish.request, by, (line) => io.say(line)));
  return tellDecision(sent, done, values.json, io);
}

/** Slack writes a person as a mention; at a shell nobody wants to quote one. */
function mentioned([first = '', second = '', ...rest]: readonly string[]): readonly string[] {
  return first === 'person' ? [`<@${second}>`, ...rest] : [first, second, ...rest].filter((word) => word !== '');
}
