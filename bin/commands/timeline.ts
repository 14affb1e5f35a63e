import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { GLOBAL_CHAIN } from '../../functions/core/model/timeline.ts';
import type { Stores } from '../../functions/core/ports.ts';
import { ENTRY_KEPT_MS } from '../../functions/core/timeline/chain.ts';
import { checkAgainst, checkExported, type Exported, exportLines, readExported } from '../flows/timeline/exported.ts';
import {
  type CheckedChain,
  checkChains,
  checkText,
  entryLine,
  markdownOf,
  readChain,
} from '../flows/timeline/timelines.ts';
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
  npx runbell timeline --export FILE            all of it into a file ("-": to standard output), for locked storage
  npx runbell timeline --verify FILE            the same check of such a file; nothing else is asked
  npx runbell timeline --verify --against FILE  also that the table still has what the file has, entry by entry:
                                                finds a timeline that was written anew as a whole

${PLACE_HELP}

Example:
  npx runbell timeline --export - | aws s3 cp - s3://BUCKET/runbell-$(date -u +%F).jsonl`;

export async function run(args: readonly string[], io: Console = processConsole()): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      ...placeOptions,
      incident: { type: 'string' },
      markdown: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      verify: { type: 'boolean', default: false },
      against: { type: 'string' },
      export: { type: 'string' },
    },
  });
  const [file] = positionals;
  if (positionals.length > (values.verify ? 1 : 0)) throw new Failure('Only --verify takes a FILE: see --help.');
  if (values.against !== undefined && !values.verify) throw new Failure('--against FILE goes with --verify.');
  if (values.export !== undefined) return exportTo(values.export, await atPlace(values, io, allLines), io);
  if (file !== undefined) return told(checkExported(fileOf(file)), values.json, io);
  const incident = values.incident ?? null;
  if (incident !== null && !/^inc-[a-z0-9]{10}$/.test(incident)) {
    throw new Failure('--incident takes an id such as inc-a1b2c3d4e5: it stands at the foot of the card.');
  }
  if (values.verify) {
    const before = values.against === undefined ? null : fileOf(values.against);
    const checked = await atPlace(values, io, async ({ timeline }) => {
      const now = await checkChains(timeline, incident, Date.now());
      return before === null ? now : [...now, ...(await checkAgainst(timeline, before, Date.now() - ENTRY_KEPT_MS))];
    });
    return told(checked, values.json, io);
  }
  const chain = incident ?? GLOBAL_CHAIN;
  const { entries } = await atPlace(values, io, ({ timeline }) => readChain(timeline, chain));
  if (entries.length === 0) io.say('There is nothing in that timeline.');
  if (values.json) for (const entry of entries) io.out(JSON.stringify(entry));
  else if (values.markdown) io.out(markdownOf(incident ?? 'all', entries));
  else for (const entry of entries) io.out(entryLine(entry));
  return 0;
}

/** 1: something is not as it was written. */
function told(checked: readonly CheckedChain[], asJson: boolean, io: Console): number {
  for (const one of checked) io.out(asJson ? JSON.stringify(one) : checkText(one));
  return checked.some(({ check }) => check.kind === 'broken') ? 1 : 0;
}

function allLines({ timeline }: Pick<Stores, 'timeline'>): Promise<string[]> {
  return exportLines(timeline, Date.now());
}

function exportTo(file: string, lines: readonly string[], io: Console): number {
  if (file === '-') {
    for (const line of lines) io.out(line);
    return 0;
  }
  // Never over what is there: that may be the older proof.
  if (existsSync(file)) throw new Failure(`${file} is there already: name another file.`);
  writeFileSync(file, `${lines.join('\n')}\n`);
  io.say(`${lines.length - 1} timelines are in ${file}; npx runbell timeline --verify ${file} checks them.`);
  return 0;
}

function fileOf(file: string): Exported {
  if (!existsSync(file)) throw new Failure(`There is no file ${file}.`);
  const read = readExported(readFileSync(file, 'utf8'));
  if (read === null) throw new Failure(`${file} is not what --export wrote: it was damaged, or is something else.`);
  return read;
}
