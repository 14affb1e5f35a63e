import { describe, expect, it } from 'vitest';
import { type BoardTrouble, refusal } from '../fakes/recording-notice-board.ts';
import { runRequest, troubled } from '../support/builders.ts';
import { flowStage } from './support/flow-stage.ts';

const STATUS = { kind: 'tell', what: { kind: 'status' } } as const;
const DETAILS = {
  kind: 'details',
  targetId: 'orders-db',
  of: null,
  viewId: 'V0OPEN C0ALERTS 1795402800.000100',
} as const;
const busy = (untilMs: number): BoardTrouble => ({ kind: 'later', notBeforeMs: untilMs, why: 'rate limited' });
const silent: BoardTrouble = { kind: 'unclear', why: 'no answer to chat.postEphemeral', written: false };

/** A decided request whose answer is owed, and time that passes as the stream and the sweep see it. */
async function asked(request: Parameters<ReturnType<typeof flowStage>['put']>[0] = STATUS, userId = 'U0FIRST') {
  const stage = flowStage();
  await stage.open();
  const { id } = await stage.put(request, userId);
  await stage.decide(id);
  return {
    stage,
    id,
    record: async () => (await stage.stores.requests.read(id))?.value,
    async pass(seconds: number) {
      for (let second = 0; second < seconds; second += 1) {
        await stage.answer(id);
        await stage.clock.sleep(1000);
        if (second % 60 === 0) await stage.sweep();
      }
    },
  };
}

describe('a private answer that Slack does not take at once', () => {
  it('waits for as long as Slack asks, and is told then, once', async () => {
    const { stage, record, pass } = await asked();
    stage.board.fail('whisper', busy(stage.clock.nowMs() + 30_000));
    await pass(29);
    expect(stage.board.calls).toEqual(['whisper']);
    await pass(60);
    expect(stage.board.whispers).toHaveLength(1);
    expect(await record()).toMatchObject({ answerOwed: false });
  });

  it.each<[string, BoardTrouble]>([
    ['does not answer', silent],
    ['refuses the token', refusal('invalid_auth', 'app')],
  ])('outlasts ten minutes in which Slack %s, without calling it all the time', async (_, trouble) => {
    const { stage, pass } = await asked();
    stage.board.fail('any', trouble, 9999);
    await pass(600);
    expect(stage.board.calls.length).toBeLessThan(30);
    stage.board.heal();
    await pass(120);
    expect(stage.board.whispers).toHaveLength(1);
  });

  it('fills a form that is still open ten minutes later', async () => {
    const { stage, pass } = await asked(DETAILS);
    stage.board.fail('any', silent, 9999);
    await pass(600);
    stage.board.heal();
    await pass(120);
    expect(stage.board.filled).toHaveLength(1);
  });
});

describe('a private answer that cannot be shown where it was asked', () => {
  const stranger = async () => {
    const told = await asked(runRequest(troubled()), 'U0STRANGER');
    expect((await told.record())?.decision).toMatchObject({ kind: 'refused', reason: 'notAllowed' });
    return told;
  };

  it('is told by a direct message where the person or the bot is not in the channel', async () => {
    const { stage, pass } = await stranger();
    stage.board.members = ['U0FIRST'];
    await pass(5);
    expect(stage.board.calls).toEqual(['whisper', 'direct']);
    expect(stage.board.directs).toMatchObject([{ userId: 'U0STRANGER', text: expect.stringContaining('not on') }]);
  });

  it('is named as lost, in the log and in the timeline, where nothing can reach the person', async () => {
    const { stage, id, pass, record } = await stranger();
    stage.board.members = [];
    stage.board.fail('direct', refusal('messages_tab_disabled', 'place'));
    const lost: object[] = [];
    const error = (event: string, fields: object) => {
      if (event === 'answerLost') lost.push(fields);
    };
    Object.assign(stage.deps.log, { error });
    await pass(5);
    expect(stage.board.calls).toEqual(['whisper', 'direct']);
    expect(lost).toMatchObject([{ request: id, user: 'U0STRANGER', why: expect.stringContaining('messages_tab') }]);
    expect(await record()).toMatchObject({ answerOwed: false });
    const { entries } = await stage.stores.timeline.read('inc-a1b2c3d4e5', 9);
    expect(entries.map(({ what, why }) => [what, why])).toContainEqual(['unanswered', 'answerLost']);
  });

  it('is given up by name after an hour, and not before', async () => {
    const { stage, pass, record } = await stranger();
    stage.board.fail('any', silent, 9999);
    await pass(58 * 60);
    expect(await record()).toMatchObject({ answerOwed: true });
    await pass(4 * 60);
    expect(await record()).toMatchObject({ answerOwed: false, lastProblem: silent.why });
    const { length } = stage.board.calls;
    await pass(10 * 60);
    expect(stage.board.calls).toHaveLength(length);
  });

  it('leaves the person in peace who closed the form', async () => {
    const { stage, pass, record } = await asked(DETAILS);
    stage.board.closedForms.add(DETAILS.viewId);
    await pass(5);
    expect([stage.board.whispers, stage.board.directs]).toEqual([[], []]);
    expect(await record()).toMatchObject({ answerOwed: false });
  });

  it('says in a note that the form never came up, or that it cannot be drawn', async () => {
    const problems = [refusal('form_not_opened', 'gone'), refusal('invalid_arguments', 'content')];
    for (const problem of problems) {
      const { stage, pass } = await asked(DETAILS);
      stage.board.fail('fill', problem);
      await pass(5);
      expect(stage.board.whispers).toMatchObject([{ text: `${problem.sentence} Nothing was started.` }]);
    }
  });
});
