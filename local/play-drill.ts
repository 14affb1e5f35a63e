import { setTimeout as wait } from 'node:timers/promises';
import * as z from 'zod';
import type { Run } from '../functions/core/act/run.ts';
import type { TargetState } from '../functions/core/incident/target-state.ts';
import { DEMO_TARGET } from './demo/demo-config.ts';
import type { Demo } from './demo/start-demo.ts';
import { CHANNEL_NAME } from './loop.ts';

const CARD_MS_MAX = 90_000;
const FORM_MS_MAX = 20_000;
const RUN_MS_MAX = 240_000;
const OUTCOME_MS_MAX = 90_000;
const LOOK_MS = 100;
/** A few calm samples first, so that the story begins with a healthy database. */
const HEALTHY_MS = 3000;
const PERSON = 'U0ONCALL';

const messagesSchema = z.object({
  messages: z.array(
    z.object({
      ts: z.string(),
      text: z.string(),
      blocks: z.array(z.object({ elements: z.array(z.object({ action_id: z.string().optional() })).optional() })),
    }),
  ),
});
const clickSchema = z.object({ status: z.number(), ms: z.number() });
const boxes = z.object({ initial_options: z.array(z.object({ value: z.string() })).optional() });
const block = z.object({ block_id: z.string(), element: boxes.optional() });
const view = z.object({ id: z.string(), submit: z.unknown(), blocks: z.array(block) });
const viewsSchema = z.object({ views: z.array(z.object({ view })) });

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
  const startedAtMs = Date.now();
  const errors: string[] = [];
  await wait(HEALTHY_MS);
  await application.leak();

  const card = await until(CARD_MS_MAX, () => cardWithButton(demo, runbook));
  const cardAtMs = Date.now();
  if (card === null) errors.push('no card with a button came');
  const overAtMs = await firstOver(demo, startedAtMs);
  const clickedAtMs = Date.now();
  const click = card === null ? null : await pressButton(demo, card);
  if (click !== null && click.status !== 200) errors.push(`the click was answered with ${click.status}`);
  const run = click === null ? null : await until(RUN_MS_MAX, () => endedRun(demo));
  if (click !== null && run === null) errors.push('no run ended');
  for (const host of run?.hosts ?? []) {
    if (host.ending?.kind !== 'done') errors.push(`${host.hostId} ended: ${JSON.stringify(host.ending)}`);
  }
  const judged = run === null ? null : await until(OUTCOME_MS_MAX, () => judgedTarget(demo, run.runId));
  const outcome = judged?.run?.outcome ?? null;
  const told = outcome?.kind === 'recovered' ? await until(OUTCOME_MS_MAX, () => cardSays(demo, 'recovered')) : null;
  if (outcome?.kind === 'recovered' && told === null) errors.push('the card never said that it helped');
  const toldAtMs = Date.now();

  return {
    database: demo.database.kind === 'embedded' ? 'embedded' : `${demo.database.name} ${demo.database.version}`,
    detectedMs: card === null || overAtMs === null ? null : cardAtMs - overAtMs,
    clickAckMs: click?.ms ?? null,
    clickToEndedMs: run?.endedAtMs == null ? null : run.endedAtMs - clickedAtMs,
    clickToOutcomeMs: told === null ? null : toldAtMs - clickedAtMs,
    connectionsBefore: outcome?.before?.connected ?? null,
    connectionsAfter: outcome === null || outcome.kind === 'inconclusive' ? null : outcome.after.connected,
    outcome: outcome?.kind ?? null,
    cards: (await messages(loop.slack.url)).length,
    runsStarted: (await loop.commandsSent()).length,
    errors: [...errors, ...log.errors],
  };
}

async function until<T>(msMax: number, look: () => Promise<T | null>): Promise<T | null> {
  const untilMs = Date.now() + msMax;
  while (Date.now() < untilMs) {
    const seen = await look();
    if (seen !== null) return seen;
    await wait(LOOK_MS);
  }
  return null;
}

type Message = z.output<typeof messagesSchema>['messages'][number];

async function messages(url: string): Promise<readonly Message[]> {
  const answer = await fetch(`${url}/api/channels/${CHANNEL_NAME}/messages`);
  return messagesSchema.parse(await answer.json()).messages;
}

interface Card {
  readonly ts: string;
  readonly actionId: string;
  readonly value?: string;
}

async function cardWithButton({ loop }: Demo, runbook: string): Promise<Card | null> {
  for (const message of await messages(loop.slack.url)) {
    const actions = message.blocks
      .flatMap((block) => block.elements ?? [])
      .flatMap((element) => element.action_id ?? []);
    const actionId = actions.find((id) => id.startsWith(`run:${runbook}:`) || id.startsWith(`ask:${runbook}:`));
    if (actionId !== undefined) return { ts: message.ts, actionId };
    // What has no button of its own can be picked from the menu behind the buttons.
    const menu = actions.find((id) => id.startsWith('more:'));
    if (menu !== undefined) return { ts: message.ts, actionId: menu, value: runbook };
  }
  return null;
}

async function cardSays({ loop }: Demo, word: string): Promise<true | null> {
  return (await messages(loop.slack.url)).some((message) => message.text.includes(word)) ? true : null;
}

/** Presses the button and sends the form that it opens, as a person would who changes nothing in it. */
async function pressButton({ loop }: Demo, { ts, actionId, value }: Card) {
  const { url } = loop.slack;
  const pressed = clickSchema.parse(await post(url, '/api/click', { user: PERSON, ts, actionId, value }));
  if (actionId.startsWith('run:')) return pressed;
  const form = await until(FORM_MS_MAX, async () => {
    const { views } = viewsSchema.parse(await (await fetch(`${url}/api/views`)).json());
    return views.find(({ view }) => view.submit !== null)?.view ?? null;
  });
  if (form === null) throw new Error('the form of the runbook was never filled');
  const values = Object.fromEntries(
    form.blocks.map(({ block_id, element }) => [block_id, (element?.initial_options ?? []).map(({ value }) => value)]),
  );
  return clickSchema.parse(await post(url, '/api/submit', { user: PERSON, viewId: form.id, values }));
}

async function post(url: string, path: string, body: object): Promise<unknown> {
  const headers = { 'content-type': 'application/json' };
  return (await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })).json();
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
