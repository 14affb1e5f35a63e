import { parseArgs } from 'node:util';
import { explanationText, findClick } from '../flows/timeline/explain-click.ts';
import { atPlace, PLACE_HELP, placeOptions } from './common/at-endpoint.ts';
import { type Console, processConsole } from './common/console.ts';
import { Failure } from './common/failure.ts';

export const help = `why a click was refused, or what came of it

  npx runbell explain 0123456789abcdef       the click named at the end of every refusal
  npx runbell explain run-0123456789abcdef   what came of a run
  npx runbell explain CLICK --json

${PLACE_HELP}`;

export async function run(args: readonly string[], io: Console = processConsole()): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { ...placeOptions, json: { type: 'boolean', default: false } },
  });
  const [click = ''] = positionals;
  if (positionals.length !== 1 || !/^(run-)?[0-9a-f]{8,64}$/.test(click)) {
    throw new Failure(
      'Name one click, such as: npx runbell explain 0123456789abcdef. Every refusal ends with its own.',
    );
  }
  const explained = await atPlace(values, io, (stores) => findClick(stores, click));
  if (explained === null) {
    io.say(`No click ${click} is known: clicks are kept for 30 days, what was decided for 400.`);
    return 1;
  }
  io.out(values.json ? JSON.stringify(explained) : explanationText(explained));
  return 0;
}
