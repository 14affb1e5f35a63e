import type { Replay, ReplayEvent, ReplayPoint } from './replay.ts';

/** What a picture needs besides the replay. */
export interface PictureOptions {
  /** A file's name or a target's id: escaped here. */
  readonly title: string;
  /** Shares of the limit at which the level rule warns and calls it critical; none when the rule is off. */
  readonly bounds: readonly { readonly share: number; readonly label: string }[];
}

const WIDTH = 1000;
const HEIGHT = 340;
const LEFT = 70;
const RIGHT = 16;
const TOP = 44;
const PLOT_WIDTH = WIDTH - LEFT - RIGHT;
const PLOT_HEIGHT = HEIGHT - TOP - 60;
const HEADROOM = 1.1;
const TICKS_MAX = 8;
const STEPS_MS = [1, 2, 5, 10, 30, 60, 120, 360, 720, 1440, 2880, 10_080].map((minutes) => minutes * 60_000);
/** Marks nearer than this would write over each other: the second then goes a line lower. */
const LABEL_WIDTH = 90;
const LABEL_ROWS = 3;
const COLOURS = { warning: '#f2c230', critical: '#d64541', line: '#1f5fa8', limit: '#333333', forecast: '#8a4fbf' };
const LEGEND = 'connections blue; incident open: warning yellow, critical red; forecast violet; times in UTC';

