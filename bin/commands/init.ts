import { existsSync, writeFileSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import { parseArgs } from 'node:util';
import { configProblemsText, parseConfig } from '../../functions/core/config/parse-config.ts';
import { isExample } from '../flows/doctor/config-findings.ts';
import { type Answers, answerProblems, leftToFill } from '../flows/init/answers.ts';
import { configText } from '../flows/init/config-text.ts';
import { fromDatabase, fromMachine } from '../flows/init/from-discovery.ts';
import { type Asker, clackAsker } from './common/asker.ts';
import { type Aws, connectAws } from './common/aws.ts';
import { type Console, processConsole } from './common/console.ts';
import { Failure } from './common/failure.ts';
import { importConfig } from './common/read-config.ts';
import { askCopies, askDatabase, askHosts, askRest } from './init/ask.ts';
import { type Discovery, discover, findMachine } from './init/discover.ts';
import { answersOf, OPTIONS } from './init/flags.ts';

export const help = `writes runbell.config.ts for your database and your hosts

  npx runbell init            asks; with AWS credentials it offers what it finds
  npx runbell init --yes      asks nothing: takes the flags, and says what is left to fill in

  --out FILE                  default: runbell.config.ts. An existing file is left alone, unless with --force
                              or when it is the example that a clone comes with
  --offline                   does not look at AWS
  --name --every 60|30|15     of the stack; how often every database is looked at
  --channel --workspace --person --person-name            Slack ids
  --database ID|HOST[:PORT]   an identifier that RDS knows, or an address
  --database-user --credential iam:REGION:RESOURCE|secret:ARN|environment:NAME --tls rds|system|off
  --application --kind node|laravel --hosts i-…,mi-… --directory --user --processes web,worker
  --snapshots on|off          whether Runbell keeps copies of configuration files on the hosts without a click; default: on

Example, without any question:
  npx runbell init --yes --channel C012AB3CD --workspace T012AB3CD --person U012AB3CD \\
    --database orders-db --hosts i-0abc1234567890def --directory /srv/orders --user deploy --processes web

It looks only: nothing is made or changed on AWS, and no secret is asked for or written.`;

/** A clone has one of its own; an installed package brings the app and not the file. */
const CDK_FILE = 'cdk.json';
const NOTHING_FOUND: Discovery = { databases: [], hosts: [], problems: [] };

export async function run(
  args: readonly string[],
  io: Console = processConsole(),
  asker: Asker | null = io.isInteractive ? clackAsker : null,
): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  const file = values.out;
  if (existsSync(file) && !values.force) await mayReplace(file, io);
  const person = values.yes ? null : asker;
  let answers = checked(answersOf(values));
  const { discovery, aws } = values.offline ? { discovery: NOTHING_FOUND, aws: null } : await look(io);
  const region = aws?.region ?? '';
  answers = fromFoundDatabase(answers, values.database, discovery, region, io);
  if (person !== null) {
    answers = await askDatabase(person, answers, discovery, region, (line) => io.say(line));
    answers = await askHosts(person, answers, discovery);
    answers = await askRest(person, answers);
    answers = await askCopies(person, answers);
  }
  answers = await fromOwnMachine(answers, values.tls === undefined, aws, io);
  write(file, checked(answers), io);
  return 0;
}

/** A clone comes with an example, which is in nobody's way; what somebody has written is. */
async function mayReplace(file: string, io: Console): Promise<void> {
  const parsed = parseConfig(await importConfig(file).catch(() => null));
  if (parsed.kind === 'invalid' || !isExample(parsed.config)) {
    throw new Failure(`${file} is there already and was left as it is. Name another with --out FILE, or add --force.`);
  }
  io.say(`${file} is the example with made-up ids: it is replaced at the end.`);
}

async function look(io: Console): Promise<{ readonly discovery: Discovery; readonly aws: Aws | null }> {
  const connected = await connectAws(io.environment);
  if (connected.kind === 'noCredentials') {
    io.say(`${connected.why}. Going on without: the file says what to fill in.`);
    return { discovery: NOTHING_FOUND, aws: null };
  }
  const { aws } = connected;
  io.say(`Looking for databases and hosts in ${aws.region} …`);
  const discovery = await discover(aws);
  for (const problem of discovery.problems) io.say(`  ${problem}`);
  io.say(`  ${discovery.databases.length} databases, ${discovery.hosts.length} hosts that Systems Manager knows`);
  return { discovery, aws };
}

/** `--database orders-db` names something that was found; anything else is an address, which the flags took already. */
function fromFoundDatabase(
  answers: Answers,
  named: string | undefined,
  { databases }: Discovery,
  region: string,
  io: Console,
): Answers {
  const chosen = databases.find(({ id }) => id === named);
  if (chosen === undefined) {
    const isName = region !== '' && named !== undefined && !/[.:]/.test(named);
    if (isName) io.say(`  RDS lists no ${named} in ${region}: taken as an address`);
    return answers;
  }
  const { change, why } = fromDatabase(chosen, region);
  for (const line of why) io.say(`  ${line}`);
  return { ...answers, ...change, ...(answers.credential === null ? {} : { credential: answers.credential }) };
}

/** A server that somebody runs on a machine of their own: its network where AWS knows it, and no certificate of Amazon's. */
async function fromOwnMachine(answers: Answers, mayChooseTls: boolean, aws: Aws | null, io: Console): Promise<Answers> {
  const { host, port, network, credential } = answers;
  // Tokens are RDS's, whatever the address is called.
  if (credential?.kind === 'iam') return answers;
  if (host === null || /\.rds\.amazonaws\.com(\.cn)?$/.test(host)) return answers;
  if (mayChooseTls) {
    io.say(
      `  tls: 'system', as ${host} is not RDS: its certificate is checked against usual ones; { caFile } for one of your own`,
    );
  }
  const own = mayChooseTls ? { ...answers, tls: 'system' as const } : answers;
  const machine = network === null && aws !== null ? await findMachine(aws, host) : null;
  if (machine === null) return own;
  const { change, why } = fromMachine(machine, port);
  for (const line of why) io.say(`  ${line}`);
  return { ...own, ...change };
}

function checked(answers: Answers): Answers {
  const problems = answerProblems(answers);
  if (problems.length > 0) throw new Failure(configProblemsText(problems));
  return answers;
}

/** In a clone the configuration is typed by its own source, wherever the file is. */
const SOURCE = 'functions/core/config/parse-config.ts';

function pathFrom(file: string): string {
  const path = relative(dirname(resolve(file)), resolve(SOURCE))
    .split(sep)
    .join('/');
  return path.startsWith('.') ? path : `./${path}`;
}

function write(file: string, answers: Answers, io: Console): void {
  const isClone = existsSync(SOURCE);
  writeFileSync(file, configText(answers, isClone ? pathFrom(file) : 'runbell/config'));
  io.out(`Wrote ${file}.`);
  if (!isClone && !existsSync(CDK_FILE)) {
    writeFileSync(CDK_FILE, `${JSON.stringify({ app: 'npx runbell-app' }, null, 2)}\n`);
    io.out(`Wrote ${CDK_FILE}, so that npx cdk deploy makes the stack of runbell.config.ts.`);
  }
  const left = leftToFill(answers);
  if (left.length > 0)
    io.say(`\nLeft to fill in (marked FILL IN there):\n${left.map((line) => `  ${line}`).join('\n')}`);
  io.say('\nNext: npx runbell doctor, npx runbell slack-manifest, npx cdk deploy.');
}
