import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { isoSeconds } from '../../functions/core/text/tokens.ts';
import { ENTRY_KEPT_MS } from '../../functions/core/timeline/chain.ts';
import { digestOf, incidentsWithin } from '../flows/digest/digest-of.ts';
import { digestMarkdown, digestText } from '../flows/digest/digest-text.ts';
import { readChains } from '../flows/digest/read-chains.ts';
import { suggestionsFor } from '../flows/digest/suggestions-for.ts';
import { atPlace, PLACE_HELP, placeOptions } from './common/at-endpoint.ts';
import { type Console, processConsole } from './common/console.ts';
import { Failure } from './common/failure.ts';
import { CONFIG_FILE, readConfig } from './common/read-config.ts';

export const help = `what a week came to: incidents, who answered how fast, what runs did, refusals

  npx runbell digest                  the last seven days
  npx runbell digest --since 30d      days, hours (12h) or minutes (90m)
  npx runbell digest --markdown       to paste into a review
  npx runbell digest --json           one object, durations in milliseconds

  --config FILE     whose rules are tried out with other thresholds; default: ${CONFIG_FILE}
${PLACE_HELP}

Example:
  npx runbell digest --since 30d --json | jq '.runbooks[] | {runbookId, runs, outcomes}'

Computed from the timelines, and nothing is changed. Incidents count by when they opened, runs by when they started;
runs and refusals of an incident that opened more than seven days before the span count while it is open. Practices are
left out. Under five there is no percentage. Entries are kept for 400 days.

The rule that told most for nothing is tried out with other thresholds on the stored samples, as npx runbell replay
does. None is suggested that would have missed what somebody acted on or what became critical.`;

const SPAN_UNITS_MS = { d: 86_400_000, h: 3_600_000, m: 60_000 } as const;

export async function run(args: readonly string[], io: Console = processConsole()): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...placeOptions,
      since: { type: 'string', default: '7d' },
      config: { type: 'string', default: CONFIG_FILE },
      json: { type: 'boolean', default: false },
      markdown: { type: 'boolean', default: false },
    },
  });
  if (values.json && values.markdown) throw new Failure('Take --json or --markdown, not both.');
  const untilMs = Date.now();
  const fromMs = untilMs - spanOf(values.since);
  const config = existsSync(values.config) ? await readConfig(values.config) : null;
  const { digest, gaps, suggested } = await atPlace(values, io, async (stores) => {
    const { chains, gaps } = await readChains(stores, fromMs, untilMs);
    const digest = digestOf(chains, fromMs, untilMs);
    const incidents = incidentsWithin(chains, fromMs, untilMs);
    const suggested = await suggestionsFor(stores.chunks, config, digest, incidents);
    return { digest, gaps, suggested };
  });
  if (values.json) {
    const span = { from: isoSeconds(fromMs), until: isoSeconds(untilMs) };
    io.out(JSON.stringify({ ...span, ...digest, suggested, gaps }, null, 2));
  } else io.out(values.markdown ? digestMarkdown(digest, gaps, suggested) : digestText(digest, gaps, suggested));
  return 0;
}

function spanOf(given: string): number {
  const [, count, unit] = /^(\d{1,5})([dhm])$/.exec(given) ?? [];
  const unitMs = unit === 'd' || unit === 'h' || unit === 'm' ? SPAN_UNITS_MS[unit] : 0;
  const spanMs = Number(count) * unitMs;
  if (!(spanMs > 0 && spanMs <= ENTRY_KEPT_MS)) {
    throw new Failure(`--since takes a span such as 7d, 12h or 90m, at most 400d, not "${given.slice(0, 40)}".`);
  }
  return spanMs;
}
