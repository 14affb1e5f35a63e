/** What a database is asked, known by a part of the statement, and a row as an honest one has it. `one`: there is but one. */
interface Query {
  readonly key: string;
  readonly fragment: string;
  readonly row: Row;
  readonly one?: true;
}

type Row = readonly string[];

const QUERIES: readonly Query[] = [
  { key: 'count', fragment: 'SELECT COUNT(*) FROM information_schema.processlist', row: ['0'], one: true },
  { key: 'connected', fragment: "LIKE 'Threads_connected'", row: ['Threads_connected', '12'], one: true },
  { key: 'used', fragment: "LIKE 'Max_used_connections'", row: ['Max_used_connections', '140'], one: true },
  { key: 'again', fragment: 'SELECT id FROM information_schema.processlist WHERE id =', row: ['7'], one: true },
  { key: 'sleepers', fragment: 'SELECT id, user, host, time', row: ['7', 'demo', '127.0.0.1:40000', '900'] },
  { key: 'sessions', fragment: 'SELECT id, host, command, time', row: ['7', '127.0.0.1:40000', 'Sleep', '900'] },
  { key: 'limits', fragment: '@@global.max_connections', row: ['151', '28800', '0', '5000'], one: true },
  { key: 'origin', fragment: 'global_value_origin', row: ['CONFIG'], one: true },
  { key: 'transactions', fragment: 't.trx_mysql_thread_id, p.host', row: ['9', '127.0.0.1:40001', '40', '3'] },
  { key: 'statements', fragment: 'SELECT id, host, time, REPLACE', row: ['9', '127.0.0.1:40001', '30', 'SELECT 1'] },
  { key: 'users', fragment: 'SELECT user, max_user_connections', row: ['demo', '0'] },
  { key: 'routines', fragment: "routine_name = 'rds_kill'", row: ['0'], one: true },
];

/** PM2's list as the script's program prints it; the last row is the worker that there is. */
const PROCESS = ['p', '0', '@PID@', '@RESTARTS@', '100', '1600', 'fork', 'no', 'online', 'worker'];
const EMPTY_SUM = '0:e3b0c44298fc1c14';
const SPOKEN: Readonly<Record<string, readonly Row[]>> = {
  list: [['o', 'other'], PROCESS],
  file: [
    ['f', 'worker', '1', EMPTY_SUM],
    ['r', 'worker', '1', EMPTY_SUM],
  ],
  boot: [
    ['runbell', 'boots', 'yes'],
    ['runbell', 'cache', 'file'],
    ['runbell', 'down', 'no'],
    ['runbell', 'connection', 'yes'],
    ['runbell', 'config', '@APP@/bootstrap/cache/config.php'],
  ],
  facts: [
    ['queue', 'database'],
    ['driver', 'database'],
    ['cache', 'file'],
    ['timeout', '3'],
    ['cached', '@APP@/bootstrap/cache/config.php'],
  ].map((fact) => ['runbell', 'fact', ...fact]),
  fpm: [['pm = dynamic'], ['process_control_timeout = 10']],
};

/** Every field replaced by every text, one at a time, then by it alone; what is honest comes last, so that a script goes on. */
function lies(rows: readonly Row[], texts: readonly string[]): readonly Row[] {
  const replaced = rows.flatMap((row) =>
    row.flatMap((_, at) => texts.map((text) => row.map((field, other) => (other === at ? text : field)))),
  );
  return [...texts.map((text) => [text]), ...replaced, ...rows];
}

/** One value replaced by one text: `nth` counts through all of these. */
function lie(row: Row, texts: readonly string[], nth: number): Row {
  const text = texts[Math.floor(nth / row.length) % texts.length] ?? '';
  return row.map((field, at) => (at === nth % row.length ? text : field));
}

export interface Answers {
  /** By file name, for the attacker's programs. */
  readonly files: Readonly<Record<string, string>>;
  /** `key<TAB>fragment` a line. */
  readonly queries: string;
  /** For a server: the rows of a statement. */
  rows(sql: string): readonly Row[];
}

/**
 * Without texts everybody is honest. Where a script takes one value, it is the `nth` of what can be said there. A server
 * may lie about one question alone.
 */
export function answers(app: string, texts: readonly string[], nth = 0, question?: string): Answers {
  const isHonest = texts.length === 0;
  const of = ({ row, one }: Pick<Query, 'row' | 'one'>) => {
    if (isHonest) return [row];
    return one === true ? [lie(row, texts, nth)] : lies([row], texts);
  };
  const files: Record<string, string> = { any: `${texts[nth % texts.length] ?? 'other'}\n` };
  for (const [name, rows] of Object.entries(SPOKEN)) {
    const said = isHonest ? rows : lies(rows, texts);
    files[name] = `${said.map((row) => row.join(' ').replaceAll('@APP@', app)).join('\n')}\n`;
  }
  const unknown = (isHonest ? ['other'] : texts).map((text) => [text, text, text, text]);
  for (const query of QUERIES) files[`rows-${query.key}`] = asRows(of(query));
  files['rows-other'] = asRows(unknown);
  const rows = (sql: string) => {
    const known = QUERIES.find(({ fragment }) => sql.includes(fragment));
    if (known === undefined) return unknown;
    return question === undefined || question === known.key ? of(known) : [known.row];
  };
  const queries = QUERIES.map(({ key, fragment }) => `${key}\t${fragment}\n`).join('');
  return { files, queries, rows };
}

const asRows = (rows: readonly Row[]) => rows.map((row) => `\nrunbell row ${row.join('\t')}\n`).join('');
