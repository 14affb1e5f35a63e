import type { Word } from './builtins.ts';
import type { Scan } from './scan.ts';

const SHELLS = /^(?:\/(?:usr\/)?bin\/)?(?:sh|bash|dash|ksh)$/;
const AWKS = /^(?:awk|gawk|mawk)$/;
/** Of these `-e` and `-r` take no program; user_has is the user's `test`. */
const HARMLESS = /^(?:test|\[|user_has|grep|realpath|find|sort|read|ls|cp|touch|head|tail|rm|xargs)$/;

/** A text that another interpreter takes for a program has to stand in the script. */
export function checkPrograms(scan: Scan, words: readonly Word[]): void {
  words.forEach((word, at) => {
    const rest = words.slice(at + 1);
    const program = programOf(word, rest, words.slice(0, at));
    if (program !== undefined) scan.use(`a program for ${word.text}`, 'constant', program.value, program.text);
  });
}

function programOf(word: Word, rest: readonly Word[], before: readonly Word[]): Word | undefined {
  const name = word.literal ?? '';
  if (SHELLS.test(name)) return /^-[a-z]*c$/.test(rest[0]?.literal ?? '') ? rest[1] : undefined;
  if (AWKS.test(name)) return afterOptions(rest, /^-[vF]$/);
  if (name === 'sed') return rest.find(({ literal }) => literal === null || !literal.startsWith('-'));
  const isProgram =
    /^(?:-e|-r|--eval|--run)$/.test(name) && !before.some(({ literal }) => HARMLESS.test(literal ?? ''));
  return isProgram ? rest[0] : undefined;
}

function afterOptions(words: readonly Word[], withValue: RegExp): Word | undefined {
  const [first, , ...rest] = words;
  if (withValue.test(first?.literal ?? '')) return afterOptions(rest, withValue);
  return first;
}
