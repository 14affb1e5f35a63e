import { parseArgs } from 'node:util';
import type { Config } from '../../functions/core/config/config.ts';
import { RUNBOOKS_FOLDER } from '../../lib/read-deployment.ts';
import { catalogueOf, loadCatalogue } from '../../lib/runbook-catalogue.ts';
import { type CountedIncident, countedIncident } from '../flows/cost/counted-incident.ts';
import { countedRun } from '../flows/cost/counted-run.ts';
import { PRICES } from '../flows/cost/prices.ts';
import { type StandingCost, standingCost } from '../flows/cost/standing-cost.ts';
import {
  ASSUMED_TIMES,
  type MonthOfUse,
  monthOfUse,
  shardsOf,
  type Times,
  type Use,
  usageDollars,
} from '../flows/cost/usage-cost.ts';
import { type Console, processConsole } from './common/console.ts';
import { Failure } from './common/failure.ts';
import { CONFIG_FILE, readConfig } from './common/read-config.ts';
import { measuredTimes } from './cost/measured-times.ts';
import { type Credentials, synthesizedTemplate } from './cost/synthesized-templates.ts';

export const help = `what a month costs, computed from the stack that would be deployed

  npx runbell cost                  for 1, 10, 100 and 1,000 targets, with IAM tokens and with a password
  npx runbell cost --targets 40     for another number
  npx runbell cost --every 15       sampling every 60, 30 or 15 seconds, whatever the configuration says
  npx runbell cost --measured       with the times that the functions of a deployed stack really took in the last day
  npx runbell cost --json

  --config FILE    default: ${CONFIG_FILE}; its network, sampling and name are used
  --stack NAME     with --measured; default: the name in the configuration

Example:
  npx runbell cost --targets 40 --json | jq '.months[] | {credentials, dollars}'

List prices of us-east-1 without any free tier, a calm month, and one password secret that all targets share. What is
asked of the table, of Secrets Manager and of the logs is counted, by running the functions' own flows over an hour of
samples and one incident. Only how long they take is assumed, and the last line says what of the sum that is. Nothing is
asked of AWS, except with --measured: cloudformation:DescribeStackResources and cloudwatch:GetMetricStatistics.`;

const SIZES = [1, 10, 100, 1000];
const EVERY = [60, 30, 15] as const;
const WAYS: readonly Credentials[] = ['iam', 'password'];

interface Month extends Use {
  /** What was counted, for a month. */
  readonly month: MonthOfUse;
  readonly standingDollars: number;
  readonly usageDollars: number;
  readonly dollars: number;
}

export async function run(
  args: readonly string[],
  io: Console = processConsole(),
  templateOf: typeof synthesizedTemplate = synthesizedTemplate,
): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'boolean', default: false },
      targets: { type: 'string' },
      every: { type: 'string' },
      measured: { type: 'boolean', default: false },
      stack: { type: 'string' },
      config: { type: 'string', default: CONFIG_FILE },
    },
  });
  const sizes = sizesOf(values.targets);
  const config = withInterval(await readConfig(values.config), values.every);
  const times = values.measured ? await measuredTimes(values.stack ?? config.name, config, io) : ASSUMED_TIMES;
  io.say('Synthesizing the stack for both ways of logging in …');
  const standing = WAYS.map((credentials) => standingCost(templateOf(config, credentials)));
  const { everySeconds } = config.sampling;
  io.say('Running a calm hour of each, and an incident, and counting the calls …');
  const months: Month[] = [];
  const counted = countedOnce();
  for (const targets of sizes) {
    for (const [at, credentials] of WAYS.entries()) {
      const use = { targets, everySeconds, credentials };
      months.push(await monthOf(use, standing[at], counted, { times, config }));
    }
  }
  const incident = await countedIncident(catalogueOf(loadCatalogue(config.name, RUNBOOKS_FOLDER)));
  const unpriced = [...new Set(standing.flatMap((one) => one.unpriced))];
  if (unpriced.length > 0) io.say(`No price is known for ${unpriced.join(', ')}: the sums leave them out.`);
  if (values.json)
    io.out(
      JSON.stringify(
        { everySeconds, times, standing: { iam: standing[0], password: standing[1] }, months, incident },
        null,
        2,
      ),
    );
  else {
    const parts = [
      `Sampling every ${everySeconds} s:`,
      tableOf(months),
      ...WAYS.map((way, at) => standingText(way, standing[at])),
      incidentText(incident),
      timesText(times, months, values.measured),
    ];
    io.out(parts.join('\n\n'));
  }
  return 0;
}

