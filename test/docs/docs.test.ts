import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { BODY_BYTES_MAX } from '../../functions/adapters/slack/verify-request.ts';
import { configSchema } from '../../functions/core/config/config.ts';
import { defineConfig, parseConfig } from '../../functions/core/config/parse-config.ts';
import { REFUSAL_REASONS } from '../../functions/core/model/decision.ts';
import { UNREADABLE_CAUSES } from '../../functions/core/model/sample.ts';
import { bareText, codeBlocks, firstCells, linksOf, slugsOf, spansOf, tableRows } from './markdown.ts';
import { type Setting, settingsOf } from './settings.ts';

const PAGES = [
  ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'],
  ...['docs', 'runbooks', 'local'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(folder, name)),
  ),
];
const read = (path: string) => readFileSync(path, 'utf8');
const packageSchema = z.object({ scripts: z.record(z.string(), z.string()) });

/** Every page with what is wrong in it, so that one run names all. */
function wrongIn(look: (text: string, page: string) => readonly string[]): readonly string[] {
  return PAGES.flatMap((page) => look(read(page), page).map((what) => `${page}: ${what}`));
}

describe('the documents', () => {
  it('link to files and headings that exist', () => {
    const wrong = wrongIn((text, page) =>
      linksOf(text).filter((link) => {
        if (/^[a-z]+:/.test(link)) return false;
        const [file = '', heading] = link.split('#');
        const path = file === '' ? page : normalize(join(dirname(page), file));
        return !existsSync(path) || (heading !== undefined && !slugsOf(read(path)).includes(heading));
      }),
    );
    expect(wrong).toEqual([]);
  });

  it('name files of this repository that exist', () => {
    const isPath = /^(functions|lib|bin|local|runbooks|docs|test|core|adapters|flows)\/[\w./-]*$/;
    const exists = (path: string) => existsSync(path) || existsSync(join('functions', path));
    expect(wrongIn((text) => spansOf(text).filter((span) => isPath.test(span) && !exists(span)))).toEqual([]);
  });

  it('name commands that exist', () => {
    const { scripts } = packageSchema.parse(JSON.parse(read('package.json')));
    const wrong = wrongIn((text) => [
      ...[...text.matchAll(/npm run (?:-s )?([\w:-]+)/g)].flatMap(([all, name = '']) => (name in scripts ? [] : [all])),
      ...[...text.matchAll(/node bin\/launch\.mjs (\S+\.ts)/g)].flatMap(([, file = '']) =>
        existsSync(file) ? [] : [file],
      ),
      ...[...text.matchAll(/npx runbell ([a-z][a-z-]*)/g)].flatMap(([all, name = '']) =>
        existsSync(`bin/commands/${name}.ts`) ? [] : [all],
      ),
    ]);
    expect(wrong).toEqual([]);
  });

  it('name every command of the terminal in README', () => {
    const named = spansOf(read('README.md')).flatMap((span) => span.replace(/^npx runbell /, '').split(' ')[0] ?? []);
    const commands = readdirSync('bin/commands').filter((file) => file.endsWith('.ts'));
    expect(commands.map((file) => file.replace('.ts', '')).filter((name) => !named.includes(name))).toEqual([]);
  });

  it('show configurations that are valid', () => {
    const snippets = PAGES.flatMap((page) =>
      codeBlocks(read(page), 'ts')
        .filter((code) => code.includes('defineConfig('))
        .map((code) => ({ page, code })),
    );
    expect(snippets.length).toBeGreaterThan(0);
    for (const { page, code } of snippets) {
      const body = code.replaceAll(/^\s*import .*$/gm, '').replace('export default', 'return');
      // Our own pages, as their readers would run them.
      const config: unknown = new Function('defineConfig', body)(defineConfig);
      expect(parseConfig(config), page).toMatchObject({ kind: 'valid' });
    }
  });

  it('hold one title each, and no page that nothing leads to', () => {
    const titles = wrongIn((text) => (bareText(text).match(/^# /gm)?.length === 1 ? [] : ['not exactly one title']));
    const reached = new Set(PAGES.flatMap((page) => linksOf(read(page)).map((link) => targetOf(page, link))));
    const lost = PAGES.filter((page) => page.startsWith('docs/') && !reached.has(page));
    expect([titles, lost]).toEqual([[], []]);
  });
});

function targetOf(page: string, link: string): string {
  return normalize(join(dirname(page), link.split('#')[0] ?? ''));
}

describe('docs/install.md', () => {
  const rows = tableRows(read('docs/install.md')).filter(([name = '']) => /^`[a-z]/.test(name));
  const settings = settingsOf(configSchema);

  it('has a row for each setting, and for nothing else', () => {
    const documented = rows.map(([name = '']) => name.replaceAll('`', ''));
    expect([...documented].sort()).toEqual([...new Set(settings.map(({ path }) => path))].sort());
  });

  it.each(rows)('says the default and the bounds of %s', (name, said = '', bounds = '') => {
    const ofName = settings.filter(({ path }) => `\`${path}\`` === name);
    expect(ofName.flatMap((setting) => untold(setting, said, bounds))).toEqual([]);
  });
});

function untold(setting: Setting, said: string, bounds: string): readonly string[] {
  const { initial, isRequired, numbers, words } = setting;
  const isDefaultSaid =
    initial === undefined ? (said === 'required') === isRequired : said === `\`${JSON.stringify(initial)}\``;
  return [
    ...(isDefaultSaid ? [] : [`default: ${isRequired ? 'required' : JSON.stringify(initial ?? null)}`]),
    ...numbers.filter((bound) => !new RegExp(`(?<!\\d)${bound}(?!\\d)`).test(bounds)).map((bound) => `bound ${bound}`),
    ...words.filter((word) => !bounds.includes(word)).map((word) => `choice ${word}`),
  ];
}

describe('docs/operating.md', () => {
  const rows = firstCells(read('docs/operating.md'));

  it('has a row for every reason to refuse', () => {
    expect(REFUSAL_REASONS.filter((reason) => !rows.includes(reason))).toEqual([]);
  });

  it('has a row for every cause of an unreadable target', () => {
    expect(UNREADABLE_CAUSES.filter((cause) => !rows.includes(cause))).toEqual([]);
  });

  it('has a row for every alarm, where the alarm says it is', () => {
    const source = read('lib/constructs/alarms.ts');
    const alarms = [...source.matchAll(/this\.(?:silence|trouble|alarm)\(\s*'(\w+)'/g)].map(([, id = '']) => id);
    expect(alarms.length).toBeGreaterThan(5);
    expect(alarms.filter((id) => !rows.includes(id))).toEqual([]);
  });
});

describe('docs/security.md', () => {
  const page = read('docs/security.md');

  it('names the limit of a body as it is', () => {
    const said = [...page.matchAll(/(?:at most|above) (\d+) KB/g)].map(([, kilobytes]) => Number(kilobytes) * 1024);
    expect(said.length).toBeGreaterThan(1);
    expect(new Set(said)).toEqual(new Set([BODY_BYTES_MAX]));
  });

  it('names what Runbell does on hosts by itself where the claim stands that it does nothing', () => {
    const claim = read('README.md')
      .split('\n\n')
      .find((part) => /without a person/.test(part));
    expect(claim).toContain('docs/security.md#what-runbell-does-on-hosts-by-itself');
  });
});

describe('docs/troubleshooting.md', () => {
  /** The longest stretch of words of each finding that is an error or a warning, as it stands in the code. */
  const findings = ['bin/flows/doctor', 'bin/commands/doctor'].flatMap((folder) =>
    readdirSync(folder).flatMap((file) =>
      [...read(join(folder, file)).matchAll(/\bsaid\(\s*'(?:error|warning)',\s*(?:'([^'\n]+)'|`([^`\n]+)`)/g)].flatMap(
        ([, plain, pattern = '']) => {
          const words = (plain ?? pattern).split(/\$\{[^}]*\}/).map((part) =>
            part
              .replace(/[(:,]+\s*$/, '')
              .replace(/^[:,]\s*/, '')
              .trim(),
          );
          const longest = words.toSorted((a, b) => b.length - a.length)[0] ?? '';
          return longest.length < 3 ? [] : [longest];
        },
      ),
    ),
  );

  it('has every finding of the doctor in its own words', () => {
    const page = read('docs/troubleshooting.md');
    expect(findings.length).toBeGreaterThan(25);
    expect(findings.filter((words) => !page.includes(words))).toEqual([]);
  });
});
