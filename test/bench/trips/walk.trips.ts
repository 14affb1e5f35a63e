import { readFileSync } from 'node:fs';
import { WebClient } from '@slack/web-api';
import { expect, it } from 'vitest';
import { SlackNoticeBoard } from '../../../functions/adapters/slack/slack-notice-board.ts';
import { runRequestOf } from '../../../functions/core/act/offers.ts';
import { decideRequest } from '../../../functions/flows/act.ts';
import { advanceRun } from '../../../functions/flows/advance-run.ts';
import { notifyTarget } from '../../../functions/flows/notify.ts';
import { notifyRequest } from '../../../functions/flows/notify-request.ts';
import { ScriptedCommandRunner } from '../../fakes/scripted-command-runner.ts';
import { DONE } from '../../flows/support/flow-stage.ts';
import { aReading, watchStage } from '../../flows/support/watch-stage.ts';
import { MINUTE_MS, requestRecord } from '../../support/builders.ts';
import type { Footsteps } from './instrument.ts';

interface Trip {
  readonly files: ReadonlySet<string>;
  /** Whenever the next function that runs stands in another file than the one before. */
  readonly moves: number;
  /** Of these, to a file that was visited before. */
  readonly returns: number;
}

declare global {
  var __footsteps: Footsteps | undefined;
}

async function walked(step: () => Promise<unknown>): Promise<Trip> {
  const files = new Set<string>();
  const count = { moves: 0, returns: 0 };
  let here: string | null = null;
  globalThis.__footsteps = {
    enter: (file) => {
      if (here !== null && here !== file) {
        count.moves += 1;
        if (files.has(file)) count.returns += 1;
      }
      files.add(file);
      here = file;
    },
  };
  await step();
  globalThis.__footsteps = undefined;
  return { files, ...count };
}

const USER = 'U0FIRST';

/** Slack's own client over a channel that takes everything. */
class AnsweringClient extends WebClient {
  override async apiCall() {
    return { ok: true, channel: 'C0ALERTS', ts: '1795410303.000200' };
  }
}

/** The flows with Slack's own client, whose calls are answered here, and hosts that do what they are told. */
function stage() {
  const load = { connected: 10 };
  const watch = watchStage({}, (_id, atMs) => aReading(atMs, load.connected));
  const client = new AnsweringClient('unused');
  const clock = { nowMs: watch.nowMs };
  const commands = new ScriptedCommandRunner({ ...clock, documents: null, play: () => ({ output: DONE }) });
  const deps = {
    ...watch.deps,
    stores: watch.stores,
    board: new SlackNoticeBoard(client, clock),
    pager: { page: async () => 'sent' as const },
    commands,
    watch: { watchNow: async () => undefined },
    directory: { members: async () => 'unknown' as const, kindOf: async () => 'member' as const },
    maySend: true,
    scheduled: new Set<string>(),
  };
  const minute = async () => {
    watch.goTo(watch.nowMs() + MINUTE_MS);
    await watch.tick();
  };
  return { load, watch, deps, minute, notify: () => notifyTarget(deps, 'orders-db') };
}

async function untilOpen({ load, watch, minute }: ReturnType<typeof stage>): Promise<Trip> {
  load.connected = 95;
  for (let minutes = 0; minutes < 20; minutes += 1) {
    const trip = await walked(minute);
    if ((await watch.state())?.incident) return trip;
  }
  throw new Error('no incident was opened');
}

async function calm({ minute }: ReturnType<typeof stage>, minutes = 10): Promise<void> {
  for (let at = 0; at < minutes; at += 1) await minute();
}

async function fromClickToOutcome(at: ReturnType<typeof stage>): Promise<void> {
  const { deps, watch, load, minute, notify } = at;
  const [state, application, entry] = [
    await watch.state(),
    deps.settings.config.applications[0],
    deps.settings.catalogue[0],
  ];
  if (state === null || application === undefined || entry === undefined) throw new Error('nothing can be pressed');
  const id = 'c'.repeat(64);
  const by = { userId: USER, teamId: 'T0TEAM', kind: 'member' } as const;
  const request = runRequestOf(state, application, entry);
  await deps.stores.requests.write(id, requestRecord(request, { id, by, receivedAtMs: watch.nowMs() }), null);
  await decideRequest(deps, id);
  await notifyRequest(deps, id);
  await notify();
  for (let step = 0; step < 20; step += 1) {
    await advanceRun(deps, `run-${id.slice(0, 16)}`);
    watch.goTo(watch.nowMs() + 5000);
  }
  load.connected = 10;
  for (let minutes = 0; minutes < 8; minutes += 1) {
    await minute();
    await notify();
  }
}

function row(name: string, { files, moves, returns }: Trip): string {
  const lines = [...files].reduce((sum, file) => sum + readFileSync(file, 'utf8').split('\n').length - 1, 0);
  return `| ${name} | ${files.size} | ${lines} | ${moves} | ${returns} |`;
}

it('walks from a sample to a card and from a click to an outcome', async () => {
  const warm = stage();
  await calm(warm);
  const calmTick = await walked(warm.minute);
  const opening = await untilOpen(warm);
  const card = await walked(warm.notify);
  const sampleToCard = {
    files: new Set([...opening.files, ...card.files]),
    moves: opening.moves + card.moves,
    returns: opening.returns + card.returns,
  };
  const click = await walked(() => fromClickToOutcome(warm));
  const outcome = (await warm.watch.state())?.run?.outcome;
  process.stdout.write(
    `\n| trip | files | lines in them | moves between files | of those, returns |\n| --- | --- | --- | --- | --- |\n${[
      row('one warm calm tick, one target', calmTick),
      row('the tick that opens an incident', opening),
      row('state to card', card),
      row('sample to card', sampleToCard),
      row('click to outcome on the card', click),
    ].join('\n')}\n`,
  );
  expect(outcome?.kind).toBe('recovered');
});
