import { inForce } from '../../functions/core/act/freezes.ts';
import { decideSample } from '../../functions/core/evaluate/decide-sample.ts';
import { createDecisionState } from '../../functions/core/evaluate/decision-state.ts';
import { isNoticeOwed } from '../../functions/core/incident/owe.ts';
import { FREEZES_ID, type Freeze, newFreezeState } from '../../functions/core/model/freeze.ts';
import type { Face } from '../../functions/core/model/notice.ts';
import type { Request } from '../../functions/core/model/request.ts';
import { noticeOf } from '../../functions/core/notify/notice-of.ts';
import { inboxIdOf } from '../../functions/core/store/inbox.ts';
import { checkChain } from '../../functions/core/timeline/chain.ts';
import { sha256 } from '../fakes/memory-timeline.ts';
import type { TakenCommand } from '../fakes/scripted-command-runner.ts';
import { MINUTE_MS, NIGHT_MS } from '../support/builders.ts';
import { CALM, TARGET, type Weather, World } from './world.ts';

export { CALM };

const ROUGH_MINUTES = 12;
const CALM_MINUTES = 12;
const PEOPLE = ['U0FIRST', 'U0SECOND', 'U0THIRD', 'U0STRANGER'];

export function weatherOf(random: () => number): Weather {
  const some = (max: number) => (random() < 0.5 ? 0 : random() * max);
  return {
    crashShare: some(0.03),
    slackTroubleShare: some(0.6),
    ssmTroubleShare: some(0.4),
    unreadableShare: some(0.3),
    leakPerMinute: 5 + random() * 60,
    cureShare: random(),
  };
}

/** Twelve rough minutes with people clicking, then calm until everything must be settled. */
export async function playHistory(
  seed: number,
  weather?: Weather,
  prepare: (world: World) => void = () => undefined,
): Promise<World> {
  const chooser = new World(seed, CALM).scheduler;
  const world = new World(seed, weather ?? weatherOf(chooser.random));
  const { scheduler } = world;
  prepare(world);
  const clicks = scheduler.between(2, 14);
  for (let click = 0; click < clicks; click += 1) {
    const who = PEOPLE[scheduler.between(0, PEOPLE.length)] ?? 'U0FIRST';
    const atMs = NIGHT_MS + scheduler.between(2 * MINUTE_MS, ROUGH_MINUTES * MINUTE_MS);
    scheduler.at(atMs, () => world.click(who, scheduler.chance(0.3)));
  }
  await scheduler.runUntil(NIGHT_MS + ROUGH_MINUTES * MINUTE_MS);
  world.calm();
  await scheduler.runUntil(NIGHT_MS + (ROUGH_MINUTES + CALM_MINUTES) * MINUTE_MS);
  world.end();
  await scheduler.runUntil(NIGHT_MS + (ROUGH_MINUTES + CALM_MINUTES + 2) * MINUTE_MS);
  return world;
}

/** Every broken promise of a history, each named by its number in the design; none is a good history. */
export async function brokenPromises(world: World): Promise<string[]> {
  return [
    ...world.errors.map((error) => `an invocation failed: ${error instanceof Error ? error.stack : String(error)}`),
    ...oneCardPerIncident(world),
    ...soonAfterAnOutage(world),
    ...(await nothingOwed(world)),
    ...atMostOncePerHost(world),
    ...oneRunAtATime(world),
    ...(await everyClickAnswered(world)),
    ...(await everyRunEnded(world)),
    ...(await outcomesAreTrue(world)),
    ...nothingWhileFrozen(world),
    ...(await freezesTold(world)),
    ...(await looksAreHarmless(world)),
    ...(await secondPersons(world)),
    ...(await onlyTried(world)),
    ...nothingWhileSilent(world),
    ...(await deathIsHeard(world)),
    ...(await nothingGreenWhileDead(world)),
    ...(await timesAreTrue(world)),
    ...(await endsAreSeen(world)),
    ...chainsAreWhole(world),
  ];
}

