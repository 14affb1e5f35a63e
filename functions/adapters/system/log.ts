import { randomInt } from 'node:crypto';
import { METRIC_DIMENSION, METRIC_NAMESPACE, METRICS } from '../../core/config/metrics.ts';
import type { Clock, Ids, Log } from '../../core/ports.ts';

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

/**
 * What turns a log line into metrics, in CloudWatch's embedded metric format: no call, no agent, and the line stays
 * what it was. Null where the line counts nothing.
 */
export function embeddedMetrics(
  event: string,
  fields: Readonly<Record<string, unknown>>,
  appName: string,
  nowMs: number,
): object | null {
  const counted = (METRICS[event] ?? []).flatMap(({ metric, unit, field }) => {
    const value = field === null ? 1 : fields[field];
    return typeof value === 'number' && value > 0 ? [{ metric, unit, value }] : [];
  });
  if (counted.length === 0) return null;
  return {
    _aws: {
      Timestamp: nowMs,
      CloudWatchMetrics: [
        {
          Namespace: METRIC_NAMESPACE,
          Dimensions: [[METRIC_DIMENSION]],
          Metrics: counted.map(({ metric, unit }) => ({ Name: metric, Unit: unit })),
        },
      ],
    },
    [METRIC_DIMENSION]: appName,
    ...Object.fromEntries(counted.map(({ metric, value }) => [metric, value])),
  };
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';

const LETTERS_IN_ID = 10;

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  sleep: (ms) => new Promise((done) => setTimeout(done, ms)),
};

export const randomIds: Ids = {
  newId: (prefix) => {
    const letters = Array.from({ length: LETTERS_IN_ID }, () => LETTERS[randomInt(LETTERS.length)]);
    return `${prefix}-${letters.join('')}`;
  },
};
