/** As much of Markdown as our own pages use. */

const FENCE = /^ *```(\w*)\n([\s\S]*?)^ *```$/gm;

/** Without code blocks. */
export function bareText(text: string): string {
  return text.replaceAll(FENCE, '');
}

export function codeBlocks(text: string, language: string): readonly string[] {
  return [...text.matchAll(FENCE)].flatMap(([, named, code = '']) => (named === language ? [code] : []));
}

/** Targets of links and images. */
export function linksOf(text: string): readonly string[] {
  return [...bareText(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
}

/** What stands in code style within sentences and tables. */
export function spansOf(text: string): readonly string[] {
  return [...bareText(text).matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span);
}

/** Headings as links name them. */
export function slugsOf(text: string): readonly string[] {
  const headings = [...bareText(text).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );
}

/** Cells of all table rows, heads and rulers included. */
export function tableRows(text: string): readonly (readonly string[])[] {
  return [...bareText(text).matchAll(/^\|(.+)\|$/gm)].map(([, row = '']) => row.split('|').map((cell) => cell.trim()));
}

/** Names in the first cells: `| \`a\`, \`b\` |` gives both. */
export function firstCells(text: string): readonly string[] {
  return tableRows(text).flatMap(([first = '']) => [...first.matchAll(/`(\w+)`/g)].map(([, name = '']) => name));
}
