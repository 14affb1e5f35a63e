import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runIdOf } from '../../functions/core/act/case.ts';
import type { ConfigInput } from '../../functions/core/config/config.ts';
import type { ApproveRequest } from '../../functions/core/model/request.ts';
import { noticeOf } from '../../functions/core/notify/notice-of.ts';
import { decideRequest } from '../../functions/flows/act.ts';
import { keepTimeline } from '../../functions/flows/keep-timeline.ts';
import { notifyTarget } from '../../functions/flows/notify.ts';
import { MINUTE_MS, NIGHT_MS, restartWorkers, runRequest, settings } from '../support/builders.ts';
import { configRunbooks } from '../support/config-runbooks.ts';
import { flowStage } from './support/flow-stage.ts';

type Stage = ReturnType<typeof flowStage>;
const ids = ['U0FIRST', 'U0SECOND', 'U0THIRD', 'U0FOURTH'];
const people = ids.map((slackUserId) => ({ slackUserId, name: slackUserId }));
const asks = (approvers: number): Partial<ConfigInput> => ({
  people,
  runbooks: { 'restart-workers': { approval: { approvers } } },
});

async function asked(stage: Stage) {
  const record = await stage.put(runRequest(await stage.open()));
  await stage.decide(record.id);
  const notice = noticeOf(await stage.target(), stage.deps.settings);
  if (notice?.controls.approve == null) throw new Error('it does not wait');
  return { runId: runIdOf(record.id), approve: notice.controls.approve as ApproveRequest };
}

const decisionOf = async (stage: Stage, id: string) => (await stage.stores.requests.read(id))?.value.decision;

describe('two people who have to agree', () => {
  it('press one after the other, on the very card that the first one saw, and nothing runs before the second', async () => {
    const stage = flowStage(settings(asks(2)));
    const { runId, approve } = await asked(stage);
    const [first, again, second] = [
      await stage.put(approve, 'U0SECOND', 2),
      await stage.put(approve, 'U0SECOND', 3),
      await stage.put(approve, 'U0THIRD', 4),
    ];
    expect(await stage.decide(first.id)).toBe('permitted');
    await stage.advance(runId);
    expect(stage.commands.taken).toEqual([]);
    expect(await stage.decide(again.id)).toBe('refused');
    expect(await decisionOf(stage, again.id)).toMatchObject({ reason: 'alreadyAgreed' });
    expect(await stage.decide(second.id)).toBe('permitted');
    expect((await stage.stores.runs.read(runId))?.value).toMatchObject({
      byUserId: 'U0FIRST',
      approvedBy: 'U0THIRD',
      agreedBy: ['U0SECOND', 'U0THIRD'],
    });
    await stage.notify();
    await keepTimeline(stage.deps, 'orders-db');
    const { entries } = await stage.stores.timeline.read('inc-a1b2c3d4e5', 50);
    expect(entries.filter(({ what }) => what === 'agreed')).toMatchObject([
      { byUserId: 'U0SECOND', text: 'agreed to "Restart workers", 1 of 2' },
    ]);
    expect(entries.find(({ what }) => what === 'started')?.text).toMatch(
      /agreed to by ⟦user:U0SECOND⟧ and ⟦user:U0THIRD⟧/,
    );
  });

  it('may press at the same moment, and each yes counts once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const stage = flowStage(settings(asks(2)));
        const { runId, approve } = await asked(stage);
        const records = await Promise.all(
          ['U0SECOND', 'U0THIRD', 'U0FOURTH'].map((userId, at) => stage.put(approve, userId, at + 2)),
        );
        const targets = {
          ...stage.stores.targets,
          read: async (id: string) => {
            await scheduler.schedule(Promise.resolve());
            return stage.stores.targets.read(id);
          },
          write: async (...args: Parameters<typeof stage.stores.targets.write>) => {
            await scheduler.schedule(Promise.resolve());
            return stage.stores.targets.write(...args);
          },
        };
        const deps = { ...stage.deps, stores: { ...stage.stores, targets } };
        await scheduler.waitFor(Promise.all(records.map(({ id }) => decideRequest(deps, id))));
        const run = (await stage.stores.runs.read(runId))?.value;
        expect(new Set(run?.agreedBy).size).toBe(2);
        const decisions = await Promise.all(records.map(({ id }) => decisionOf(stage, id)));
        const agreed = records.filter((_, at) => decisions[at]?.kind === 'permitted').map(({ by }) => by.userId);
        expect(agreed.toSorted()).toEqual(run?.agreedBy?.toSorted());
        await stage.advance(runId);
        await stage.advance(runId);
        expect(stage.commands.taken).toHaveLength(2);
      }),
      { numRuns: 30 },
    );
  });

  it('are asked anew when one of them has lost the right since', async () => {
    const stage = flowStage(settings(asks(2)));
    const { runId, approve } = await asked(stage);
    const [first, second, third] = [
      await stage.put(approve, 'U0SECOND', 2),
      await stage.put(approve, 'U0THIRD', 3),
      await stage.put(approve, 'U0FOURTH', 4),
    ];
    await stage.decide(first.id);
    const fewer = { ...asks(2), people: people.filter(({ slackUserId }) => slackUserId !== 'U0SECOND') };
    const deps = { ...stage.deps, settings: settings(fewer) };
    expect(await decideRequest(deps, second.id)).toBe('permitted');
    expect((await stage.target()).run).toMatchObject({
      phase: 'awaiting',
      waiting: { agreed: [{ userId: 'U0THIRD' }] },
    });
    expect(await decideRequest(deps, third.id)).toBe('permitted');
    expect((await stage.stores.runs.read(runId))?.value.agreedBy).toEqual(['U0THIRD', 'U0FOURTH']);
  });
});

