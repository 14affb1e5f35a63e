import type { Log } from '../../core/ports.ts';

/** One JSON object a line on standard output: what CloudWatch can search by field. */
export const jsonLog: Log = {
  info: (event, fields) => write('info', event, fields),
  error: (event, fields) => write('error', event, fields),
};

function write(level: 'info' | 'error', event: string, fields: Readonly<Record<string, unknown>>): void {
  process.stdout.write(
    `${JSON.stringify({ timestamp: new Date().toISOString(), level: level.toUpperCase(), event, ...fields })}\n`,
  );
}
