import type { Decision } from '../../../functions/core/evaluate/decide-sample.ts';
import type { IdleAges } from '../../../functions/core/model/sample.ts';
import type { ReadingRecord } from '../../../functions/core/model/sample-record.ts';

/** One line of a trace: a sample as JSON, or why it is none. */
export type TraceLine =
  | { readonly kind: 'record'; readonly record: ReadingRecord; readonly waitTimeoutSeconds: number | null }
  | { readonly kind: 'bad'; readonly why: string };

/** Checked by hand and not by a schema: hundreds of traces are scored, each in a process of its own. */
export function readTraceLine(text: string): TraceLine {
  const parsed = parseObject(text);
  if (typeof parsed === 'string') return { kind: 'bad', why: parsed };
  const numbers = ['ts', 'connected', 'running', 'max', 'uptime', 'wait_timeout'].map(
    (field) => [field, parsed[field]] as const,
  );
  for (const [field, value] of numbers) {
    const isOptional = field === 'wait_timeout' || field === 'uptime' || field === 'running';
    if (value === undefined || value === null) {
      if (!isOptional) return { kind: 'bad', why: `"${field}" is missing` };
    } else if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
      return { kind: 'bad', why: `"${field}" must be a number from 0, not ${JSON.stringify(value)}` };
    }
  }
  const ages = agesOf(parsed['sleep']);
  if (typeof ages === 'string') return { kind: 'bad', why: ages };
  const connectionsMax = numberOr(parsed['max'], 0);
  if (connectionsMax < 1) return { kind: 'bad', why: '"max" must be at least 1' };
  return {
    kind: 'record',
    waitTimeoutSeconds: typeof parsed['wait_timeout'] === 'number' ? parsed['wait_timeout'] : null,
    record: {
      kind: 'reading',
      atMs: numberOr(parsed['ts'], 0),
      connected: numberOr(parsed['connected'], 0),
      running: numberOr(parsed['running'], 0),
      connectionsMax,
      refused: null,
      ages,
      blind: false,
      uptimeMinutes: Math.floor(numberOr(parsed['uptime'], 0) / 60),
    },
  };
}

function parseObject(text: string): Record<string, unknown> | string {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return 'this is JSON, but no object';
    return parsed as Record<string, unknown>;
  } catch (error) {
    return `this is not JSON (${error instanceof Error ? error.message : String(error)})`;
  }
}

/** A calm tick does not look at ages: then `sleep` is null or missing. */
function agesOf(value: unknown): IdleAges | null | string {
  if (value === undefined || value === null) return null;
  const wrong = '"sleep" must be four numbers from 0, or null where ages were not read';
  if (!Array.isArray(value) || value.length !== 4) return wrong;
  const [a, b, c, d]: unknown[] = value;
  const isCount = (one: unknown): one is number => typeof one === 'number' && Number.isFinite(one) && one >= 0;
  return isCount(a) && isCount(b) && isCount(c) && isCount(d) ? [a, b, c, d] : wrong;
}

function numberOr(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}

/** In the format of the scorer. */
export interface TraceVerdict {
  readonly ts: number;
  readonly state: 'ok' | 'warning' | 'critical';
  readonly reason: string;
  readonly tte_s?: number;
}

export function toTraceVerdict(atMs: number, decision: Decision): TraceVerdict {
  const { verdict } = decision;
  if (verdict.kind === 'settling') return { ts: atMs, state: verdict.severity, reason: verdict.kind };
  if (verdict.kind !== 'breaching') return unraised(atMs, decision);
  const reason = verdict.reasons.map((one) => (one.rule === 'leak' ? `leak (${one.shape})` : one.rule)).join(', ');
  const { forecast, severity } = verdict;
  return {
    ts: atMs,
    state: severity,
    reason,
    ...(forecast?.kind === 'exhaustion' ? { tte_s: Math.round(forecast.inSeconds) } : null),
  };
}

/** Losing sight, or a level that has yet to last, ends no trouble that is open. */
function unraised(atMs: number, { verdict, finding, state }: Decision): TraceVerdict {
  const reason = finding.kind === 'calm' || finding.kind === 'leak' ? verdict.kind : finding.kind;
  return { ts: atMs, state: state.phase.trouble?.severity ?? 'ok', reason };
}
