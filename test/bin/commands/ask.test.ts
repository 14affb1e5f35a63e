import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { run as freeze } from '../../../bin/commands/freeze.ts';
import { run as runbook } from '../../../bin/commands/runbook.ts';
import { run as silence } from '../../../bin/commands/silence.ts';
import { run as status } from '../../../bin/commands/status.ts';
import { run as unfreeze } from '../../../bin/commands/unfreeze.ts';
import { run as unsilence } from '../../../bin/commands/unsilence.ts';
import { oweNotice } from '../../../functions/core/incident/owe.ts';
import { changeItem } from '../../../functions/flows/change-item.ts';
import { anIncident, aTarget } from '../../fakes/sample-state.ts';
import { RecordingConsole } from '../support/recording-console.ts';
import { ON_CALL, runningLoop, SECOND } from '../support/running-loop.ts';

let stage: Awaited<ReturnType<typeof runningLoop>>;
beforeAll(async () => {
  stage = await runningLoop();
}, 30_000);
afterAll(() => stage.stop());

type Run = typeof freeze;
const typed = async (run: Run, ...args: string[]) => {
  const io = new RecordingConsole(stage.environment);
  const code = await run([...args, '--endpoint', stage.endpoint], io);
  return { code, text: io.written.join('\n'), said: io.said.join('\n') };
};
const as = (userId: string) => ['--as', userId];

describe('freeze and unfreeze', () => {
  it('hold everything back and let it go, decided like the slash command, and kept with both names', async () => {
    expect(await typed(freeze, 'everything', '45m', 'the', 'release', ...as(SECOND))).toMatchObject({
      code: 0,
      text: expect.stringMatching(/^You froze everything\. Nothing of it runs until \d{4}-\S+Z\.$/),
    });
    expect((await typed(status)).text).toMatch(/Frozen: everything, by @U0BBBBBBB2 at .* until .*: the release/);
    expect(await typed(unfreeze, 'everything', ...as('U0STRANGER'))).toMatchObject({
      code: 1,
      text: expect.stringMatching(/^Refused \(notAllowed\): You are not on the list/),
    });
    const lifted = await typed(unfreeze, 'everything', '--json', ...as(ON_CALL));
    expect(JSON.parse(lifted.text)).toMatchObject({ decision: 'permitted', reason: null });
    await vi.waitFor(async () => {
      const { entries } = await stage.loop.stores.timeline.read('all', 50);
      expect(entries.map(({ byUserId, text }) => `${byUserId} ${text}`)).toEqual(
        expect.arrayContaining([
          `${SECOND} asked to freeze everything: the release, from the command line as the machine that the loop runs on (local)`,
          `${ON_CALL} asked to lift the freeze of everything, from the command line as the machine that the loop runs on (local)`,
        ]),
      );
    }, 10_000);
  });

  it('takes a person by member id, and says what to type instead of what it does not understand', async () => {
    expect((await typed(freeze, 'person', SECOND, 'on', 'leave', ...as(ON_CALL))).code).toBe(0);
    expect((await typed(unfreeze, 'person', SECOND, ...as(ON_CALL))).code).toBe(0);
    await expect(typed(freeze, 'everything', ...as(ON_CALL))).rejects.toThrow(/^Say why, for those who find it frozen/);
    await expect(typed(freeze, 'shop', 'x', ...as(ON_CALL))).rejects.toThrow(/or a person as "person U012AB3CD"/);
    await expect(typed(freeze, 'everything', 'why', ...as('somebody'))).rejects.toThrow(
      /^--as takes a Slack member id/,
    );
    await expect(typed(freeze, 'everything', 'why', '--config', 'none.ts')).rejects.toThrow(/^Say who asks/);
  });
});

describe('a freeze of what there is not', () => {
  it.each([
    [['application', 'shp'], 'there is no application "shp"; there are shop'],
    [['runbook', 'restart'], 'there is no runbook "restart"; there are '],
  ])('is refused, because it would hold nothing (%j)', async (scope, says) => {
    const { code, text } = await typed(freeze, ...scope, 'why', ...as(ON_CALL));
    expect({ code, text }).toMatchObject({ code: 1, text: expect.stringContaining(says) });
  });
});

