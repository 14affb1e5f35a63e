/** `npm run bench -- <name> --json`: one folder per benchmark, each prints its rows and ratios. */
import { parseArgs } from 'node:util';
import { benchClick } from './click/bench-click.ts';
import type { BenchReport } from './report.ts';

const benches: Readonly<Record<string, (rounds: number | undefined) => Promise<BenchReport>>> = { click: benchClick };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, rounds: { type: 'string' } },
});
const [name = ''] = positionals;
const bench = benches[name];
if (bench === undefined) {
  console.error(
    `Usage: npm run bench -- <name> [--json] [--rounds N], where <name> is ${Object.keys(benches).join(', ')}`,
  );
  process.exit(2);
}
const report = await bench(values.rounds === undefined ? undefined : Number(values.rounds));
if (values.json) console.log(JSON.stringify(report));
else {
  console.table(report.rows);
  console.log(report.ratios);
}
