/** What a monitoring account may do, read from SHOW GRANTS. */
export interface Grants {
  /** Privileges on everything, upper case. */
  readonly global: ReadonlySet<string>;
  /** Reads tables or changes anything: more than the account needs, as `SELECT ON shop.*`. */
  readonly excess: readonly string[];
}

/** Looking, and nothing but looking. */
const HARMLESS: ReadonlySet<string> = new Set([
  'USAGE',
  'PROCESS',
  'REPLICATION CLIENT',
  'BINLOG MONITOR',
  'SLAVE MONITOR',
  'SERVICE_CONNECTION_ADMIN',
  'CONNECTION_ADMIN',
  'CONNECTION ADMIN',
]);

/** On MariaDB a line carries the password's hash behind IDENTIFIED: only privileges and object are taken. */
export function readGrants(lines: readonly string[]): Grants {
  const global = new Set<string>();
  const excess: string[] = [];
  for (const line of lines) {
    const [, list = '', object = ''] = /^GRANT (.+?) ON (?:TABLE |PROCEDURE |FUNCTION )?(\S+) TO /i.exec(line) ?? [];
    const on = object.replaceAll('`', '');
    for (const privilege of list
      .toUpperCase()
      .replace(/\([^)]*\)/g, '')
      .split(',')
      .map((word) => word.trim())) {
      if (privilege === '') continue;
      if (on === '*.*') global.add(privilege);
      const isLook = HARMLESS.has(privilege) || (privilege === 'SELECT' && /^(performance_schema|sys)\./.test(on));
      if (!isLook) excess.push(`${privilege} ON ${on}`);
    }
  }
  return { global, excess };
}

export function mayDo({ global }: Grants, ...privileges: readonly string[]): boolean {
  return ['ALL PRIVILEGES', ...privileges].some((privilege) => global.has(privilege));
}

/** `runbell@10.0.%`, as CURRENT_USER() says it, in the form that statements take. */
export function quotedAccount(account: string): string {
  const at = account.lastIndexOf('@');
  const quote = (text: string) => `'${text.replaceAll("'", "''")}'`;
  return at < 0 ? quote(account) : `${quote(account.slice(0, at))}@${quote(account.slice(at + 1))}`;
}
