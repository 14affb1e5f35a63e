/** Markup that may be put into a page as it is. Everything else is text. */
export class Html {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

type Part = Html | string | number | false | null | undefined | readonly Part[];

/** A template whose holes are escaped unless they are markup already; false, null and undefined show nothing. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(strings.map((text, index) => text + sourceOf(parts[index])).join(''));
}

function sourceOf(part: Part): string {
  if (part instanceof Html) return part.source;
  if (typeof part === 'object' && part !== null) return part.map(sourceOf).join('');
  return part === undefined || part === null || part === false ? '' : escapeHtml(String(part));
}

/** Text for an element or a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
