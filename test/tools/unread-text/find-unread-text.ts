import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { manifestSchema } from '../../../functions/core/runbook/manifest.ts';
import { guardLine } from '../../../lib/runbook/build-document.ts';
import { readCommands } from './commands.ts';
import { type Facts, type Kind, noFacts, together } from './facts.ts';
import { Judge, type Readers } from './judge.ts';
import { type Grammar, Scan } from './scan.ts';
import { readDollar } from './words.ts';

const GRAMMAR: Grammar = { commands: readCommands, dollar: readDollar };

export const READERS: Readers = {
  file: 'runbooks/lib/read.sh',
  variables: new Map<string, Kind>([
    ['NUMBER', 'number'],
    ['STATE', 'constant'],
  ]),
};

/** What one script does, by itself. `file` names it in the findings. */
export function readScript(file: string, text: string): Facts {
  const facts = noFacts();
  const scan = new Scan(file, text, facts, GRAMMAR);
  scan.attempt(() => readCommands(scan, ''));
  return facts;
}

/** Where scripts that are delivered as one let bash do something with a text that nobody has read. */
export function unreadText(scripts: ReadonlyMap<string, string>): readonly string[] {
  const facts = [...scripts].map(([file, text]) => readScript(file, text));
  return new Judge(together(facts), READERS).findings();
}

/** The same of a runbook as it is delivered: its head, its script and what of the library it takes. */
export function findUnreadText(runbooks: string, id: string): readonly string[] {
  const scripts = new Map<string, string>([[`the head of ${id}`, headOf(join(runbooks, id, 'runbook.json'))]]);
  const add = (path: string): void => {
    const name = `runbooks/${path}`;
    if (scripts.has(name)) return;
    const text = readFileSync(join(runbooks, path), 'utf8');
    scripts.set(name, text);
    for (const [, file] of text.matchAll(/^source \.\.\/lib\/([a-z0-9-]+\.sh)$/gm)) add(`lib/${file}`);
  };
  add('lib/guard.sh');
  add(`${id}/run.sh`);
  return unreadText(scripts);
}

function headOf(file: string): string {
  const { timeoutSeconds, parameters } = manifestSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  const guards = parameters.map((one) => guardLine(one.name, one.pattern));
  return [`readonly RUNBELL_TIMEOUT_SECONDS=${timeoutSeconds}`, ...guards].join('\n');
}
