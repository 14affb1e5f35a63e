/** A function or a quoted program at the left margin, from its first line to its last. */
interface Block {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

const FUNCTION_LINE = /^([a-z][a-z0-9_]*)\(\) [{(]/;

const PROGRAM_LINE = /^readonly ([A-Z][A-Z0-9_]*)=(?:"\$[A-Z0-9_]+")?'$/;

/**
 * What reaches a host: a document has room for 64 KB, so comments, indentation and what is never used stay at home, and
 * all of it is one text, whose lines cost a byte less than lines of their own. The guard has looked at the parameters
 * before anything reads one.
 */
export function deliveredText(lines: readonly string[]): string {
  let kept = lines.filter((line) => !/^\s*(#|$)/.test(line));
  for (;;) {
    const unused = unusedBlocks(kept);
    if (unused.length === 0) break;
    kept = kept.filter((_, at) => !unused.some(({ from, to }) => from <= at && at <= to));
  }
  const text = kept.map((line) => line.trimStart()).join('\n');
  return text.replaceAll(/(\$\{SSM_\w+):\?\}/g, '$1}');
}

function unusedBlocks(lines: readonly string[]): readonly Block[] {
  const all = countWords(lines);
  return blocksOf(lines).filter(
    ({ name, from, to }) => all.get(name) === countWords(lines.slice(from, to + 1)).get(name),
  );
}

function blocksOf(lines: readonly string[]): readonly Block[] {
  return lines.flatMap((line, from) => {
    const ofFunction = FUNCTION_LINE.exec(line)?.[1];
    const name = ofFunction ?? PROGRAM_LINE.exec(line)?.[1];
    if (name === undefined) return [];
    if (ofFunction !== undefined && /[})]$/.test(line)) return [{ name, from, to: from }];
    const isEnd = ofFunction === undefined ? /'/ : /^[})]$/;
    const to = lines.findIndex((one, at) => at > from && isEnd.test(one));
    return to < 0 ? [] : [{ name, from, to }];
  });
}

function countWords(lines: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const [word] of lines.join('\n').matchAll(/\w+/g)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}
