import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const FILE_LINES_MAX = 250;
/** The design aims at 6,000; docs/decisions/size.md says why this is more, and it may only shrink. */
const FUNCTIONS_LINES_MAX = 15_900;

/** Who may import whom; a folder not named here may import anything. */
const ALLOWED: readonly { from: RegExp; may: RegExp; why: string }[] = [
  { from: /^functions\/core\//, may: /^functions\/core\/|^zod$/, why: 'core imports only itself and zod' },
  {
    from: /^functions\/flows\//,
    may: /^functions\/(flows|core)\//,
    why: 'flows import core and ports, no SDK and no Node',
  },
  {
    from: /^functions\//,
    may: /^(?!lib\/|local\/|bin\/|test\/)/,
    why: 'nothing in functions imports lib, local, bin or test',
  },
  {
    from: /^lib\//,
    may: /^lib\/|^functions\/core\/(config\/|runbook\/|settings\.ts$|invariant\.ts$)|^(?!functions|local|bin|test)/,
    why: 'lib imports of functions only core/config, core/runbook, settings and invariant',
  },
];

/** The floors of core, lowest first: an import runs within a floor or to a lower one. */
const FLOORS: readonly (readonly string[])[] = [
  ['invariant.ts', 'config', 'runbook'],
  ['settings.ts'],
  ['model'],
  ['text', 'sample', 'verify'],
  ['evaluate', 'timeline'],
  ['ports.ts'],
  ['act'],
  ['store', 'incident'],
  ['notify'],
];

/** Words that name an ambient effect; core and flows are given time, chance and environment. */
const BANNED_IN_CORE = /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bprocess\.|\bsetTimeout\(|\bfetch\(|\bconsole\./;
/** Words with another name in the glossary. */
const BANNED_WORDS = /\b(snooze[ds]?|audit log)\b/i;

function filesIn(folder: string, ending: RegExp): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => ending.test(path))
    .sort();
}

function importsOf(path: string): string[] {
  const text = readFileSync(path, 'utf8');
  const names = [
    ...text.matchAll(/^(?:import|export)\b[^;'"]*?from\s+'([^']+)'|^import\s+'([^']+)'|\bimport\('([^']+)'\)/gms),
  ];
  return names.flatMap((match) => {
    const name = match[1] ?? match[2] ?? match[3];
    if (name === undefined) return [];
    return [name.startsWith('.') ? relative('.', normalize(join(dirname(path), name))) : name];
  });
}

function lines(paths: readonly string[]): number {
  return paths.reduce((sum, path) => sum + readFileSync(path, 'utf8').split('\n').length - 1, 0);
}

/** Lines of code: blank lines and comments are free. */
function codeLines(paths: readonly string[]): number {
  const isCode = (line: string) => !/^\s*($|\/\/|\/\*|\*)/.test(line);
  return paths.reduce((sum, path) => sum + readFileSync(path, 'utf8').split('\n').filter(isCode).length, 0);
}

/** Groups of files that reach themselves through their imports (Tarjan's strongly connected components), sorted. */
function circlesIn(imports: ReadonlyMap<string, readonly string[]>): string[][] {
  const circles: string[][] = [];
  const order = new Map<string, number>();
  const open: string[] = [];
  const visit = (path: string): number => {
    const place = order.size;
    order.set(path, place);
    open.push(path);
    let lowest = place;
    for (const name of imports.get(path) ?? []) {
      if (!imports.has(name)) continue;
      if (!order.has(name)) lowest = Math.min(lowest, visit(name));
      else if (open.includes(name)) lowest = Math.min(lowest, order.get(name) ?? lowest);
    }
    if (lowest === place) {
      const circle = open.splice(open.indexOf(path));
      if (circle.length > 1) circles.push(circle.sort());
    }
    return lowest;
  };
  for (const path of imports.keys()) if (!order.has(path)) visit(path);
  return circles;
}

const sources = ['functions', 'lib', 'local', 'bin'].flatMap((folder) => filesIn(folder, /\.(ts|mjs)$/));

describe('the source tree', () => {
  it('imports only in the directions that the design allows', () => {
    const wrong = sources.flatMap((path) =>
      importsOf(path).flatMap((name) =>
        ALLOWED.filter(({ from, may }) => from.test(path) && !may.test(name)).map(
          ({ why }) => `${path} imports ${name}: ${why}`,
        ),
      ),
    );
    expect(wrong).toEqual([]);
  });

  it('has no imports that run in a circle', () => {
    expect(circlesIn(new Map(sources.map((path) => [path, importsOf(path)])))).toEqual([]);
  });

  it('sees a circle where there is one', () => {
    const imports: [string, string[]][] = [
      ['a', ['b']],
      ['b', ['c', 'd']],
      ['c', ['a']],
      ['d', []],
    ];
    expect(circlesIn(new Map(imports))).toEqual([['a', 'b', 'c']]);
  });

  it('imports only downwards inside core', () => {
    const floorOf = (path: string) => {
      const name = /^functions\/core\/([^/]+)/.exec(path)?.[1];
      return name === undefined ? undefined : FLOORS.findIndex((names) => names.includes(name));
    };
    const core = sources.filter((path) => path.startsWith('functions/core/'));
    expect(core.filter((path) => floorOf(path) === -1)).toEqual([]);
    const upward = core.flatMap((path) =>
      importsOf(path)
        .filter((name) => (floorOf(name) ?? -1) > (floorOf(path) ?? -1))
        .map((name) => `${path} imports ${name}`),
    );
    expect(upward).toEqual([]);
  });

  it('has adapters that know nothing of each other', () => {
    const adapterOf = (path: string) => /^functions\/adapters\/([^/]+)\//.exec(path)?.[1];
    const wrong = sources.flatMap((path) =>
      importsOf(path)
        .filter(
          (name) =>
            adapterOf(path) !== undefined && adapterOf(name) !== undefined && adapterOf(name) !== adapterOf(path),
        )
        .map((name) => `${path} imports ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  it('takes time, chance and environment from outside in core and flows', () => {
    const wrong = sources
      .filter((path) => /^functions\/(core|flows)\//.test(path))
      .filter((path) => BANNED_IN_CORE.test(readFileSync(path, 'utf8')));
    expect(wrong).toEqual([]);
  });

  it('uses the words of the glossary', () => {
    const texts = [...sources, ...filesIn('docs', /\.md$/), ...filesIn('runbooks', /\.(md|json|sh)$/), 'README.md'];
    expect(texts.filter((path) => existsSync(path) && BANNED_WORDS.test(readFileSync(path, 'utf8')))).toEqual([]);
  });

  it(`keeps every file under ${FILE_LINES_MAX} lines`, () => {
    const long = sources.map((path) => ({ path, lines: lines([path]) })).filter((file) => file.lines > FILE_LINES_MAX);
    expect(long).toEqual([]);
  });

  it('stays small: functions within its limit, local at most half of functions', () => {
    const functions = codeLines(filesIn('functions', /\.ts$/));
    const local = codeLines(filesIn('local', /\.(ts|mjs|js|css)$/));
    process.stdout.write(`\nsize: functions ${functions} lines of code of at most ${FUNCTIONS_LINES_MAX}\n`);
    process.stdout.write(`size: local ${local} lines of code of at most ${Math.floor(functions / 2)}\n`);
    expect(functions).toBeLessThanOrEqual(FUNCTIONS_LINES_MAX);
    expect(local).toBeLessThanOrEqual(functions / 2);
  });

  it('has no casts that lead around the types', () => {
    const wrong = sources
      .filter((path) => path.endsWith('.ts'))
      .filter((path) => /\bas (any|unknown as|never)\b|@ts-(ignore|expect-error)/.test(readFileSync(path, 'utf8')));
    expect(wrong).toEqual([]);
  });

  it('gives each runbook a manifest, a script, a page and a test', () => {
    const folders = readdirSync('runbooks', { withFileTypes: true }).filter(
      (entry) => entry.isDirectory() && entry.name !== 'lib',
    );
    const tests = filesIn('test/runbooks', /\.test\.ts$/).map((path) => readFileSync(path, 'utf8'));
    const missing = folders.flatMap(({ name }) => [
      ...['runbook.json', 'run.sh', 'README.md']
        .map((file) => `runbooks/${name}/${file}`)
        .filter((path) => !existsSync(path)),
      ...(existsSync(`docs/runbooks/${name}.md`) ? [] : [`docs/runbooks/${name}.md`]),
      ...(tests.some((text) => text.includes(name)) ? [] : [`a test that names ${name}`]),
    ]);
    expect(missing).toEqual([]);
  });
});
