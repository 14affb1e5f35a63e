import { setTimeout as sleep } from 'node:timers/promises';
import type { RunDetails } from '../../../functions/core/model/details.ts';
import type { Request, RunRequest, UndoRequest } from '../../../functions/core/model/request.ts';
import type { Stores } from '../../../functions/core/ports.ts';
import { plainTokens } from '../../../functions/core/text/tokens.ts';
import { exitCodeOfRun, followedText, followRun } from '../../flows/requests/follow-run.ts';
import { type SentRequest, sendRequest } from '../../flows/requests/send-request.ts';
import { tellDecision } from '../common/ask-options.ts';
import { type Asker, clackAsker } from '../common/asker.ts';
import { atPlace } from '../common/at-endpoint.ts';
import type { Console } from '../common/console.ts';
import { Failure } from '../common/failure.ts';
import { type AskerGiven, whoAsks } from '../common/who-asks.ts';

export interface RunDeployed extends AskerGiven {
  readonly table?: string;
  readonly stack: string;
  readonly runbookId: string;
  readonly application: string;
  /** null: the target of the application that is in trouble. */
  readonly target: string | null;
  /** null: all of the application's hosts. */
  readonly hosts: readonly string[] | null;
  readonly choices: Readonly<Record<string, string>>;
  readonly dryRun: boolean;
  readonly undo: string | null;
  /** Why nobody else can agree in time. */
  readonly breakGlass?: string;
  readonly yes: boolean;
  readonly json: boolean;
}

/** What opens the form in Slack; here it says that the answer is to hold everything that the form would. */
const VIEW_ID = 'command-line';
const LOOKS_MAX = 4;
const LOOK_AGAIN_MS = 500;

/**
 * Through the same table, the same decision and the same limits as a click. First it asks what would run, which is
 * refused to whoever may not run it; then it sends exactly that.
 */
export async function runDeployed(
  order: RunDeployed,
  io: Console,
  asker: Asker | null = io.isInteractive ? clackAsker : null,
): Promise<number> {
  const by = await whoAsks(order, io);
  return atPlace(order, io, async (stores) => {
    const ask = (request: Request) => sendRequest(stores, request, by, (line) => io.say(line));
    const shown = await ask(
      order.undo === null ? detailsOfRun(order) : detailsOfTarget(await targetOf(order, order.undo, stores)),
    );
    if (shown.decision?.kind !== 'permitted') return tellDecision(shown, '', order.json, io);
    const drawn = order.undo === null ? runShown(order, shown, io) : undoShown(order.undo, shown, io);
    const wanted = order.breakGlass === undefined ? drawn : { ...drawn, breakGlass: order.breakGlass };
    await confirmed(order, asker);
    const sent = await ask(wanted);
    const { decision } = sent;
    if (decision?.kind !== 'permitted' || decision.runId === null) return tellDecision(sent, 'Done.', order.json, io);
    io.say(`Run ${decision.runId}. Ctrl-C leaves it running; npx runbell runbook cancel ${decision.runId} ends it.`);
    const followed = await followRun(stores, decision.runId, wanted.targetId, (line) => io.say(line));
    io.out(order.json ? JSON.stringify({ decision: 'permitted', ...followed }) : followedText(followed));
    return exitCodeOfRun(followed);
  });
}

function detailsOfRun({ runbookId, application, target, hosts }: RunDeployed): Request {
  const of = { kind: 'named', runbookId, applicationId: application, hosts } as const;
  return { kind: 'details', targetId: target, of, viewId: VIEW_ID };
}

function detailsOfTarget(targetId: string): Request {
  return { kind: 'details', targetId, of: null, viewId: VIEW_ID };
}

async function targetOf({ target }: RunDeployed, runId: string, { runs }: Pick<Stores, 'runs'>): Promise<string> {
  const found = target ?? (await runs.read(runId))?.value.targetId;
  if (found === undefined)
    throw new Failure(`There is no run ${runId}. npx runbell incidents shows the newest of each target.`);
  return found;
}

