import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { SAMPLES_KEPT_DAYS } from '../../functions/adapters/dynamodb/dynamo-chunk-store.ts';
import type { Config, TargetConfig } from '../../functions/core/config/config.ts';
import { configProblemsText, parseConfig } from '../../functions/core/config/parse-config.ts';
import { rulesOf, TARGETS_PER_SHARD } from '../../functions/core/config/people.ts';
import type { Sample } from '../../functions/core/model/sample.ts';
import { drawReplay } from '../flows/replay/picture.ts';
import { readRecording, sampleOf } from '../flows/replay/read-recording.ts';
import { type Replay, replay } from '../flows/replay/replay.ts';
import { cardsText, replayText } from '../flows/replay/replay-text.ts';
import { storedSamples } from '../flows/replay/stored-samples.ts';
import { openPlace, PLACE_HELP, placeOptions } from './common/at-endpoint.ts';
import { type Console, processConsole } from './common/console.ts';
import { Failure } from './common/failure.ts';
import { CONFIG_FILE, readConfig } from './common/read-config.ts';

export const help = `what Runbell would have said of recorded or stored samples, and when

  npx runbell replay FILE                    samples as JSON lines (ts in ms, connected, running, max, and sleep, uptime
                                             and wait_timeout where known) or as CSV with the columns ts,
                                             threads_connected, threads_running, max_connections
  npx runbell replay --stored 30d            what a deployed Runbell has sampled: days, hours (12h) or minutes (90m)
  npx runbell replay FILE --config C         with the rules of another configuration, and how many cards that makes
                                             beside ${CONFIG_FILE} (or the defaults where there is none)
  npx runbell replay FILE --svg OUT.svg      also as a picture
  npx runbell replay FILE --json             turning points and cards for a program

  --target ID       whose rules, and with --stored whose samples; needed where several targets are configured

${PLACE_HELP}

Example:
  npx runbell replay docs/examples/slow-leak.csv --svg slow-leak.svg

Nothing is posted and nothing is stored.`;

const SPAN_UNITS_MS = { d: 86_400_000, h: 3_600_000, m: 60_000 } as const;
const PROBLEMS_SHOWN_MAX = 5;

const options = {
  ...placeOptions,
  stored: { type: 'string' },
  config: { type: 'string' },
  target: { type: 'string' },
  svg: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

interface Values {
  readonly stored?: string;
  readonly config?: string;
  readonly target?: string;
  readonly svg?: string;
  readonly json: boolean;
  readonly table?: string;
  readonly stack: string;
  readonly endpoint?: string;
}

interface Named {
  readonly name: string;
  readonly config: Config;
}

export async function run(args: readonly string[], io: Console = processConsole()): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const [file, ...others] = positionals;
  if (others.length > 0 || (file === undefined) === (values.stored === undefined)) {
    throw new Failure('Name one FILE, or what is stored with --stored 30d: npx runbell replay --help shows both.');
  }
  const [asked, beside] = await configsOf(values.config);
  const target = targetOf(asked.config, values, file !== undefined);
  const samples = file === undefined ? await readStored(values, asked.config, target, io) : readFile(file, io);
  const title = file === undefined ? target.id : basename(file);
  const replayed = replayWith(asked.config, target, samples);
  const counts = [{ config: asked.name, cards: replayed.cards }];
  if (beside !== null) {
    const { cards } = replayWith(beside.config, targetOf(beside.config, values, file !== undefined), samples);
    counts.push({ config: beside.name, cards });
  }
  if (values.svg !== undefined) {
    writeFileSync(values.svg, drawReplay(replayed, { title, bounds: boundsOf(asked.config, target) }));
    io.say(`The picture is in ${values.svg}.`);
  }
  const { samples: taken, events } = replayed;
  if (values.json) io.out(JSON.stringify({ title, samples: taken, cards: counts, events }, null, 2));
  else io.out(`${replayText(title, replayed)}\n${cardsText(counts)}`);
  return 0;
}