/** A second one stands beside one that could be edited only where nobody could know of that, and says so. */
function oneCardPerIncident({ board, blindPosts, slack }: World): string[] {
  const second = board.messages.filter(({ isSecond }) => isSecond);
  return second.flatMap(({ incidentId, replies }) => {
    const count = second.filter((one) => one.incidentId === incidentId).length;
    const said = blindPosts.filter((about) => about === incidentId).length;
    if (count > said) return [`1: ${incidentId} has more than one message`];
    // The one that said so may have been deleted.
    const isSaid = slack.deletionMs !== null || replies.some((text) => text.includes('may be the second message'));
    if (isSaid || incidentId.startsWith('frz-')) return [];
    return [`1: the second message about ${incidentId} does not say that it is one`];
  });
}

/** An invocation that dies, or a call that goes wrong by itself, takes its time beside what an outage takes. */
function soonAfterAnOutage({ owedAtRecovery, roughly, tableAway }: World): string[] {
  // A card is stored before it is shown, so it waits for the table as well.
  if (roughly.crashShare > 0 || roughly.slackTroubleShare > 0 || tableAway !== null) return [];
  return owedAtRecovery?.shownInTime === false ? ['2: a critical card was late after Slack was well again'] : [];
}

async function nothingOwed(world: World): Promise<string[]> {
  const state = (await world.stores.targets.read(TARGET))?.value;
  if (state === undefined) return [];
  if (isNoticeOwed(state))
    return [`2: still owed: ${JSON.stringify(state.notice)} and ${state.storyOwed.length} entries`];
  const freezes = (await world.stores.freezes.read(FREEZES_ID))?.value ?? newFreezeState();
  const truth = noticeOf(state, world.settings, inForce(freezes, world.scheduler.nowMs()));
  const card = world.board.messages.findLast((message) => message.incidentId === state.incident?.id);
  const shown = card?.notices.at(-1);
  // Begun and ended within a silence: it was never told, and need not be.
  if (truth === null || (shown === undefined && world.silenceLog.length > 0)) return [];
  if (JSON.stringify(shown) === JSON.stringify(truth)) return [];
  // What may not be edited is not posted anew for its figures alone.
  const isNews = shown?.kind !== 'incident' || shown.face !== truth.face || shown.resolvedAtMs !== truth.resolvedAtMs;
  if (card !== undefined && !world.board.isEditable(card) && !isNews) return [];
  return ['2: the card does not show the present state'];
}

function atMostOncePerHost({ commands }: World): string[] {
  const sent = commands.taken.map(({ order }) => `${order.runId} on ${order.hostId}`);
  return sent.filter((one, at) => sent.indexOf(one) < at).map((one) => `3: sent twice: ${one}`);
}

/** The next host only after the former ended; another run only after the whole run. */
function oneRunAtATime({ commands }: World): string[] {
  const inOrder = commands.taken.filter((one) => !isBeside(one)).toSorted((a, b) => a.takenAtMs - b.takenAtMs);
  return inOrder.flatMap((command, at) => {
    const before = inOrder[at - 1];
    if (before === undefined || command.takenAtMs >= before.endsAtMs) return [];
    return [
      `10: ${command.order.runId} started on ${command.order.hostId} while ${before.order.runId} ran on ${before.order.hostId}`,
    ];
  });
}

async function everyClickAnswered({ clicks, stores, board }: World): Promise<string[]> {
  const broken: string[] = [];
  for (const click of clicks) {
    const record = ((await stores.requests.read(click.id)) ?? (await stores.inbox.read(inboxIdOf(click))))?.value;
    // Never stored: the person saw Slack's own warning, because nothing was acknowledged.
    if (record === undefined) continue;
    if (record.decision === null) broken.push(`4: no decision on ${click.id}`);
    const isLeft = record.request.kind === 'details' && board.closedForms.has(record.request.viewId ?? '');
    const says = record.decision?.kind === 'refused' ? record.decision.sentence : (record.decision?.says ?? null);
    const { userId } = click.by;
    const notes = [...board.whispers, ...board.directs].filter((note) => note.userId === userId);
    const isFilled = board.filled.some(
      ({ viewId, details }) =>
        record.request.kind === 'details' && record.request.viewId === viewId && details !== null,
    );
    const isTold = isFilled || (says !== null && notes.some(({ text }) => text.startsWith(says)));
    const shows = record.decision?.kind === 'permitted' ? record.decision.shows : null;
    if (says !== null && !isTold) broken.push(`4: nobody told ${userId} of "${says}"`);
    if (shows !== null && !isTold && !isLeft) broken.push(`4: the form of ${click.id} was never filled`);
  }
  const permitted = await Promise.all(clicks.map(async ({ id }) => (await stores.requests.read(id))?.value));
  const strangers = permitted.filter(
    (record) =>
      record?.by.userId === 'U0STRANGER' &&
      record.decision?.kind === 'permitted' &&
      STARTS.includes(record.request.kind),
  );
  return [...broken, ...strangers.map(() => '6: a stranger ran something')];
}

