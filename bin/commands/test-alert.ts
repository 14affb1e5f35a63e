import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { randomIds } from '../../functions/adapters/system/log.ts';
import type { ChunkStore, Stores } from '../../functions/core/ports.ts';
import { beginPractice, practiceView, sampledTargets, waitForCard } from '../flows/practice/begin-practice.ts';
import { atPlace, PLACE_HELP, placeOptions } from './common/at-endpoint.ts';
import { type Console, processConsole } from './common/console.ts';
import { Failure } from './common/failure.ts';
import { CONFIG_FILE, readConfig } from './common/read-config.ts';
import { identityOf } from './common/who-asks.ts';

export const help = `a harmless practice incident through everything that is deployed

  npx runbell test-alert                  of the first target whose application has hosts
  npx runbell test-alert --target ID
  npx runbell test-alert --json           {"incident", "target", "until", "shown", "channel", "afterMs", "problem"}

  --config FILE     default: ${CONFIG_FILE}; with --endpoint the loop itself says what it watches
${PLACE_HELP}

A card appears in the channel, marked as a practice, with buttons for the runbooks that only read, such as Diagnose.
Pressed, they really run, on the real hosts and through every guard. It pages nobody, offers nothing that changes
anything, is refused while that target is in real trouble, and ends by itself after 15 minutes.

Example, after the first deployment:
  npx runbell doctor && npx runbell test-alert

Needs dynamodb:PutItem, dynamodb:GetItem and dynamodb:Query on the table. Ends with 0 when the card is in Slack, 1 when
it is not there yet, 2 when nothing was begun.`;

/** The stream, a cold function and Slack. */
const CARD_MS_MAX = 45_000;

type Values = { readonly target?: string; readonly config: string; readonly endpoint?: string };

export async function run(args: readonly string[], io: Console = processConsole()): Promise<number> {
  const options = {
    ...placeOptions,
    target: { type: 'string' },
    config: { type: 'string', default: CONFIG_FILE },
    json: { type: 'boolean', default: false },
  } as const;
  const { values } = parseArgs({ args: [...args], options });
  const { name: begunBy } = await identityOf(values, io);
  return atPlace(values, io, async ({ targets, chunks }) => {
    const targetId = await chosenTarget(values, chunks, io);
    const begun = await begin(targets, targetId, begunBy);
    io.say(`Practice ${begun.incident?.id ?? ''} for ${targetId}. Waiting for its card …`);
    const shown = await waitForCard(targets, begun, CARD_MS_MAX);
    const view = practiceView(begun, shown);
    if (values.json) io.out(JSON.stringify(view));
    else if (shown.kind === 'shown') io.out(shownText(shown.channel, shown.afterMs, view.until ?? ''));
    else io.out(missingText(shown.problem));
    return shown.kind === 'shown' ? 0 : 1;
  });
}

async function begin(targets: Stores['targets'], targetId: string, begunBy: string) {
  const begun = await beginPractice(targets, targetId, {
    begunBy,
    incidentId: randomIds.newId('inc'),
    nowMs: Date.now(),
  });
  if (begun.kind === 'refused') throw new Failure(begun.why);
  return begun.practice;
}

/** Named, else out of the configuration, else out of what is being sampled. */
async function chosenTarget({ target, config, endpoint }: Values, chunks: ChunkStore, io: Console): Promise<string> {
  const sampled = await sampledTargets(chunks, Date.now());
  if (sampled.length === 0) io.say('Nothing was sampled within the hour; the practice does without.');
  // The demonstration has no file, and the file that lies here is about something else.
  const preferred = target ?? (endpoint === undefined && existsSync(config) ? await fromConfig(config) : sampled[0]);
  if (preferred === undefined) throw new Failure('Say which target: --target ID.');
  if (sampled.length > 0 && !sampled.includes(preferred)) {
    throw new Failure(
      `${preferred} is not sampled there. These are: ${sampled.slice(0, 10).join(', ')}. Use --target ID.`,
    );
  }
  return preferred;
}

async function fromConfig(file: string): Promise<string | undefined> {
  const { applications, targets } = await readConfig(file);
  return applications.find(({ hosts }) => hosts.length > 0)?.targets[0] ?? targets[0]?.id;
}

function shownText(channel: string, afterMs: number, until: string): string {
  return [
    `The card is in ${channel}, ${(afterMs / 1000).toFixed(1)} s after it began.`,
    `Press Diagnose on it: it runs on the hosts and changes nothing. It ends by itself at ${until}.`,
  ].join('\n');
}

function missingText(problem: string | null): string {
  return [
    problem === null ? 'There is no card yet.' : `Slack does not take the card: ${problem}`,
    'It is owed and will appear when that is mended. npx runbell doctor says what is wrong.',
  ].join('\n');
}