const topicArn = 'arn:aws:sns:eu-central-1:000000000000:pages';
const ownTopicArn = 'arn:aws:sns:eu-central-1:000000000000:own';

/** U0FIRST starts alone what a second person would have to agree to. */
async function alone(config: Partial<ConfigInput> = {}, change: Parameters<Stage['open']>[0] = {}) {
  const stage = flowStage(settings({ ...asks(1), breakGlass: ['U0FIRST'], reminder: { off: true }, ...config }));
  const wish = runRequest(await stage.open(change), { breakGlass: 'nobody answers' });
  const record = await stage.put(wish);
  await stage.decide(record.id);
  const pages: { readonly topic: string; readonly subject: string; readonly body: string }[] = [];
  let isDown = false;
  const page = async (topic: string, subject: string, body: string) => {
    if (isDown) return 'failed' as const;
    pages.push({ topic, subject, body });
    return 'sent' as const;
  };
  const tell = () => notifyTarget({ ...stage.deps, pager: { page }, ownTopicArn }, 'orders-db');
  return { stage, runId: runIdOf(record.id), pages, tell, topicIsDown: (down: boolean) => (isDown = down) };
}

describe('broken glass', () => {
  it('is heard by everybody: card, thread, timeline and page topic, each with the reason', async () => {
    const { stage, runId, pages, tell } = await alone({ page: { topicArn } });
    for (let look = 0; look < 3; look += 1) await tell();
    await stage.advance(runId);
    expect(stage.commands.taken.length).toBeGreaterThan(0);
    expect(noticeOf(await stage.target(), stage.deps.settings)?.run?.brokenGlass).toBe('nobody answers');
    const [message] = stage.board.messages;
    expect(message?.replies.join('\n')).toMatch(/🚨 ⟦user:U0FIRST⟧ started .* alone .*: nobody answers\./);
    const glass = pages.filter(({ subject }) => subject.includes('without a second person'));
    expect(glass).toMatchObject([{ topic: topicArn, body: expect.stringContaining('Why: nobody answers') }]);
    expect(glass[0]?.body).toContain('@U0FIRST');
    expect(pages.map(({ subject }) => subject)).toContain('Runbell: orders-db is running out of connections');
    await keepTimeline(stage.deps, 'orders-db');
    const { entries } = await stage.stores.timeline.read('inc-a1b2c3d4e5', 50);
    expect(entries.find(({ what }) => what === 'started')).toMatchObject({
      why: 'brokenGlass',
      text: expect.stringContaining('nobody answers'),
    });
    expect(entries.filter(({ what, why }) => what === 'paged' && why === 'brokenGlass')).toHaveLength(1);
  });

  it.each([
    ['in a silence', { silence: { untilMs: NIGHT_MS + 60 * MINUTE_MS, byUserId: 'U0FIRST', why: 'quiet' } }],
    ['where no page is configured', {}],
  ])("is paged %s, by the stack's own topic", async (_, change) => {
    const { pages, tell } = await alone({}, change);
    await tell();
    await tell();
    expect(pages).toMatchObject([{ topic: ownTopicArn, subject: expect.stringContaining('without a second person') }]);
  });

  it('is paged again each minute until the topic has it', async () => {
    const { stage, pages, tell, topicIsDown } = await alone({ page: { topicArn } });
    topicIsDown(true);
    await tell();
    topicIsDown(false);
    expect(pages).toEqual([]);
    expect((await stage.target()).wakeAtMs).toBeLessThanOrEqual(stage.clock.nowMs());
    expect((await stage.sweep()).targets).toEqual(['orders-db']);
    await tell();
    expect(pages.filter(({ subject }) => subject.includes('without a second person'))).toHaveLength(1);
  });
});

