import { mkdirSync, writeFileSync } from 'node:fs';
import { runbell } from './detectors.ts';
import type { Trace } from './generator.cjs';
import { traceOf } from './sources.ts';

/** Draws traces with what was said of them: `node pictures.ts FOLDER ID…`. */
const WIDTH = 900;
const HEIGHT = 260;
const LEFT = 66;
const TOP = 28;
const PLOT_WIDTH = WIDTH - LEFT - 12;
const PLOT_HEIGHT = HEIGHT - TOP - 34;
const HOUR_MS = 3_600_000;
/** Around the incident; a healthy trace is drawn around its first alarm. */
const BEFORE_MS = 3 * HOUR_MS;
const AFTER_MS = 1.5 * HOUR_MS;
/** Marks nearer than this would write over each other. */
const LABEL_WIDTH = 30;
const COLOURS = { warning: '#f2c230', critical: '#d64541' };

interface Said {
  readonly ts: number;
  readonly state: 'ok' | 'warning' | 'critical';
  readonly fullAtMs: number | null;
}

function draw(trace: Trace): string {
  const detector = runbell('all');
  const said = trace.samples.map((sample): Said => {
    const { state, tte_s } = detector.push(sample);
    return { ts: sample.ts, state, fullAtMs: tte_s === undefined ? null : sample.ts + tte_s * 1000 };
  });
  const [fromMs, toMs] = rangeOf(trace, said);
  const max = Math.max(...trace.samples.map((sample) => sample.max));
  const x = (ms: number) => LEFT + ((ms - fromMs) / (toMs - fromMs)) * PLOT_WIDTH;
  const y = (count: number) => TOP + PLOT_HEIGHT * (1 - count / (1.05 * max));
  const inside = trace.samples.filter(({ ts }) => ts >= fromMs && ts <= toMs);
  const step = Math.max(1, Math.floor(inside.length / PLOT_WIDTH));
  const line = (value: (sample: Trace['samples'][number]) => number, colour: string) => {
    const points = inside
      .filter((_, at) => at % step === 0)
      .map((one) => `${x(one.ts).toFixed(1)},${y(value(one)).toFixed(1)}`);
    return `<polyline fill="none" stroke="${colour}" points="${points.join(' ')}"/>`;
  };
  const spans = alarmSpans(said.filter(({ ts }) => ts >= fromMs && ts <= toMs)).map(
    ({ start, end, state }) =>
      `<rect x="${x(start).toFixed(1)}" y="${TOP}" width="${Math.max(1, x(end) - x(start)).toFixed(1)}" height="${PLOT_HEIGHT}" fill="${COLOURS[state]}" opacity="0.25"/>`,
  );
  const marks = trace.incidents.flatMap(({ start, exhaust, end }) => [
    mark(x(start), 'leak begins'),
    ...(exhaust === null ? [] : [mark(x(exhaust), 'full')]),
    ...(exhaust !== null && x(end) - x(exhaust) < LABEL_WIDTH ? [] : [mark(x(end), 'ends')]),
  ]);
  const hours = Math.max(1, Math.ceil((toMs - fromMs) / HOUR_MS / 12));
  const ticks = Array.from({ length: Math.floor((toMs - fromMs) / HOUR_MS / hours) + 1 }, (_, at) => {
    const ms = fromMs + at * hours * HOUR_MS;
    return text(x(ms), HEIGHT - 8, `${at * hours} h`, 'middle');
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="11">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    ...spans,
    level(y(max), `limit ${max}`),
    level(y(0.8 * max), '80 %'),
    line((sample) => sample.sleep[1], '#8a9ba8'),
    line((sample) => sample.connected, '#1f5fa8'),
    ...marks,
    ...ticks,
    text(
      LEFT,
      16,
      `${trace.id} (generated): connections blue, asleep for 5 min or more grey, warning yellow, critical red`,
      'start',
    ),
    '</svg>',
    '',
  ].join('\n');
}

function rangeOf(trace: Trace, said: readonly Said[]): [number, number] {
  const first = trace.incidents[0];
  const last = trace.incidents.at(-1);
  if (first !== undefined && last !== undefined) return [first.start - BEFORE_MS, last.end + AFTER_MS];
  const alarm = said.find(({ state }) => state !== 'ok')?.ts ?? trace.samples[0]?.ts ?? 0;
  return [alarm - 4 * BEFORE_MS, alarm + 4 * BEFORE_MS];
}

function alarmSpans(said: readonly Said[]): { start: number; end: number; state: 'warning' | 'critical' }[] {
  const spans: { start: number; end: number; state: 'warning' | 'critical' }[] = [];
  for (const { ts, state } of said) {
    const open = spans.at(-1);
    if (open !== undefined) open.end = open.end === Number.POSITIVE_INFINITY ? ts : open.end;
    if (state === 'ok') continue;
    if (open !== undefined && open.state === state && open.end === ts) open.end = Number.POSITIVE_INFINITY;
    else spans.push({ start: ts, end: Number.POSITIVE_INFINITY, state });
  }
  const newest = said.at(-1)?.ts ?? 0;
  return spans.map((span) => ({ ...span, end: Math.min(span.end, newest) }));
}

function level(at: number, label: string): string {
  const dashed = `<line x1="${LEFT}" x2="${WIDTH - 12}" y1="${at}" y2="${at}" stroke="#999999" stroke-dasharray="4 3"/>`;
  return `${dashed}${text(LEFT - 4, at + 4, label, 'end')}`;
}

function mark(at: number, label: string): string {
  const line = `<line x1="${at}" x2="${at}" y1="${TOP}" y2="${TOP + PLOT_HEIGHT}" stroke="#333333" stroke-dasharray="2 3"/>`;
  return `${line}${text(at + 3, TOP + PLOT_HEIGHT - 4, label, 'start')}`;
}

function text(x: number, y: number, content: string, anchor: 'start' | 'middle' | 'end'): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" fill="#333333">${content}</text>`;
}

const [folder = 'docs/images/detection', ...ids] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
for (const id of ids) writeFileSync(`${folder}/${id.replaceAll('/', '-')}.svg`, draw(traceOf(id)));