function isBeside({ order }: TakenCommand): boolean {
  return order.runId.startsWith('beside-');
}

/** A claim that had looked for a lock just before somebody took it may still be sent. */
const MADE_WAY_MS_MAX = 5000;
const LAST_SWEEPS_MS = 5 * MINUTE_MS;

/**
 * What Runbell looks at by itself: never begun into a person's run, always ended, and what is known of it is what hosts
 * said, on the card too.
 */
async function looksAreHarmless({ commands, stores, clicks, scheduler, observedSinceMs }: World): Promise<string[]> {
  const broken: string[] = [];
  const [looks, runs] = [commands.taken.filter(isBeside), commands.taken.filter((one) => !isBeside(one))];
  for (const { order, takenAtMs } of looks) {
    const into = runs.find((one) => one.takenAtMs < takenAtMs - MADE_WAY_MS_MAX && one.endsAtMs > takenAtMs);
    if (into !== undefined) broken.push(`10: ${order.runId} was sent into ${into.order.runId}`);
    const run = (await stores.runs.read(order.runId))?.value;
    // Nobody sweeps any more after the end of a history.
    const hadTime = takenAtMs < scheduler.nowMs() - LAST_SWEEPS_MS;
    if (hadTime && run?.phase !== 'ended')
      broken.push(`4: ${order.runId} has not ended: ${JSON.stringify(run?.hosts)}`);
  }
  for (const { id } of clicks) {
    const decision = (await stores.requests.read(id))?.value.decision ?? null;
    const shows = decision?.kind === 'permitted' ? decision.shows : null;
    if (shows?.kind === 'run' && shows.preview?.kind === 'reading') broken.push(`4: the form of ${id} waits for ever`);
  }
  const known = (await stores.applications.read('orders'))?.value.snapshots;
  // Nothing is kept where nothing may change.
  if (observedSinceMs !== null) return broken;
  if (known === undefined || known.dueAtMs === null || known.dueAtMs < scheduler.nowMs() - 3 * MINUTE_MS) {
    broken.push(`12: nobody looks after the configuration any more: ${JSON.stringify(known)}`);
  }
  for (const [hostId, { version }] of Object.entries(known?.hosts ?? {})) {
    const said = looks.some(({ order, output }) => order.hostId === hostId && output.includes(`"version":${version},`));
    if (!said) broken.push(`8: ${hostId} never said that it has version ${version}`);
  }
  const shown = (await stores.targets.read(TARGET))?.value.snapshots?.['orders']?.hosts ?? [];
  if (shown.join() !== Object.keys(known?.hosts ?? {}).join())
    broken.push(`2: the card knows copies on ${shown.join()}`);
  return broken;
}

/** What only somebody who is listed may do. */
const STARTS: readonly Request['kind'][] = ['run', 'undo', 'approve', 'silence', 'unsilence', 'unfreeze'];

async function everyRunEnded({ clicks, stores }: World): Promise<string[]> {
  const broken: string[] = [];
  for (const { id } of clicks) {
    const decision = (await stores.requests.read(id))?.value.decision ?? null;
    if (decision?.kind !== 'permitted' || decision.runId === null) continue;
    // Not there: it waited for a second person who never came.
    const run = (await stores.runs.read(decision.runId))?.value;
    if (run !== undefined && run.phase !== 'ended')
      broken.push(`4: ${decision.runId} has not ended: ${JSON.stringify(run?.hosts)}`);
  }
  const application = (await stores.applications.read('orders'))?.value;
  if (application?.lock) broken.push(`12: the application is still locked by ${application.lock.runId}`);
  return broken;
}