describe('silence', () => {
  it('says nothing about a target until it ends', async () => {
    await trouble();
    expect((await typed(silence, 'shop-db', '2h', 'a', 'migration', ...as(ON_CALL))).text).toBe('Silenced.');
    expect((await stage.loop.stores.targets.read('shop-db'))?.value.silence).toMatchObject({ why: 'a migration' });
    expect((await typed(unsilence, 'shop-db', ...as(ON_CALL))).text).toBe('The silence has ended.');
    expect((await typed(unsilence, 'shop-db', ...as(ON_CALL))).text).toMatch(/^Refused \(notSilenced\)/);
  });
});

describe('runbook run, where it is deployed', () => {
  beforeEach(trouble);

  it('shows what would run, runs exactly that through act and SSM, and ends as the script did', async () => {
    const { code, text, said } = await typed(
      runbook,
      'run',
      'snapshot-config',
      '--application',
      'shop',
      '--dry-run',
      ...as(ON_CALL),
    );
    expect({ code, text }).toMatchObject({
      code: 0,
      text: expect.stringMatching(/^mi-0000000000000001 done\n {2}3 files would be kept/),
    });
    expect(said).toMatch(/a dry run that changes nothing/);
    expect(said).toMatch(/on {6}mi-0000000000000001/);
    expect(stage.host.versions()).toEqual([]);
  });

  it('is refused like a click: to whoever is not listed, and while it is frozen', async () => {
    const order = ['run', 'snapshot-config', '--application', 'shop', '--yes'];
    expect(await typed(runbook, ...order, ...as('U0STRANGER'))).toMatchObject({
      code: 1,
      text: expect.stringMatching(/^Refused \(notAllowed\)/),
    });
    await typed(freeze, 'application', 'shop', 'why', ...as(ON_CALL));
    const held = await typed(runbook, ...order, ...as(ON_CALL));
    await typed(unfreeze, 'application', 'shop', ...as(ON_CALL));
    expect(held).toMatchObject({ code: 1, text: expect.stringMatching(/^Refused \(frozen\).*why/) });
  });

  it('starts nothing unasked when nobody is there to be asked', async () => {
    const order = typed(runbook, 'run', 'diagnose', '--application', 'shop', ...as(ON_CALL));
    await expect(order).rejects.toThrow('Nothing was started. Add --yes when nobody is there to be asked.');
  });

  it('waits for the second person in Slack, and can be taken back', async () => {
    const before = (await stage.loop.commandsSent()).length;
    const order = typed(runbook, 'run', 'restart-workers', '--application', 'shop', '--yes', ...as(ON_CALL));
    const runId = await vi.waitFor(async () => {
      const run = (await stage.loop.stores.targets.read('shop-db'))?.value.run;
      expect(run?.phase).toBe('awaiting');
      return run?.runId ?? '';
    }, 10_000);
    expect((await typed(runbook, 'cancel', runId, ...as(ON_CALL))).text).toMatch(/is being ended/);
    expect(await order).toMatchObject({
      code: 20,
      text: expect.stringMatching(/^It never began/),
      said: expect.stringMatching(/In Slack: A second person has to agree: one of @U0/),
    });
    expect((await stage.loop.commandsSent()).length).toBe(before);
    await expect(typed(runbook, 'cancel', 'run-x', ...as(ON_CALL))).rejects.toThrow('There is no run run-x');
  });
});

/** An open incident of its own, as watch would have stored it. */
async function trouble(): Promise<void> {
  const nowMs = Date.now();
  const incident = anIncident({ id: `inc-${String(nowMs).slice(-10)}`, openedAtMs: nowMs, lastBreachAtMs: nowMs });
  // The loop may be writing to it at this very moment.
  const stored = await changeItem(stage.loop.stores.targets, 'shop-db', (before) => {
    const owedVersion = before?.notice.owedVersion ?? 0;
    const fresh = aTarget({ targetId: 'shop-db', incident, offerVersion: (before?.offerVersion ?? 0) + 1 });
    const state = { ...fresh, notice: { ...fresh.notice, owedVersion, shownVersion: owedVersion } };
    return oweNotice(state, stage.loop.settings, nowMs);
  });
  expect(stored.kind).toBe('written');
}