describe('observe mode', () => {
  const dryRun = { name: 'DryRun', from: 'run.dryRun', description: 'yes: only say', pattern: '^(yes|no)$' } as const;
  const cure = restartWorkers();
  const triable = { ...cure, manifest: { ...cure.manifest, parameters: [...cure.manifest.parameters, dryRun] } };
  const using = (change: Partial<ConfigInput>) => settings(change, [triable, ...configRunbooks()]);

  it('lets the whole way to the host be gone, and only a try arrives', async () => {
    const stage = flowStage(using({ observe: true }));
    const record = await stage.put(runRequest(await stage.open()));
    await stage.decide(record.id);
    for (let look = 0; look < 3; look += 1) await stage.advance(runIdOf(record.id));
    expect(stage.commands.taken.map(({ order }) => order.parameters['DryRun'])).toEqual(['yes', 'yes']);
    expect((await stage.target()).run).toMatchObject({ dryRun: true, phase: 'judged', outcome: null });
    expect((await stage.stores.applications.read('orders'))?.value).toMatchObject({ lock: null, attempts: [] });
    await stage.notify();
    expect(stage.board.messages[0]?.replies.join('\n')).toContain('without changing anything');
  });

  it('stops a run that began before it was switched on, before its next host', async () => {
    const slow = () => ({ runsForMs: 60_000, output: '' });
    const stage = flowStage(using({}), slow);
    const record = await stage.put(runRequest(await stage.open()));
    await stage.decide(record.id);
    await stage.advance(runIdOf(record.id));
    expect(stage.commands.taken).toHaveLength(1);
    Object.assign(stage.deps, { settings: using({ observe: true }) });
    const run = await stage.stores.runs.read(runIdOf(record.id));
    if (run === null) throw new Error('no run');
    // As if the first host had ended well.
    const [first, ...rest] = run.value.hosts;
    const done = { ...first, phase: 'ended', ending: { kind: 'done' }, endedAtMs: stage.clock.nowMs() } as typeof first;
    const hosts = done === undefined ? rest : [done, ...rest];
    await stage.stores.runs.write(runIdOf(record.id), { ...run.value, hosts }, run.revision);
    await stage.advance(runIdOf(record.id));
    expect(stage.commands.taken).toHaveLength(1);
    expect((await stage.target()).run?.stop).toMatchObject({ why: 'observing' });
  });

  it('lets Runbell itself keep nothing on a host', async () => {
    const stage = flowStage(using({ observe: true }));
    await stage.sweep();
    await stage.clock.sleep(24 * 60 * MINUTE_MS);
    await stage.sweep();
    expect(await stage.stores.open.dueIds('run', Number.MAX_SAFE_INTEGER)).toEqual([]);
  });

  it('is said by the status', async () => {
    const stage = flowStage(using({ observe: true }));
    const record = await stage.put({ kind: 'tell', what: { kind: 'status' } });
    await stage.decide(record.id);
    expect(await decisionOf(stage, record.id)).toMatchObject({
      says: expect.stringContaining('Observe mode, nothing is changed on a host: orders'),
    });
  });
});
