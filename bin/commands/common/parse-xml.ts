/** An element of an AWS answer: its text when it has no children. */
export interface XmlElement {
  readonly name: string;
  readonly children: XmlElement[];
  text: string;
}

const TOKEN = /<(\/?)([\w.:-]+)[^>]*?(\/?)>|([^<]+)/g;
const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** Reads what AWS sends in XML: elements and text. Attributes, comments and the like carry nothing there. */
export function parseXml(source: string): XmlElement {
  const root: XmlElement = { name: '', children: [], text: '' };
  const open = [root];
  for (const [, closing, name, empty, text] of source.replace(/<[?!][^>]*>/g, '').matchAll(TOKEN)) {
    const top = open.at(-1) ?? root;
    if (name === undefined) top.text += decoded(text ?? '');
    else if (closing === '/') open.pop();
    else {
      const element = { name, children: [], text: '' };
      top.children.push(element);
      if (empty !== '/') open.push(element);
    }
  }
  return root;
}

/** Elements of this name at any depth, in order. */
export function elements(within: XmlElement, name: string): readonly XmlElement[] {
  return within.children.flatMap((child) => (child.name === name ? [child] : elements(child, name)));
}

/** The text at a path of names, one for each level. */
export function textAt(within: XmlElement, ...path: readonly string[]): string | undefined {
  const found = path.reduce<XmlElement | undefined>(
    (element, name) => element?.children.find((child) => child.name === name),
    within,
  );
  return found?.text.trim();
}

function decoded(text: string): string {
  return text.replace(/&(?:#(x?)([0-9a-fA-F]+)|(\w+));/g, (all, hex: string, number: string, name: string) =>
    name === undefined ? String.fromCodePoint(Number.parseInt(number, hex === 'x' ? 16 : 10)) : (ENTITIES[name] ?? all),
  );
}