/** Connections, limit, bounds, what was said and where it was seen to go, as a picture of its own. */
export function drawReplay({ points, events }: Replay, options: PictureOptions): string {
  const [first, last] = [points[0], points.at(-1)];
  const fromMs = first?.atMs ?? 0;
  const toMs = Math.max(fromMs + 1, last?.atMs ?? 0);
  const most = Math.max(1, ...points.map((point) => Math.max(point.connected ?? 0, point.connectionsMax)));
  const scale: Scale = {
    fromMs,
    toMs,
    x: (ms) => LEFT + ((ms - fromMs) / (toMs - fromMs)) * PLOT_WIDTH,
    y: (count) => TOP + PLOT_HEIGHT * (1 - Math.min(1, count / (HEADROOM * most))),
  };
  const limit = last?.connectionsMax ?? 0;
  const title = escaped(options.title);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" font-family="sans-serif" font-size="12">`,
    `<title>${title}: ${events.length} turning points</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    text(LEFT, 18, title, 'start', ' font-weight="bold" font-size="14"'),
    text(LEFT, 34, LEGEND, 'start'),
    ...spans(points, scale),
    level(scale.y(0), '0'),
    ...options.bounds.map(({ share, label }) => level(scale.y(share * limit), label)),
    step(points, scale),
    text(LEFT - 6, scale.y(limit) + 4, `limit ${limit}`, 'end'),
    ...events.flatMap((event) => forecastLine(event, points, scale)),
    ...lines(points, scale),
    ...marks(events, scale),
    ...timeTicks(scale),
    '</svg>',
    '',
  ].join('\n');
}

interface Scale {
  readonly fromMs: number;
  readonly toMs: number;
  x(ms: number): number;
  y(count: number): number;
}

/** A stretch that could not be read is a gap in the line. */
function lines(points: readonly ReplayPoint[], scale: Scale): string[] {
  const runs: string[][] = [[]];
  for (const { atMs, connected } of thinned(points)) {
    if (connected === null) runs.push([]);
    else runs.at(-1)?.push(`${at(scale.x(atMs))},${at(scale.y(connected))}`);
  }
  return runs
    .filter((run) => run.length > 0)
    .map((run) => `<polyline fill="none" stroke="${COLOURS.line}" stroke-width="1.5" points="${run.join(' ')}"/>`);
}

/** At most two points a pixel, the highest of each step, so that a short peak stays visible. */
function thinned(points: readonly ReplayPoint[]): readonly ReplayPoint[] {
  const size = Math.ceil(points.length / (2 * PLOT_WIDTH));
  if (size <= 1) return points;
  const kept: ReplayPoint[] = [];
  for (let from = 0; from < points.length; from += size) {
    const slice = points.slice(from, from + size);
    const unseen = slice.find(({ connected }) => connected === null);
    const highest = slice.reduce((best, one) => ((one.connected ?? -1) > (best.connected ?? -1) ? one : best));
    kept.push(unseen ?? highest);
  }
  return kept;
}

function step(points: readonly ReplayPoint[], scale: Scale): string {
  const changes = points.filter((point, index) => point.connectionsMax !== points[index - 1]?.connectionsMax);
  const corners = changes.flatMap(({ atMs, connectionsMax }, index) => {
    const endMs = changes[index + 1]?.atMs ?? scale.toMs;
    const y = at(scale.y(connectionsMax));
    return [`${at(scale.x(atMs))},${y}`, `${at(scale.x(endMs))},${y}`];
  });
  return `<polyline fill="none" stroke="${COLOURS.limit}" points="${corners.join(' ')}"/>`;
}

function spans(points: readonly ReplayPoint[], scale: Scale): string[] {
  const found: { severity: 'warning' | 'critical'; startMs: number; endMs: number }[] = [];
  points.forEach(({ atMs, severity }, index) => {
    if (severity === null) return;
    const endMs = points[index + 1]?.atMs ?? atMs;
    const open = found.at(-1);
    if (open?.severity === severity && open.endMs === atMs) open.endMs = endMs;
    else found.push({ severity, startMs: atMs, endMs });
  });
  return found.map(({ severity, startMs, endMs }) => {
    const width = Math.max(1, scale.x(endMs) - scale.x(startMs));
    return `<rect x="${at(scale.x(startMs))}" y="${TOP}" width="${at(width)}" height="${PLOT_HEIGHT}" fill="${COLOURS[severity]}" opacity="0.3"/>`;
  });
}

/** From what was there when it was said to where it was seen to go, as far as the picture reaches. */
function forecastLine({ atMs, forecast }: ReplayEvent, points: readonly ReplayPoint[], scale: Scale): string[] {
  const now = points.find((point) => point.atMs === atMs);
  if (forecast === null || now === undefined || now.connected === null) return [];
  const goal = forecast.kind === 'exhaustion' ? now.connectionsMax : forecast.atConnections;
  const minutes =
    forecast.kind === 'exhaustion' ? forecast.inSeconds / 60 : (goal - now.connected) / forecast.perMinute;
  if (!(minutes > 0) || !Number.isFinite(minutes)) return [];
  const endMs = Math.min(scale.toMs, atMs + minutes * 60_000);
  const reached = now.connected + ((goal - now.connected) * (endMs - atMs)) / (minutes * 60_000);
  return [
    `<line x1="${at(scale.x(atMs))}" y1="${at(scale.y(now.connected))}" x2="${at(scale.x(endMs))}" y2="${at(scale.y(reached))}" stroke="${COLOURS.forecast}" stroke-width="1.5" stroke-dasharray="6 4"/>`,
  ];
}

function marks(events: readonly ReplayEvent[], scale: Scale): string[] {
  let row = 0;
  let lastX = Number.NEGATIVE_INFINITY;
  return events.map(({ atMs, what }) => {
    const x = scale.x(atMs);
    row = x - lastX < LABEL_WIDTH ? (row + 1) % LABEL_ROWS : 0;
    lastX = x;
    const isNearRight = x > WIDTH - RIGHT - LABEL_WIDTH;
    const line = `<line x1="${at(x)}" x2="${at(x)}" y1="${TOP}" y2="${TOP + PLOT_HEIGHT}" stroke="#333333" stroke-dasharray="2 3"/>`;
    const label = text(x + (isNearRight ? -4 : 4), TOP + 14 + 14 * row, what, isNearRight ? 'end' : 'start');
    return `${line}${label}`;
  });
}

function timeTicks({ fromMs, toMs, x }: Scale): string[] {
  const everyMs = STEPS_MS.find((stepMs) => (toMs - fromMs) / stepMs <= TICKS_MAX) ?? (toMs - fromMs) / TICKS_MAX;
  const first = Math.ceil(fromMs / everyMs) * everyMs;
  const count = Math.floor((toMs - first) / everyMs) + 1;
  return Array.from({ length: Math.max(0, count) }, (_, index) => {
    const ms = first + index * everyMs;
    const [day = '', time = ''] = new Date(ms).toISOString().split('T');
    return `${text(x(ms), HEIGHT - 38, time.slice(0, 5), 'middle')}${text(x(ms), HEIGHT - 22, day, 'middle')}`;
  });
}

function level(y: number, label: string): string {
  const dashed = `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at(y)}" y2="${at(y)}" stroke="#999999" stroke-dasharray="4 3"/>`;
  return `${dashed}${text(LEFT - 6, y + 4, label, 'end')}`;
}

function text(x: number, y: number, content: string, anchor: 'start' | 'middle' | 'end', more = ''): string {
  return `<text x="${at(x)}" y="${at(y)}" text-anchor="${anchor}" fill="#222222"${more}>${content}</text>`;
}

function at(value: number): string {
  return value.toFixed(1);
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
