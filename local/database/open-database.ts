import { openEmbedded } from './embedded-database.ts';
import type { DatabaseOptions, RunningDatabase } from './new-login.ts';
import { findServer, startServer } from './server-database.ts';

/** Opens a private database on a free port of 127.0.0.1 with fresh random passwords. */
export async function openDatabase(options: DatabaseOptions): Promise<RunningDatabase> {
  if (options.engine === 'embedded') return openEmbedded(options, null);
  const server = findServer();
  if (server === null) {
    const missing = 'no mariadbd or mysqld is installed';
    if (options.engine === 'server')
      throw new Error(`${missing}: install mariadb-server, or use the embedded stand-in`);
    return openEmbedded(options, missing);
  }
  try {
    return await startServer(server, options);
  } catch (error) {
    if (options.engine === 'server') throw error;
    return openEmbedded(options, error instanceof Error ? error.message : String(error));
  }
}