function sizesOf(given: string | undefined): readonly number[] {
  if (given === undefined) return SIZES;
  const targets = Number(given);
  if (Number.isInteger(targets) && targets >= 1 && targets <= 1000) return [targets];
  throw new Failure('--targets takes a number from 1 to 1000.');
}

function withInterval(config: Config, every: string | undefined): Config {
  if (every === undefined) return config;
  const everySeconds = EVERY.find((one) => String(one) === every);
  if (everySeconds === undefined) throw new Failure('--every takes 60, 30 or 15.');
  return { ...config, sampling: { everySeconds } };
}

/** Ten shards of a hundred are ten times one of a hundred. */
function countedOnce(): typeof countedRun {
  const runs = new Map<string, ReturnType<typeof countedRun>>();
  return (use) => {
    const key = JSON.stringify(use);
    const run = runs.get(key) ?? countedRun(use);
    runs.set(key, run);
    return run;
  };
}

async function monthOf(
  use: Use,
  standing: StandingCost | undefined,
  counted: typeof countedRun,
  { times, config }: { readonly times: Times; readonly config: Config },
): Promise<Month> {
  const { targetsEach } = shardsOf(use);
  const month = monthOfUse(use, await counted({ targets: targetsEach, everySeconds: use.everySeconds }), times);
  // Secrets that are not the stack's are paid all the same: a password that all targets share, and Slack's own.
  const others = (use.credentials === 'password' ? 1 : 0) + (config.slack.secretArn === undefined ? 0 : 1);
  const standingDollars = (standing?.dollars ?? 0) + others * PRICES.secretMonth;
  const used = usageDollars(month);
  return { ...use, month, standingDollars, usageDollars: used, dollars: standingDollars + used };
}

function tableOf(months: readonly Month[]): string {
  const row = (cells: readonly string[]) => cells.map((cell) => cell.padStart(12)).join('');
  return [
    row(['targets', 'login', 'standing', 'by use', '$ a month']),
    ...months.map(({ targets, credentials, standingDollars, usageDollars: used, dollars }) =>
      row([String(targets), credentials, ...[standingDollars, used, dollars].map((amount) => amount.toFixed(2))]),
    ),
  ].join('\n');
}

function standingText(way: Credentials, standing: StandingCost | undefined): string {
  const items = standing?.items ?? [];
  return [
    `Standing, with ${way === 'iam' ? 'IAM tokens' : 'a password behind an endpoint'}:`,
    ...items.map(
      ({ kind, count, dollars }) => `  ${String(count).padStart(2)} ${kind.padEnd(32)}${dollars.toFixed(2)}`,
    ),
  ].join('\n');
}

/** The one thing that is not counted, and how much of what is paid by use hangs on it. */
function timesText(times: Times, months: readonly Month[], isMeasured: boolean): string {
  const { targetSeconds, tickSeconds, trackSeconds } = times;
  const shares = months.map(({ month, usageDollars: used }) => (month.gigabyteSeconds * PRICES.lambdaGbSecond) / used);
  const share = (of: number) => `${Math.round(of * 100)} %`;
  const how = isMeasured
    ? 'Measured in the last day'
    : 'Assumed, not counted (--measured takes them from a deployed stack)';
  return (
    `${how}: ${targetSeconds.toFixed(3)} s a target, ${tickSeconds.toFixed(2)} s more a tick, ${trackSeconds.toFixed(2)} s ` +
    `a minute of track. They make ${share(Math.min(...shares))} to ${share(Math.max(...shares))} of what is paid by use.`
  );
}

function incidentText(counted: CountedIncident): string {
  const { minutes, writes, reads, invocations, freeCalls, awakeSeconds, dollars } = counted;
  return (
    `An incident of ${minutes} minutes with a runbook on two hosts adds $ ${dollars.toFixed(4)}: ${Math.round(writes)} write ` +
    `and ${Math.round(reads)} read units, ${invocations} invocations, ${Math.round(awakeSeconds)} s in which track waits for what ` +
    `is urgent; ${freeCalls} calls of Slack cost nothing.`
  );
}
