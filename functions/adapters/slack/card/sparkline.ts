const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/** What fits on a phone in one line. */
const COLUMNS_MAX = 24;

/** Connections over time as one line of text, scaled so that a full bar is the limit. */
export function sparkline(values: readonly number[], limit: number | null): string {
  const columns = Math.min(COLUMNS_MAX, values.length);
  const top = Math.max(limit ?? 0, 1, ...values);
  return Array.from({ length: columns }, (_, column) => {
    const from = Math.floor((column * values.length) / columns);
    const until = Math.floor(((column + 1) * values.length) / columns);
    // The peak stands for its column: a short time at the limit must not be averaged away.
    const peak = Math.max(...values.slice(from, until));
    return BARS[Math.min(BARS.length - 1, Math.floor((peak / top) * BARS.length))];
  }).join('');
}