/** "Recovered" needs two samples after the end that saw room; "resolved" a whole quiet period of seen health. */
async function outcomesAreTrue(world: World): Promise<string[]> {
  const state = (await world.stores.targets.read(TARGET))?.value;
  const broken: string[] = [];
  const outcome = state?.run?.outcome ?? null;
  if (outcome?.kind === 'recovered' && outcome.after.connected >= 75)
    broken.push(`8: "recovered" at ${outcome.after.connected} of 100`);
  const resolvedAtMs = state?.incident?.resolvedAtMs ?? null;
  if (resolvedAtMs !== null) {
    const sinceMs = resolvedAtMs - world.settings.config.quietSeconds * 1000;
    // Only what was kept: a sample that died with its invocation was never seen by anybody.
    const kept = (await world.stores.chunks.since(0, sinceMs, resolvedAtMs - 1000)).get(TARGET) ?? [];
    const wrong = kept.filter((record) => record.kind !== 'reading' || record.connected >= 80);
    if (wrong.length > 0) broken.push(`7: resolved although ${JSON.stringify(wrong[0])} was seen in the quiet period`);
  }
  if (state?.run?.phase === 'verifying') broken.push('8: a run is still being judged long after it ended');
  return broken;
}

/** A freeze is in force within five seconds of its write, for whatever has not been claimed by then. */
const FREEZE_MS_MAX = 5000;

function nothingWhileFrozen({ commands, freezeLog }: World): string[] {
  return commands.taken.flatMap(({ order, takenAtMs }) => {
    const since = freezeLog.filter(({ atMs }) => atMs <= takenAtMs - FREEZE_MS_MAX).at(-1);
    const later = freezeLog.filter(({ atMs }) => atMs > takenAtMs - FREEZE_MS_MAX && atMs <= takenAtMs);
    const isInForce = (freezes: readonly Freeze[]) =>
      freezes.some(({ untilMs }) => untilMs === null || untilMs > takenAtMs);
    if (since === undefined || !isInForce(since.freezes) || later.some(({ freezes }) => !isInForce(freezes))) return [];
    return [`13: ${order.runId} was sent to ${order.hostId} at ${takenAtMs} while frozen`];
  });
}

/** Each freeze has one message, which says whether it is still in force. */
async function freezesTold({ board, clicks, stores }: World): Promise<string[]> {
  const now = (await stores.freezes.read(FREEZES_ID))?.value.freezes ?? [];
  const inForceIds = now.flatMap(({ id, ended }) => (id !== undefined && ended === undefined ? [id] : []));
  const broken: string[] = [];
  for (const { id, request } of clicks) {
    const decision = (await stores.requests.read(id))?.value.decision ?? null;
    if (request.kind !== 'freeze' || decision?.kind !== 'permitted') continue;
    const freezeId = `frz-${id.slice(0, 16)}`;
    const shown = board.messages.findLast(({ incidentId }) => incidentId === freezeId)?.notices.at(-1);
    const isOver = shown?.kind === 'freeze' && shown.ended !== null;
    if (shown === undefined) broken.push(`1: ${freezeId} has no message`);
    else if (isOver === inForceIds.includes(freezeId)) broken.push(`2: the message of ${freezeId} is not true`);
  }
  return broken;
}

/** Whoever agreed is somebody else each time, and there are as many as were asked for; or somebody may break the glass. */
async function secondPersons(world: World): Promise<string[]> {
  const { approval } = world.settings.config.runbooks['restart-workers'] ?? {};
  const runIds = new Set(world.commands.taken.map(({ order }) => order.runId));
  const broken: string[] = [];
  for (const runId of runIds) {
    const run = (await world.stores.runs.read(runId))?.value;
    if (run === undefined || run.runbookId !== 'restart-workers' || run.dryRun) continue;
    const { byUserId, agreedBy = [], brokenGlass } = run;
    if (new Set([byUserId, ...agreedBy]).size <= agreedBy.length)
      broken.push(`11: ${runId} of ${byUserId} was agreed to by ${agreedBy.join()}`);
    if (brokenGlass === undefined && agreedBy.length < (approval?.approvers ?? 0))
      broken.push(`11: ${runId} ran with ${agreedBy.length} of ${approval?.approvers} others`);
    if (brokenGlass === undefined) continue;
    if (byUserId !== 'U0FIRST') broken.push(`11: ${byUserId} broke the glass`);
    if (!world.pages.some((subject) => subject.includes('without a second person')))
      broken.push(`11: ${runId} broke the glass unheard`);
  }
  return broken;
}

