import { describe, expect, it } from 'vitest';
import { runRequestOf } from '../../functions/core/act/offers.ts';
import type { DetailsRequest } from '../../functions/core/model/request.ts';
import type { CommandPlay } from '../fakes/scripted-command-runner.ts';
import { restartWorkers, settings } from '../support/builders.ts';
import { configRunbooks } from '../support/config-runbooks.ts';
import { flowStage } from './support/flow-stage.ts';

const HOST = 'i-0000000000000001';
const LOOK = 'beside-0000000000000001';
const using = settings({}, [restartWorkers(), ...configRunbooks()]);
const said = (ending: string, reason: string, lines: readonly string[]) => JSON.stringify({ ending, reason, lines });

function stageOf(play: CommandPlay) {
  const stage = flowStage(using, () => play);
  return {
    ...stage,
    /** Somebody presses the button of this runbook, and its form is open. */
    async ask(runbookId = 'rollback-config') {
      const state = await stage.open();
      const entry = using.catalogue.find(({ manifest }) => manifest.id === runbookId);
      const [application] = using.config.applications;
      if (entry === undefined || application === undefined) throw new Error(`no ${runbookId}`);
      const of = runRequestOf(state, application, entry);
      const request: DetailsRequest = { kind: 'details', targetId: 'orders-db', of, viewId: 'V0OPEN' };
      return (await stage.put(request)).id;
    },
    /** What the form shows, each time that it was filled. */
    shown: () => stage.board.filled.map(({ details }) => (details.kind === 'run' ? details.preview : details)),
  };
}

describe('the form of a rollback', () => {
  it('is filled at once, and again with what would change on the first host as soon as that is known', async () => {
    const stage = stageOf({
      output: said('done', '', ['version 3:', '.env: 1 lines would come back']),
      runsForMs: 30_000,
    });
    const id = await stage.ask();
    await stage.decide(id);
    await stage.answer(id);
    expect(stage.shown()).toEqual([{ kind: 'reading', hostId: HOST }]);

    await stage.advance(LOOK);
    await stage.clock.sleep(30_000);
    await stage.advance(LOOK);
    expect(await stage.answer(id)).toBe('told');
    const read = { kind: 'read', hostId: HOST, lines: ['version 3:', '.env: 1 lines would come back'] };
    expect(stage.shown()).toEqual([{ kind: 'reading', hostId: HOST }, read]);
    expect(stage.commands.taken.map(({ order }) => order.documentName)).toEqual(['runbell-diff-config-22222222']);
    expect(await stage.answer(id)).toBe('nothingOwed');
    expect((await stage.stores.applications.read('orders'))?.value.lock ?? null).toBeNull();
    expect((await stage.target()).run).toBeNull();
  });

  it.each<[string, CommandPlay, string]>([
    [
      'refuses',
      { output: said('refused', 'no version is kept', []), status: 'Failed', exitCode: 20 },
      'no version is kept',
    ],
    ['does not answer', { runsForMs: 3_600_000 }, 'the host did not answer in time'],
    [
      'is not reached',
      { answer: { refuse: 'the agent is not running' } },
      'SSM did not take it, nothing ran: the agent is not running',
    ],
  ])('says so when the host %s, and can still be sent', async (_, play, why) => {
    const stage = stageOf(play);
    const id = await stage.ask();
    await stage.decide(id);
    await stage.advance(LOOK);
    await stage.clock.sleep(60_000);
    await stage.sweep();
    await stage.sweep();
    await stage.answer(id);
    expect(stage.shown()).toEqual([{ kind: 'failed', hostId: HOST, why }]);
    expect(stage.board.filled[0]?.details).toMatchObject({ kind: 'run', request: { runbookId: 'rollback-config' } });
  });

  it('says that nothing would change when nothing would', async () => {
    const stage = stageOf({ output: said('nothingToDo', 'version 3 has the same files', []) });
    const id = await stage.ask();
    await stage.decide(id);
    await stage.advance(LOOK);
    await stage.answer(id);
    expect(stage.shown()).toEqual([{ kind: 'read', hostId: HOST, lines: ['version 3 has the same files'] }]);
  });

  it('is looked into once, however often the click is delivered, also when the first delivery died half-way', async () => {
    const stage = stageOf({ output: said('done', '', ['x']) });
    const id = await stage.ask();
    const write = stage.stores.requests.write.bind(stage.stores.requests);
    stage.stores.requests.write = () => Promise.reject(new Error('died'));
    await expect(stage.decide(id)).rejects.toThrow('died');
    // The host may even answer before anybody has decided: then it is told with the decision or after it.
    expect(await stage.advance(LOOK)).toBe('running');
    stage.stores.requests.write = write;
    expect(await stage.decide(id)).toBe('permitted');
    expect(await stage.decide(id)).toBe('alreadyDecided');
    expect(await stage.advance(LOOK)).toBe('finished');
    await stage.answer(id);
    expect(stage.commands.taken).toHaveLength(1);
    expect(stage.shown().at(-1)).toMatchObject({ kind: 'read', lines: ['x'] });
  });

  it('is filled again when the answer came while it was being filled', async () => {
    const stage = stageOf({ output: said('done', '', ['x']) });
    const id = await stage.ask();
    await stage.decide(id);
    const fill = stage.board.fill.bind(stage.board);
    stage.board.fill = async (viewId, details) => {
      stage.board.fill = fill;
      await stage.advance(LOOK);
      return fill(viewId, details);
    };
    await stage.answer(id);
    expect(await stage.answer(id)).toBe('told');
    expect(stage.shown()).toMatchObject([{ kind: 'reading' }, { kind: 'read' }]);
  });

  it('is not looked into for a runbook that changes no configuration', async () => {
    const stage = stageOf({});
    const id = await stage.ask('restart-workers');
    await stage.decide(id);
    await stage.answer(id);
    expect([stage.shown(), await stage.stores.runs.read(LOOK)]).toEqual([[null], null]);
  });
});
