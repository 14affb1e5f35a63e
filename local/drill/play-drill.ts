import { setTimeout as wait } from 'node:timers/promises';
import type { Run } from '../../functions/core/model/run.ts';
import type { TargetState } from '../../functions/core/model/target.ts';
import { DEMO_TARGET } from '../demo/demo-config.ts';
import type { Demo } from '../demo/start-demo.ts';
import { actionsOf, Channel, type Delivery, wordsOf } from './channel.ts';
import { settled } from './story.ts';
import { until } from './until.ts';

const CARD_MS_MAX = 120_000;
const ANSWER_MS_MAX = 30_000;
const PRESSES_MAX = 5;
const RUN_MS_MAX = 240_000;
const OUTCOME_MS_MAX = 90_000;
/** A few calm samples first, so that the story begins with a healthy database. */
const HEALTHY_MS = 3000;
const PERSON = 'U0ONCALL';
const HELPED = /Recovered.*it helped/s;

/** What happened, in milliseconds and connections. `null`: it did not come that far; `errors` says why. */
export interface DrillReport {
  readonly database: string;
  /** From the first sample over the bound, or the one that the detector raised, to the card being in the channel. */
  readonly detectedMs: number | null;
  readonly clickAckMs: number | null;
  readonly clickToEndedMs: number | null;
  readonly clickToOutcomeMs: number | null;
  readonly connectionsBefore: number | null;
  readonly connectionsAfter: number | null;
  readonly outcome: string | null;
  readonly cards: number;
  readonly runsStarted: number;
  readonly errors: readonly string[];
}

/** Plays the story without a person: leak, card, click, restart, outcome. */
export async function playDrill(demo: Demo, runbook: string): Promise<DrillReport> {
  const { loop, application, log } = demo;
  const channel = new Channel(loop.slack);
  const startedAtMs = Date.now();
  const errors: string[] = [];
  await wait(HEALTHY_MS);
  await application.leak();

  const card = await until(CARD_MS_MAX, () => cardWithButton(channel, runbook));
  const cardAtMs = Date.now();
  if (card === null) errors.push('no card with a button came');
  const overAtMs = await firstOver(demo, startedAtMs);
  if (card !== null) await settled(demo);
  const { click, clickedAtMs } = await pressUntilTaken(demo, channel, card);
  if (card !== null && click?.status !== 200) errors.push(`the click was answered with ${click?.status ?? 'no form'}`);
  const run = click === null ? null : await until(RUN_MS_MAX, () => endedRun(demo));
  if (click !== null && run === null) errors.push('no run ended');
  for (const host of run?.hosts ?? []) {
    if (host.ending?.kind !== 'done') errors.push(`${host.hostId} ended: ${JSON.stringify(host.ending)}`);
  }
  const judged = run === null ? null : await until(OUTCOME_MS_MAX, () => judgedTarget(demo, run.runId));
  const outcome = judged?.run?.outcome ?? null;
  const told = outcome?.kind === 'recovered' ? await until(OUTCOME_MS_MAX, () => cardSays(channel, HELPED)) : null;
  if (outcome?.kind === 'recovered' && told === null) errors.push('the card never said that it helped');
  const toldAtMs = Date.now();

  return {
    database: demo.database.kind === 'embedded' ? 'embedded' : `${demo.database.name} ${demo.database.version}`,
    detectedMs: card === null || overAtMs === null ? null : cardAtMs - overAtMs,
    clickAckMs: click?.ms ?? null,
    clickToEndedMs: run?.endedAtMs == null ? null : run.endedAtMs - clickedAtMs,
    clickToOutcomeMs: told === null ? null : toldAtMs - clickedAtMs,
    connectionsBefore: outcome?.before?.connected ?? null,
    connectionsAfter: outcome === null || outcome.kind === 'inconclusive' ? null : (outcome.after?.connected ?? null),
    outcome: outcome?.kind ?? null,
    cards: (await channel.messages()).length,
    runsStarted: (await loop.commandsSent()).length,
    errors: [...errors, ...log.errors],
  };
}

interface Card {
  readonly ts: string;
  readonly actionId: string;
  readonly value?: string;
}

async function cardWithButton(channel: Channel, runbook: string): Promise<Card | null> {
  for (const message of await channel.messages()) {
    const actions = actionsOf(message).map(({ actionId }) => actionId);
    const actionId = actions.find((id) => id.startsWith(`run:${runbook}:`) || id.startsWith(`ask:${runbook}:`));
    if (actionId !== undefined) return { ts: message.ts, actionId };
    // What has no button of its own can be picked from the menu behind the buttons.
    const menu = actions.find((id) => id.startsWith('more:'));
    if (menu !== undefined) return { ts: message.ts, actionId: menu, value: runbook };
  }
  return null;
}

async function cardSays(channel: Channel, words: RegExp): Promise<true | null> {
  return (await channel.messages()).some((message) => words.test(wordsOf(message))) ? true : null;
}

/** Who is told that the situation changed meanwhile, or nothing at all, presses again. */
async function pressUntilTaken(demo: Demo, channel: Channel, card: Card | null) {
  let click: Delivery | null = null;
  let clickedAtMs = Date.now();
  for (let presses = 1; card !== null && presses <= PRESSES_MAX; presses += 1) {
    clickedAtMs = Date.now();
    click = await pressButton(channel, card);
    const answer = await until(ANSWER_MS_MAX, async () => {
      if ((await target(demo))?.run) return 'taken';
      return (await channel.notes(PERSON)).length >= presses ? 'refused' : null;
    });
    if (answer === 'taken') break;
  }
  return { click, clickedAtMs };
}

/** Presses the button and sends the form that it opens, as a person would who changes nothing in it. */
async function pressButton(channel: Channel, card: Card): Promise<Delivery | null> {
  const pressed = await channel.press(PERSON, card, card.actionId, card.value);
  if (card.actionId.startsWith('run:')) return pressed;
  const form = await until(ANSWER_MS_MAX, async () => {
    const open = await channel.form(PERSON);
    return open === null || open.submit === null ? null : open;
  });
  return form === null ? null : channel.send(PERSON, form);
}

/** From the chunks: the very samples that the rules judged. */
async function firstOver(demo: Demo, sinceMs: number): Promise<number | null> {
  const { loop } = demo;
  const records = (await loop.stores.chunks.since(0, sinceMs, Date.now())).get(DEMO_TARGET) ?? [];
  const share = loop.settings.config.rules.level.warningAtShare;
  const over = records.find(
    (record) => record.kind !== 'unreadable' && record.connected >= record.connectionsMax * share,
  );
  if (over !== undefined) return over.atMs;
  // The detector was faster than the bound: then the sample that raised it counts.
  const openedAtMs = (await target(demo))?.incident?.openedAtMs ?? Number.POSITIVE_INFINITY;
  return records.findLast((record) => record.atMs <= openedAtMs)?.atMs ?? null;
}

async function target({ loop }: Demo): Promise<TargetState | null> {
  return (await loop.stores.targets.read(DEMO_TARGET))?.value ?? null;
}

async function endedRun(demo: Demo): Promise<Run | null> {
  const runId = (await target(demo))?.run?.runId;
  const run = runId === undefined ? null : (await demo.loop.stores.runs.read(runId))?.value;
  return run?.phase === 'ended' ? run : null;
}

async function judgedTarget(demo: Demo, runId: string): Promise<TargetState | null> {
  const state = await target(demo);
  return state?.run?.runId === runId && state.run.phase === 'judged' ? state : null;
}
