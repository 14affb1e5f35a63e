import type { Log } from '../../core/ports.ts';

/** One line must stay readable, and the log is billed by the byte. */
const TEXT_CHARS_MAX = 2000;
const LINE_CHARS_MAX = 16_000;

/** Nobody should put these into a field; should somebody, the value stays out of the log. */
const SECRET_NAME = /password|secret|token|authorization|credential|signature/i;
/** An ARN or a name of a secret is no secret, and neither is what was wrong with one. */
const HARMLESS_NAME = /(arn|name|id|kind|reason)$/i;

/** Lines of JSON, as Lambda's own are. Written past the console, which would wrap them once more. */
export function createJsonLog(write: (line: string) => void, nowMs: () => number = Date.now): Log {
  const line = (level: 'INFO' | 'ERROR') => (event: string, fields: Readonly<Record<string, unknown>>) => {
    const head = { timestamp: new Date(nowMs()).toISOString(), level, event };
    const text = JSON.stringify({ ...head, ...fields, ...head }, readable);
    const isShort = text.length <= LINE_CHARS_MAX;
    write(`${isShort ? text : JSON.stringify({ ...head, cut: text.slice(0, TEXT_CHARS_MAX) })}\n`);
  };
  return { info: line('INFO'), error: line('ERROR') };
}

/** The log of a deployed function. */
export const jsonLog: Log = createJsonLog((line) => {
  process.stdout.write(line);
});

function readable(key: string, value: unknown): unknown {
  if (typeof value === 'string' && SECRET_NAME.test(key) && !HARMLESS_NAME.test(key)) return '(left out)';
  if (typeof value === 'string' && value.length > TEXT_CHARS_MAX) return `${value.slice(0, TEXT_CHARS_MAX)}…`;
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Map) return Object.fromEntries(value);
  if (value instanceof Error) return { name: value.name, message: value.message, cause: value.cause };
  return value;
}
