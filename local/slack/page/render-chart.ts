import type { ChartBlock } from '../blocks.ts';
import { type Html, html } from './html.ts';

/** Connections, limit and two bounds; more are not sent. The colours are the page's. */
const COLORS = 4;
const AREA = { left: 34, right: 526, top: 14, bottom: 152 };
/** Low enough for a phone, whose letters are larger in here. */
const NAMES_AT = AREA.bottom + 22;
const TICKS = 4;
const CATEGORIES_SHOWN_MAX = 6;
const LAST_LABEL_WIDTH = 24;

/** A line chart as Slack draws it: grid, lines, names. Its label says the figures to who cannot see it. */
export function renderChart({ title, chart: { series, axis_config: axis } }: ChartBlock): Html {
  const top = niceTop(Math.max(1, ...series.flatMap(({ data }) => data.map(({ value }) => value))));
  const x = (at: number) => AREA.left + (at / Math.max(1, axis.categories.length - 1)) * (AREA.right - AREA.left);
  const y = (value: number) => AREA.bottom - (value / top) * (AREA.bottom - AREA.top);
  const grid = Array.from({ length: TICKS + 1 }, (_, at) => (top / TICKS) * at).map((tick) => {
    const line = html`<path d="M${AREA.left} ${y(tick)}H${AREA.right}"/>`;
    return html`${line}<text x="${AREA.left - 6}" y="${y(tick) + 5}" text-anchor="end">${tick}</text>`;
  });
  const every = Math.ceil(axis.categories.length / CATEGORIES_SHOWN_MAX);
  const names = axis.categories.map((name, at) => {
    // In the middle of its point the last one would reach over the edge.
    const anchor = x(at) > AREA.right - LAST_LABEL_WIDTH ? 'end' : 'middle';
    // Counted from the end, because "now" has to be there.
    return (
      (axis.categories.length - 1 - at) % every === 0 &&
      html`<text x="${x(at)}" y="${NAMES_AT}" text-anchor="${anchor}">${name}</text>`
    );
  });
  const lines = series.map(({ data }, at) => {
    const points = data.map(({ value }, step) => `${x(step).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
    return html`<polyline class="series-${at % COLORS}" points="${points}" fill="none" stroke-width="${at === 0 ? 2.5 : 1.5}"/>`;
  });
  const legend = series.map(({ name }, at) => {
    return html`<span class="key"><svg class="series-${at % COLORS}" width="10" height="10" aria-hidden="true"><circle cx="5" cy="5" r="4" fill="currentColor"/></svg> ${name}</span>`;
  });
  const said = series.map(({ name, data }) => {
    const [first, last] = [data[0]?.value, data.at(-1)?.value];
    return first === last ? `${name} ${last}` : `${name} ${first} to ${last}`;
  });
  return html`<figure class="block" role="img" aria-label="${title}: ${said.join(', ')}"><b>${title}</b>
<svg viewBox="0 0 540 180" width="100%" aria-hidden="true">${grid}${names}${lines}</svg>
<small><span class="axis">${axis.x_label}</span>${legend}</small></figure>`;
}

/** The first round number that leaves the highest line inside the grid. */
function niceTop(highest: number): number {
  const unit = 10 ** Math.floor(Math.log10(highest));
  return ([1, 2, 4, 6, 8, 10].find((steps) => steps * unit >= highest) ?? 10) * unit;
}
