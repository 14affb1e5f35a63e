import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HostileHost, Mark, Ran } from './host.ts';
import { SECRET } from './place.ts';
import { isOfSystem } from './programs.ts';
import { below, bytesOf, lookOf, readSince } from './trees.ts';

const RESULT_BYTES_MAX = 4000;
/** Whatever an endless program prints, root's disk keeps little of it. */
export const STATE_BYTES_MAX = 6_000_000;
const EXITS: Readonly<Record<string, number>> = { done: 0, nothingToDo: 0, refused: 20, failed: 30 };

/** All that must never come of a run, whatever the host says; empty when nothing did. */
export function problemsOf(host: HostileHost, ran: Ran): readonly string[] {
  const marks = host.marks().flatMap((mark) => problemsOfMark(host, mark));
  return [
    ...new Set([
      ...marks.sort(),
      ...problemsOfTrees(host),
      ...problemsOfState(host),
      ...problemsOfResult(ran),
      ...(ran.ms >= ran.limitMs ? [`it did not end within its ${ran.limitMs} ms`] : []),
      ...host.rootsProcesses().map((words) => `a process of root's is left: ${words}`),
    ]),
  ];
}

/** What one of the attacker's programs saw, or who evaluated what it said. */
function problemsOfMark(host: HostileHost, { name, uid, text }: Mark): readonly string[] {
  const [, kind = '', program = ''] = /^([a-z]+)[-.](.+?)(?:\.\w+)?$/.exec(name) ?? [];
  switch (kind) {
    case 'evaluated':
      return uid === 0 ? ['root evaluated what a stranger said'] : [];
    case 'handed':
      return handed(host, text).map((what) => `${program} was handed ${what}`);
    case 'ran':
      if (uid === 0) return [`root ran the attacker's ${program}`];
      return isOfSystem(program) ? [`${program} of the user stood before the system's`] : [];
    default:
      return [];
  }
}

function handed(host: HostileHost, text: string): string[] {
  const lines = text.split('\n').filter((line) => line !== '' && !host.inherited.has(line.replace(/^\d+ /, '')));
  return lines.map((line) => (line.includes('/state/') ? 'a file of root’s state' : line.replace(/:.*/, '')));
}

/** Nothing of the application's and nothing of the attacker's became root's; what is root's stayed as it was. */
function problemsOfTrees(host: HostileHost): readonly string[] {
  const own = new Set(below(host.etc).map(({ stat }) => stat.ino));
  const written = [host.attacker, join(host.dir, 'home')]
    .flatMap(below)
    .filter(({ path, stat }) => stat.uid === 0 && !own.has(stat.ino) && !path.startsWith(host.canaries));
  const etc = lookOf(host.etc);
  return [
    ...written.map(({ path }) => `root wrote ${path}`),
    ...readSince(host.etc).map((path) => `root read ${path}, where only a link of the user's leads`),
    ...(etc === host.etcBefore ? [] : [`root's own files were changed: ${etc}`]),
  ];
}

function problemsOfState(host: HostileHost): readonly string[] {
  const folder = join(host.dir, 'state');
  const entries = below(folder);
  const loose = entries.filter(({ stat }) => stat.uid !== 0 || (stat.mode & 0o077) !== 0 || stat.isSymbolicLink());
  const texts = entries.filter(({ path, stat }) => /\/(details|ledger|locks)\//.test(path) && stat.isFile());
  const raw = texts.filter(({ stat, path }) => stat.size < 1e7 && /[^\n\t -~]/.test(readFileSync(path, 'latin1')));
  const secret = entries.filter(({ stat, path }) => stat.isFile() && readFileSync(path, 'latin1').includes(SECRET));
  const bytes = bytesOf(folder);
  return [
    ...loose.map(({ path }) => `others may touch ${path}`),
    ...secret.map(({ path }) => `a secret of root's is in ${path}`),
    ...(bytes > STATE_BYTES_MAX ? [`root's state grew to ${bytes} bytes`] : []),
    ...(raw.length > 0 ? ['the details have what a terminal takes for its own'] : []),
  ];
}

function problemsOfResult({ stdout, status, result }: Ran): readonly string[] {
  const problems: string[] = [];
  if (!/^[ -~]+\n$/.test(stdout)) problems.push(`stdout is not one line: ${JSON.stringify(stdout.slice(0, 200))}`);
  if (stdout.length > RESULT_BYTES_MAX) problems.push(`the result has ${stdout.length} bytes`);
  if (result === null) return [...problems, `no result (status ${status})`];
  if (EXITS[result.ending] !== status) problems.push(`${result.ending} with exit ${status}`);
  if (/stopped unexpectedly/.test(result.reason)) problems.push(`it fell over: ${result.reason}`);
  const told = [result.reason, ...result.lines, ...result.processes.map(({ name }) => name)].join('\n');
  for (const [what] of told.matchAll(/\$\(|`|<!|mktemp/g)) problems.push(`the result says ${what}`);
  if (told.includes(SECRET)) problems.push("the result has a secret of root's");
  return problems;
}
