import type { Log } from '../../core/ports.ts';
import { embeddedMetrics } from './embedded-metrics.ts';

/** One line must stay readable, and the log is billed by the byte. */
const TEXT_CHARS_MAX = 2000;
const LINE_CHARS_MAX = 16_000;

/** Nobody should put these into a field; should somebody, the value stays out of the log. */
const SECRET_NAME = /password|secret|token|authorization|credential|signature/i;
/** An ARN or a name of a secret is no secret, and neither is what was wrong with one. */
const HARMLESS_NAME = /(arn|name|id|kind|reason)$/i;

/**
 * Lines of JSON, as Lambda's own are. Written past the console, which would wrap them once more. With the name of the
 * application some of them count as metrics too.
 */
export function createJsonLog(write: (line: string) => void, nowMs: () => number = Date.now, appName?: string): Log {
  const line = (level: 'INFO' | 'ERROR') => (event: string, fields: Readonly<Record<string, unknown>>) => {
    const atMs = nowMs();
    const head = { timestamp: new Date(atMs).toISOString(), level, event };
    const metrics = appName === undefined ? null : embeddedMetrics(event, fields, appName, atMs);
    const text = JSON.stringify({ ...head, ...fields, ...head, ...metrics }, readable);
    const isShort = text.length <= LINE_CHARS_MAX;
    write(`${isShort ? text : JSON.stringify({ ...head, cut: text.slice(0, TEXT_CHARS_MAX) })}\n`);
  };
  return { info: line('INFO'), error: line('ERROR') };
}

/** The log of a deployed function. */
export const jsonLog: Log = createJsonLog(
  (line) => {
    process.stdout.write(line);
  },
  Date.now,
  process.env['RUNBELL_APP'],
);

function readable(key: string, value: unknown): unknown {
  if (typeof value === 'string' && SECRET_NAME.test(key) && !HARMLESS_NAME.test(key)) return '(left out)';
  if (typeof value === 'string' && value.length > TEXT_CHARS_MAX) return `${value.slice(0, TEXT_CHARS_MAX)}…`;
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Map) return Object.fromEntries(value);
  if (value instanceof Error) return { name: value.name, message: value.message, cause: value.cause };
  return value;
}