/** An invocation that began before the deployment may still send what it has claimed. */
const OBSERVE_MS_MAX = 20_000;

async function onlyTried({ commands, stores, observedSinceMs }: World): Promise<string[]> {
  const broken: string[] = [];
  for (const { order, takenAtMs } of commands.taken) {
    const isTry = order.parameters['DryRun'] === 'yes';
    if (observedSinceMs !== null && takenAtMs > observedSinceMs + OBSERVE_MS_MAX && !isTry)
      broken.push(`15: ${order.runId} did something on ${order.hostId} while it was observed`);
    if ((await stores.runs.read(order.runId))?.value.dryRun !== isTry)
      broken.push(`15: ${order.runId} is a try, or is none, and its command is not told so`);
  }
  return broken;
}

/** A call that had begun when the silence came may still land. */
const SILENCE_MS_MAX = 10_000;

function nothingWhileSilent({ board, silenceLog }: World): string[] {
  return (
    board.callTimes
      // What is frozen concerns everybody, whatever is silenced.
      .filter(({ method, id }) => (method === 'post' && id?.startsWith('frz-') !== true) || method === 'reply')
      .filter(({ atMs }) => {
        const since = silenceLog.filter((one) => one.atMs <= atMs - SILENCE_MS_MAX).at(-1);
        const later = silenceLog.filter((one) => one.atMs > atMs - SILENCE_MS_MAX && one.atMs <= atMs);
        return since?.untilMs != null && since.untilMs > atMs && later.every(({ untilMs }) => (untilMs ?? 0) > atMs);
      })
      .map(({ method, atMs }) => `29: a ${method} at ${atMs} in a silence`)
  );
}

/** So many ticks in a row make a trouble of its own, wherever crashes fall among them. */
const DEAD_SAMPLES_MIN = 5;

/** A database that dies is heard of, whatever was wrong before: by the page, and aloud in a channel that is well. */
async function deathIsHeard(world: World): Promise<string[]> {
  const { death, stores, board, pages, pageTimes, silenceLog, roughly } = world;
  if (death === null) return [];
  const { fromMs, untilMs } = death;
  const kept = (await stores.chunks.since(0, fromMs, untilMs)).get(TARGET) ?? [];
  const wasSilent = silenceLog.some((one) => one.atMs < untilMs && (one.untilMs ?? 0) > fromMs);
  if (kept.length < DEAD_SAMPLES_MIN || wasSilent) return [];
  const says = (text: string) => /unreachable/.test(text);
  const aloud = board.messages.flatMap(({ loud, notices: [first], postedAtMs }) => [
    ...loud.filter(says),
    ...(postedAtMs > fromMs && first?.kind === 'incident' && says(first.title) ? [first.title] : []),
  ]);
  const paged = pages.filter((subject, at) => (pageTimes[at] ?? 0) > fromMs && says(subject));
  return [
    ...(aloud.length === 0 && roughly.slackTroubleShare === 0
      ? ['7: the database died and the channel did not hear of it']
      : []),
    ...(paged.length === 0 ? ['7: the database died and nobody was paged'] : []),
  ];
}

/** Longer than any history, and than anything that people read of one may have lasted. */
const TOLD_MINUTES_MAX = ROUGH_MINUTES + CALM_MINUTES + 2;
const CLOCKS_APART_MS = 2 * MINUTE_MS;

/** Whatever the clocks of the machines said: nothing is stored or told of that did not happen then, or for so long. */
async function timesAreTrue({ stores, board, scheduler }: World): Promise<string[]> {
  const state = (await stores.targets.read(TARGET))?.value;
  const chunks = (await stores.chunks.since(0, 0, Number.MAX_SAFE_INTEGER)).get(TARGET) ?? [];
  const { incident = null, run = null } = state ?? {};
  const instants = [
    ...chunks.map(({ atMs }) => atMs),
    ...[incident?.openedAtMs, incident?.lastBreachAtMs, incident?.resolvedAtMs, run?.startedAtMs, run?.endedAtMs],
  ].filter((atMs) => atMs != null);
  const wrong = instants.filter(
    (atMs) => atMs < NIGHT_MS - CLOCKS_APART_MS || atMs > scheduler.nowMs() + CLOCKS_APART_MS,
  );
  const told = board.messages.flatMap(({ notices, replies }) => [JSON.stringify(notices), ...replies]);
  const long = told.flatMap((text) =>
    [...text.matchAll(/(?<!in about )(?<!for )\b(\d+) (minute|hour|day)s?\b/g)].filter(
      ([, count, unit]) => unit !== 'minute' || Number(count) > TOLD_MINUTES_MAX,
    ),
  );
  return [
    ...wrong.map((atMs) => `31: stored of ${new Date(atMs).toISOString()}`),
    ...long.map(([span, , ,]) => `31: "${span}" in a history of ${TOLD_MINUTES_MAX} minutes`),
  ];
}

