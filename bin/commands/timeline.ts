import { parseArgs } from 'node:util';
import { GLOBAL_CHAIN } from '../../functions/core/timeline/entry.ts';
import { checkChains, checkText, entryLine, markdownOf, readChain } from '../flows/timeline/timelines.ts';
import { atPlace, PLACE_HELP, placeOptions } from './common/at-endpoint.ts';
import { type Console, processConsole } from './common/console.ts';
import { Failure } from './common/failure.ts';

export const help = `who did what, when and why, refusals included

  npx runbell timeline                          freezes, and every incident as it opened
  npx runbell timeline --incident inc-a1b2c3d4e5
  npx runbell timeline --incident ID --markdown to paste into a review
  npx runbell timeline --json                   one entry a line
  npx runbell timeline --verify                 finds any entry that was altered, taken out, cut off or moved
                                                (without --incident: in all of them); exits with 1 when there is one

${PLACE_HELP}`;

export async function run(args: readonly string[], io: Console = processConsole()): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...placeOptions,
      incident: { type: 'string' },
      markdown: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      verify: { type: 'boolean', default: false },
    },
  });
  const incident = values.incident ?? null;
  if (incident !== null && !/^inc-[a-z0-9]{10}$/.test(incident)) {
    throw new Failure('--incident takes an id such as inc-a1b2c3d4e5: it stands at the foot of the card.');
  }
  if (values.verify) {
    const checked = await atPlace(values, io, ({ timeline }) => checkChains(timeline, incident, Date.now()));
    for (const one of checked) io.out(values.json ? JSON.stringify(one) : checkText(one));
    return checked.some(({ check }) => check.kind === 'broken') ? 1 : 0;
  }
  const chain = incident ?? GLOBAL_CHAIN;
  const { entries } = await atPlace(values, io, ({ timeline }) => readChain(timeline, chain));
  if (entries.length === 0) io.say('There is nothing in that timeline.');
  if (values.json) for (const entry of entries) io.out(JSON.stringify(entry));
  else if (values.markdown) io.out(markdownOf(incident ?? 'all', entries));
  else for (const entry of entries) io.out(entryLine(entry));
  return 0;
}
