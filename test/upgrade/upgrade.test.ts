import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { withExplanation } from '../../functions/core/evaluate/explain.ts';
import { advanceTarget } from '../../functions/core/incident/advance-target.ts';
import { figuresOf } from '../../functions/core/incident/figures.ts';
import type { ApplicationState } from '../../functions/core/model/application.ts';
import type { RequestRecord } from '../../functions/core/model/decision.ts';
import type { Run } from '../../functions/core/model/run.ts';
import type { TargetState } from '../../functions/core/model/target.ts';
import type { CommandRunner } from '../../functions/core/ports.ts';
import { parseStored } from '../../functions/core/store/item.ts';
import type { EntityValues } from '../../functions/core/store/markers.ts';
import { advanceRun } from '../../functions/flows/advance-run.ts';
import { DONE, flowStage } from '../flows/support/flow-stage.ts';
import { aReading } from '../flows/support/watch-stage.ts';
import { interactStage } from '../interact/interact-stage.ts';
import { blockActions, form, signedEvent } from '../interact/signed-request.ts';
import { MINUTE_MS, NIGHT_MS, settings } from '../support/builders.ts';

interface Button {
  readonly actionId: string;
  readonly value: string;
}

interface Former {
  readonly items: {
    readonly 'targets:orders-db': TargetState;
    readonly 'runs:run-0000000000000001'?: Run;
    readonly 'applications:orders'?: ApplicationState;
  } & Readonly<Record<`requests:${string}`, RequestRecord>>;
  readonly buttons: readonly Button[];
}

const FORMER = ['first-release', 'before-schedules'] as const;
const RUN = 'run-0000000000000001';

function formerOf(name: (typeof FORMER)[number]) {
  return JSON.parse(readFileSync(new URL(`${name}.json`, import.meta.url), 'utf8')) as {
    readonly open: Former;
    readonly running: Former;
  };
}

/** This version, deployed over what that one left. */
async function upgraded(former: Former) {
  const stage = flowStage(settings());
  const { items } = former;
  // As the table gives it: by the reader of stored items.
  const read = <K extends 'target' | 'run' | 'application'>(entity: K, id: string, value: EntityValues[K]) =>
    parseStored(entity, id, JSON.stringify(value));
  await stage.stores.targets.write('orders-db', read('target', 'orders-db', items['targets:orders-db']), null);
  const run = items[`runs:${RUN}`];
  const application = items['applications:orders'];
  if (run !== undefined) await stage.stores.runs.write(RUN, read('run', RUN, run), null);
  if (application !== undefined)
    await stage.stores.applications.write('orders', read('application', 'orders', application), null);
  // Its card stands in the channel.
  const { notice, incident } = items['targets:orders-db'];
  if (notice.message === null || incident === null) throw new Error('the former version had drawn a card');
  const card = {
    ref: notice.message,
    incidentId: incident.id,
    postedAtMs: NIGHT_MS,
    isSecond: false,
    notices: [],
    replies: [],
    loud: [],
  };
  stage.board.messages.push(card);
  await stage.clock.sleep(MINUTE_MS);
  return { ...stage, card };
}

type Stage = Awaited<ReturnType<typeof upgraded>>;

/** A press of a button that the former version had drawn, as Slack sends it. */
async function press(stage: Stage, { actionId, value }: Button) {
  const interact = interactStage();
  const { channel, ts } = stage.card.ref;
  const payload = blockActions(
    undefined,
    {
      user: { id: 'U0FIRST', team_id: 'T0TEAM' },
      team: { id: 'T0TEAM' },
      channel: { id: channel },
      container: { type: 'message', message_ts: ts, channel_id: channel },
    },
    { action_id: actionId, value },
  );
  const answer = await interact.handle(signedEvent({ body: form(payload) }));
  const [record] = interact.requests.records;
  if (record !== undefined) {
    await stage.stores.requests.write(record.id, { ...record, receivedAtMs: stage.clock.nowMs() }, null);
    await stage.decide(record.id);
    await stage.answer(record.id);
    await stage.notify();
  }
  const decision =
    record === undefined ? null : ((await stage.stores.requests.read(record.id))?.value.decision ?? null);
  return { statusCode: answer.statusCode, forms: interact.forms.opened, decision };
}