/** Once what was stored says that the trouble is over, the incident is, too. */
async function endsAreSeen({ stores, settings, scheduler }: World): Promise<string[]> {
  const state = (await stores.targets.read(TARGET))?.value;
  if (state?.incident == null || state.incident.resolvedAtMs !== null) return [];
  const chunks = (await stores.chunks.since(0, 0, Number.MAX_SAFE_INTEGER)).get(TARGET) ?? [];
  const quietMs = settings.config.quietSeconds * 1000;
  let [decided, endedAtMs] = [createDecisionState(), Number.POSITIVE_INFINITY];
  for (const record of chunks.toSorted((a, b) => a.atMs - b.atMs)) {
    const { state: next } = decideSample(decided, record, { ...settings.config, quietMs, waitTimeoutSeconds: 28_800 });
    if (next.phase.trouble !== null) endedAtMs = Number.POSITIVE_INFINITY;
    else if (decided.phase.trouble !== null) endedAtMs = record.atMs;
    decided = next;
  }
  return endedAtMs + quietMs > scheduler.nowMs() - LAST_SWEEPS_MS
    ? []
    : [`31: still open, and over since ${new Date(endedAtMs).toISOString()}`];
}

const GREEN: readonly Face[] = ['recovered', 'resolved', 'settling'];
/** Zero is seen at a tick and told with it. */
const SEEN_MS = 70_000;
/** From the sample that sees it back to the end of the look that it asks for. */
const BACK_MS_MAX = 4 * MINUTE_MS;

/** Connections that are gone with the application are no recovery, and what is back is not called down for long. */
async function nothingGreenWhileDead({ downs, faces, stores, roughly, scheduler, death }: World): Promise<string[]> {
  const state = (await stores.targets.read(TARGET))?.value;
  const broken: string[] = [];
  const outcome = state?.run?.outcome;
  for (const { fromMs, untilMs } of downs) {
    if (outcome?.kind === 'recovered' && outcome.after.atMs > fromMs + SEEN_MS && outcome.after.atMs < untilMs)
      broken.push(`8: recovered at ${outcome.after.connected} while the application was dead`);
    // Where invocations die or sight is lost, what is stored may be of before.
    if (roughly.crashShare > 0 || roughly.unreadableShare > 0 || death !== null) continue;
    const zeros = ((await stores.chunks.since(0, fromMs, untilMs)).get(TARGET) ?? []).map(({ atMs }) => atMs);
    const seenMs = zeros[1];
    if (seenMs === undefined) continue;
    const green = faces.find(({ atMs, face }) => atMs > seenMs + SEEN_MS && atMs < untilMs && GREEN.includes(face));
    if (green !== undefined) broken.push(`8: ${green.face} at ${green.atMs} while the application was dead`);
  }
  const lastMs = Math.max(0, ...downs.map(({ untilMs }) => untilMs));
  const isBack = lastMs < scheduler.nowMs() - BACK_MS_MAX - 2 * MINUTE_MS;
  const { kind = 'up' } = state?.liveness?.found ?? {};
  if (isBack && state?.incident?.resolvedAtMs === null && (kind === 'down' || kind === 'partly'))
    broken.push(`8: the application is back since ${lastMs} and still called ${kind}`);
  return broken;
}

function chainsAreWhole({ stores, scheduler }: World): string[] {
  return [...stores.timeline.chains].flatMap(([chain, stored]) => {
    const check = checkChain(stored, scheduler.nowMs(), sha256);
    return check.kind === 'whole' ? [] : [`30: the timeline ${chain} is broken: ${JSON.stringify(check)}`];
  });
}
