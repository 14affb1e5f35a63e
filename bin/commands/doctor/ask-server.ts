import type { Encounter } from '../../../functions/adapters/mysql/classify-mysql-error.ts';
import { MysqlSession } from '../../../functions/adapters/mysql/mysql-session.ts';
import { tlsOptions } from '../../../functions/adapters/mysql/tls-options.ts';
import type { TargetConfig } from '../../../functions/core/config/config.ts';
import type { ServerFacts } from '../../flows/doctor/target-findings.ts';

const LIMITS = { connectMs: 3_000, queryMs: 3_000, quitMs: 500, takeMs: 6_000 };

const STATEMENTS = [
  'SELECT CURRENT_USER()',
  'SHOW GRANTS',
  "SHOW SESSION STATUS LIKE 'Ssl_cipher'",
  "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('version','extra_port','admin_port','admin_address')",
  "SHOW GLOBAL STATUS LIKE 'Max_used_connections'",
];

/** What only a doctor asks, over a session as the sampler opens it; null when it does not come about. */
export async function askServer(target: TargetConfig, password: string): Promise<ServerFacts | null> {
  const met: Encounter = {
    progress: 'dialling',
    foreign: false,
    overSocket: target.socketPath !== undefined,
    overAdminPort: false,
  };
  let session: MysqlSession | null = null;
  try {
    session = new MysqlSession({ target, port: target.port, password, ssl: tlsOptions(target), limits: LIMITS, met });
    await session.open();
    const [account = [], grants = [], cipher = [], variables = [], used = []] = await session.query(STATEMENTS);
    return {
      account: cell(account[0], 0),
      grants: grants.map((row) => cell(row, 0)),
      cipher: cell(cipher[0], 1),
      variables: new Map([...variables, ...used].map((row) => [cell(row, 0), cell(row, 1)])),
    };
  } catch {
    // The sampler has just said how it is; its word is the one that counts.
    return null;
  } finally {
    await session?.close();
  }
}

function cell(row: unknown, at: number): string {
  return Array.isArray(row) ? String(row[at] ?? '') : '';
}
