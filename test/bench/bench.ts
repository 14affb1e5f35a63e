/** `npm run bench -- <name> --json`: one folder per benchmark, each prints its rows and ratios. */
import { parseArgs } from 'node:util';
import { benchClick } from './click/bench-click.ts';
import { benchFlood } from './flood/bench-flood.ts';
import type { BenchReport } from './report.ts';

interface Bench {
  readonly says: string;
  run(rounds: number | undefined): Promise<BenchReport>;
}

const benches: Readonly<Record<string, Bench>> = {
  click: {
    says: 'spawn to acknowledgement of one click, beside the stock Bolt example and an empty process',
    run: benchClick,
  },
  flood: {
    says: 'a click beside floods of requests that are refused, and beside none',
    run: benchFlood,
  },
};

const HELP = `npm run bench -- <name>            a table of what was measured, and the ratios that matter
  --json                           the same as one JSON object
  --rounds N                       how often each contestant starts; more rounds, steadier medians

${Object.entries(benches)
  .map(([name, { says }]) => `  ${name.padEnd(32)} ${says}`)
  .join('\n')}`;

/** Returns the exit code: 2 for what cannot be understood. */
async function main(): Promise<number> {
  const asked = understood();
  if (asked === null) {
    console.error(HELP);
    return 2;
  }
  if (asked.help) {
    console.log(HELP);
    return 0;
  }
  const report = await asked.bench.run(asked.rounds);
  if (asked.json) console.log(JSON.stringify(report));
  else {
    console.table(report.rows);
    console.log(report.ratios);
  }
  return 0;
}

function understood() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        rounds: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    const { help, json } = values;
    const bench = benches[positionals[0] ?? ''];
    if (help || bench === undefined) return help ? ({ help } as const) : null;
    const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
    const isCount = rounds === undefined || (Number.isInteger(rounds) && rounds > 0);
    return isCount && positionals.length === 1 ? ({ help: false, bench, json, rounds } as const) : null;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return null;
  }
}

process.exit(await main());