/** The configuration in question, and what it is compared with: the project's own, else the defaults. */
async function configsOf(file: string | undefined): Promise<readonly [Named, Named | null]> {
  const own: Named = existsSync(CONFIG_FILE)
    ? { name: CONFIG_FILE, config: await readConfig(CONFIG_FILE) }
    : { name: 'the defaults', config: defaults() };
  if (file === undefined || file === CONFIG_FILE) return [own, null];
  return [{ name: file, config: await readConfig(file) }, own];
}

/** All rules as they come: channel, server and account are never used. */
function defaults(): Config {
  const target = { id: 'recording', host: 'localhost', user: 'nobody', tls: 'off' };
  const parsed = parseConfig({
    slack: { channel: 'C00000000', workspaceId: 'T00000000' },
    targets: [{ ...target, credential: { kind: 'environment', variable: 'UNUSED' } }],
  });
  if (parsed.kind === 'invalid') throw new Error(configProblemsText(parsed.problems));
  return parsed.config;
}

/** A file is of no target: where none is named it is judged by the rules that all targets share. */
function targetOf({ targets, rules }: Config, { target }: Values, isFile: boolean): TargetConfig {
  const [first] = targets;
  const found = target === undefined ? undefined : targets.find(({ id }) => id === target);
  if (found !== undefined) return found;
  const ids = targets.map(({ id }) => id).join(', ');
  if (target !== undefined) throw new Failure(`There is no target "${target}" in the configuration. It has: ${ids}.`);
  if (first === undefined) throw new Failure('The configuration has no target.');
  if (targets.length === 1) return first;
  if (!isFile) throw new Failure(`Say whose samples with --target ID. There are: ${ids}.`);
  return { ...first, id: 'recording', rules };
}

function replayWith(config: Config, target: TargetConfig, samples: readonly Sample[]): Replay {
  return replay(samples, { schema: 1, version: 'replay', config, catalogue: [] }, target);
}

function readFile(file: string, io: Console): readonly Sample[] {
  if (!existsSync(file)) throw new Failure(`There is no file ${file}.`);
  const { samples, problems } = readRecording(readFileSync(file, 'utf8'));
  for (const { line, why } of problems.slice(0, PROBLEMS_SHOWN_MAX)) io.say(`line ${line}: ${why}`);
  if (problems.length > PROBLEMS_SHOWN_MAX) io.say(`and ${problems.length - PROBLEMS_SHOWN_MAX} more lines like these`);
  if (samples.length === 0) throw new Failure(`${file} holds no sample that could be read.`);
  return samples;
}

async function readStored(
  values: Values,
  { targets }: Config,
  target: TargetConfig,
  io: Console,
): Promise<readonly Sample[]> {
  const spanMs = spanOf(values.stored ?? '');
  const { chunks } = await openPlace(values, io);
  const shard = Math.floor(targets.findIndex(({ id }) => id === target.id) / TARGETS_PER_SHARD);
  const untilMs = Date.now();
  const records = await storedSamples(chunks, { shard, targetId: target.id }, untilMs - spanMs, untilMs, (share) => {
    if (io.isInteractive) io.say(`read ${Math.round(100 * share)} %`);
  });
  if (records.length === 0) {
    throw new Failure(
      `Nothing is stored of ${target.id} in that time. Samples are kept for ${SAMPLES_KEPT_DAYS} days.`,
    );
  }
  return records.map((record) => sampleOf(record, null));
}

function spanOf(given: string): number {
  const [, count, unit] = /^(\d{1,4})([dhm])$/.exec(given) ?? [];
  const unitMs = unit === 'd' || unit === 'h' || unit === 'm' ? SPAN_UNITS_MS[unit] : 0;
  const spanMs = Number(count) * unitMs;
  if (!(spanMs > 0)) throw new Failure(`--stored takes a span such as 30d, 12h or 90m, not "${given}".`);
  return spanMs;
}

function boundsOf(config: Config, target: TargetConfig) {
  const { level } = rulesOf(config, target);
  if (level.off) return [];
  return [level.warningAtShare, level.criticalAtShare].map((share) => ({
    share,
    label: `${Math.round(100 * share)} %`,
  }));
}
