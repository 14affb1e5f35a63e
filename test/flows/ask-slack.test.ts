import { describe, expect, it } from 'vitest';
import type { NotNow } from '../../functions/core/model/board-answer.ts';
import { decideRequest } from '../../functions/flows/act.ts';
import { runRequest, settings, troubled } from '../support/builders.ts';
import { flowStage } from './support/flow-stage.ts';

const GROUP = 'S0DBA00001';
const using = settings({ people: [], userGroups: [{ slackGroupId: GROUP, name: 'DBAs' }] });

/** A click of somebody whom only Slack can name as one who may, while Slack says what a test lets it say. */
async function clicked() {
  const stage = flowStage(using);
  const state = await stage.open(troubled(using));
  let trouble: 'busy' | 'silent' | null = null;
  const asked: number[] = [];
  const say = <T>(answer: T): T | NotNow => {
    asked.push(stage.clock.nowMs());
    if (trouble === null) return answer;
    return { kind: 'later', notBeforeMs: stage.clock.nowMs() + (trouble === 'busy' ? 20_000 : 5000), why: trouble };
  };
  const directory = { members: async () => say(['U0FIRST']), kindOf: async () => say('member' as const) };
  const { id } = await stage.put(runRequest(state));
  const record = async () => (await stage.stores.requests.read(id))?.value;
  return {
    asked,
    record,
    is: (now: typeof trouble) => {
      trouble = now;
    },
    async pass(seconds: number) {
      for (let second = 0; second < seconds; second += 1) {
        await decideRequest({ ...stage.deps, directory }, id);
        await stage.clock.sleep(1000);
      }
    },
  };
}

describe('a click that only Slack can say yes to', () => {
  it('is not refused because Slack asked to wait: it is decided when Slack has said who that is', async () => {
    const click = await clicked();
    click.is('busy');
    await click.pass(1);
    expect(await click.record()).toMatchObject({ decision: null, lastProblem: 'busy' });
    click.is(null);
    await click.pass(19);
    expect(click.asked.length).toBeLessThanOrEqual(2);
    await click.pass(2);
    expect((await click.record())?.decision).toMatchObject({ kind: 'permitted' });
  });

  it('is refused by name when Slack has said nothing for two minutes', async () => {
    const click = await clicked();
    click.is('silent');
    await click.pass(115);
    expect(await click.record()).toMatchObject({ decision: null });
    await click.pass(10);
    expect((await click.record())?.decision).toMatchObject({ kind: 'refused', reason: 'unknownPerson' });
    expect((await click.record())?.notBeforeMs).toBeUndefined();
  });
});