function runShown({ choices, dryRun }: RunDeployed, { decision }: SentRequest, io: Console): RunRequest | UndoRequest {
  const shows = decision?.kind === 'permitted' ? decision.shows : null;
  if (shows?.kind !== 'run')
    throw new Failure('What would run could not be shown, and so nothing was started. Once more.');
  const request = { ...shows.request, choices: { ...shows.request.choices, ...choices }, dryRun };
  for (const line of detailLines(shows, request)) io.say(plainTokens(line));
  return request;
}

function detailLines(shows: RunDetails, { choices, dryRun }: RunRequest | UndoRequest): readonly string[] {
  return [
    `${shows.title} (${shows.risk})${dryRun ? ', a dry run that changes nothing' : ''}: ${shows.says}`,
    `  on      ${shows.hosts.join(', ')}`,
    `  because ${shows.summary}`,
    ...shows.choices.map(({ name, preset }) => `  ${name}=${choices[name] ?? preset}`),
    ...shows.impact.map((line) => `  ${line}`),
    ...shows.hazards.map((line) => `  MIND: ${line}`),
    ...(shows.isObserved ? ['  Observe mode: it is only tried out and changes nothing.'] : []),
    ...(shows.second !== undefined && !dryRun ? [`  In Slack: ${shows.second}.`] : []),
  ];
}

function undoShown(undo: string, { decision }: SentRequest, io: Console): UndoRequest {
  const shows = decision?.kind === 'permitted' ? decision.shows : null;
  const offer = shows?.kind === 'incident' ? shows.notice.controls.undo : null;
  if (offer === null || offer.request.undoes !== undo) {
    throw new Failure(
      `${undo} cannot be taken back: it has not ended, changed nothing, or was followed by another. Nothing was started.`,
    );
  }
  io.say(`${offer.title} takes ${undo} back on ${offer.request.hosts.join(', ')}: ${offer.says}`);
  for (const line of offer.hazards) io.say(`  MIND: ${line}`);
  return offer.request;
}

async function confirmed({ yes, dryRun }: RunDeployed, asker: Asker | null): Promise<void> {
  if (yes || dryRun) return;
  if (asker === null) throw new Failure('Nothing was started. Add --yes when nobody is there to be asked.');
  const answer = await asker.one('Start it?', [
    { value: 'no', label: 'No' },
    { value: 'yes', label: 'Yes, start exactly this' },
  ]);
  if (answer !== 'yes') throw new Failure('Nothing was started.');
}

/** One that waits for a second person has no item of its own, and the index that knows it lags behind by moments. */
async function targetOfRun({ open, runs }: Pick<Stores, 'open' | 'runs'>, runId: string): Promise<string | null> {
  for (let look = 1; ; look += 1) {
    const waiting = (await open.openTargets()).items.find(({ value }) => value.run?.runId === runId);
    const targetId = waiting?.value.targetId ?? (await runs.read(runId))?.value.targetId;
    if (targetId !== undefined) return targetId;
    if (look === LOOKS_MAX) return null;
    await sleep(LOOK_AGAIN_MS);
  }
}

/** Ends a run: hosts that have not begun are left out, the command that is out is cancelled. */
export async function cancelDeployed(
  runId: string,
  given: AskerGiven & { readonly table?: string; readonly stack: string; readonly json: boolean },
  io: Console,
): Promise<number> {
  const by = await whoAsks(given, io);
  return atPlace(given, io, async (stores) => {
    const targetId = await targetOfRun(stores, runId);
    if (targetId === null) {
      throw new Failure(
        `There is no run ${runId.slice(0, 40)}. It is named where it was started, and in the timeline.`,
      );
    }
    const request = { kind: 'cancel', targetId, runId } as const;
    const sent = await sendRequest(stores, request, by, (line) => io.say(line));
    return tellDecision(sent, `${runId} is being ended. What has been done stays done.`, given.json, io);
  });
}