describe.each(FORMER)('an upgrade over what %s left', (name) => {
  const { open, running } = formerOf(name);

  it('goes on with the same card, and posts no second one', async () => {
    const stage = await upgraded(open);
    const current = await stage.stores.targets.read('orders-db');
    if (current === null) throw new Error('no target');
    const acknowledgement = { userId: 'U0FIRST', atMs: stage.clock.nowMs() };
    const owed = { ...current.value.notice, owedVersion: current.value.notice.owedVersion + 1 };
    await stage.stores.targets.write(
      'orders-db',
      { ...current.value, acknowledgement, notice: owed },
      current.revision,
    );
    await stage.sweep();
    expect(await stage.notify()).toBe('told');
    expect(stage.board.messages).toHaveLength(1);
    expect(stage.card.notices).toHaveLength(1);
  });

  it.each([
    ['open', open.buttons],
    ['running', running.buttons],
  ] as const)('answers every button of a card that was %s', async (which, buttons) => {
    expect(buttons.length).toBeGreaterThan(0);
    for (const button of buttons) {
      const stage = await upgraded(which === 'open' ? open : running);
      const { statusCode, forms, decision } = await press(stage, button);
      expect([button.actionId, statusCode]).toEqual([button.actionId, 200]);
      // A form comes up, or it is done and on the card, or the person is told why not.
      const isSeen = forms.length > 0 || stage.card.notices.length > 0 || stage.board.whispers.length > 0;
      expect([button.actionId, decision, isSeen]).toEqual([button.actionId, decision, true]);
    }
  });

  it('still runs what its button showed, where nothing has changed', async () => {
    const stage = await upgraded(open);
    const button = open.buttons.find(({ actionId }) => /^(run|ask):restart-workers/.test(actionId));
    if (button === undefined) throw new Error('the card had a button to restart the workers');
    const { forms, decision } = await press(stage, button);
    if (forms.length > 0) expect(decision).toMatchObject({ kind: 'permitted', shows: { kind: 'run' } });
    else expect(decision).toMatchObject({ kind: 'permitted', runId: expect.stringMatching(/^run-/) });
  });

  it('brings a run that was under way to its end, host by host, and its incident too', async () => {
    const stage = await upgraded(running);
    const look: CommandRunner['look'] = async () => ({
      kind: 'ended',
      status: 'Success',
      exitCode: 0,
      output: DONE,
      ranForMs: null,
    });
    const commands: CommandRunner = {
      send: (order) => stage.commands.send(order),
      find: (order, sinceMs) => stage.commands.find(order, sinceMs),
      cancel: (commandId, hostId) => stage.commands.cancel(commandId, hostId),
      look,
    };
    for (let step = 0; step < 6; step += 1) {
      await stage.clock.sleep(30_000);
      await advanceRun({ ...stage.deps, commands }, RUN);
    }
    const run = (await stage.stores.runs.read(RUN))?.value;
    expect(run).toMatchObject({ phase: 'ended', hosts: [{ phase: 'ended' }, { phase: 'ended' }] });
    expect((await stage.stores.applications.read('orders'))?.value.lock).toBeNull();
    expect(await stage.target()).toMatchObject({ run: { phase: 'verifying' } });
    await stage.notify();
    expect(stage.board.messages).toHaveLength(1);
  });

  it('resolves an incident that was open', async () => {
    const stage = await upgraded(open);
    const current = await stage.stores.targets.read('orders-db');
    if (current === null) throw new Error('no target');
    let state: TargetState = current.value;
    const nowMs = stage.clock.nowMs();
    const verdict = withExplanation({ kind: 'healthy' }, { causes: [], culprit: null, doubts: 0, looks: [] });
    const figures = figuresOf(state.figures, aReading(nowMs, 5), []);
    const advanced = advanceTarget({
      state,
      verdict,
      figures,
      records: [],
      holders: null,
      nowMs,
      newId: 'inc-new',
      settings: stage.deps.settings,
    });
    if (advanced.kind === 'write') state = advanced.state;
    expect(state.incident?.resolvedAtMs).toBe(nowMs);
    expect(state.notice.owedVersion).toBeGreaterThan(current.value.notice.owedVersion);
  });
});
