import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { run as incidents } from '../../../bin/commands/incidents.ts';
import { run as testAlert } from '../../../bin/commands/test-alert.ts';
import { sampledTargets } from '../../../bin/flows/practice/begin-practice.ts';
import { practiceIdOf } from '../../../functions/core/config/target-id.ts';
import { PRACTICE_MS } from '../../../functions/core/incident/practice.ts';
import { changeItem } from '../../../functions/flows/change-item.ts';
import { click } from '../../../local/slack/click.ts';
import { anIncident, aTarget } from '../../fakes/sample-state.ts';
import { RecordingConsole } from '../support/recording-console.ts';
import { ON_CALL, runningLoop } from '../support/running-loop.ts';

const ID = practiceIdOf('shop-db');
let stage: Awaited<ReturnType<typeof runningLoop>>;
beforeAll(async () => {
  stage = await runningLoop();
  const { chunks } = stage.loop.stores;
  await vi.waitFor(async () => expect(await sampledTargets(chunks, Date.now())).toEqual(['shop-db']), 20_000);
}, 30_000);
afterAll(() => stage.stop());

const typed = async (...args: string[]) => {
  const io = new RecordingConsole(stage.environment);
  const code = await testAlert([...args, '--endpoint', stage.endpoint], io);
  return { io, code };
};
/** Those of practices; a real incident has its own. */
const cards = () => stage.cards().filter(({ blocks }) => JSON.stringify(blocks).includes('🧪'));
const cardText = () => JSON.stringify(cards().at(-1)?.blocks ?? []);
const state = async () => (await stage.loop.stores.targets.read(ID))?.value;

it('brings a card marked as a practice, whose button looks at the real host, and which ends by itself', async () => {
  const { io, code } = await typed('--target', 'shop-db', '--json');
  expect({ code, said: JSON.parse(io.written[0] ?? '') }).toMatchObject({
    code: 0,
    said: { target: 'shop-db', shown: true, channel: 'C0ALARMS01', problem: null },
  });
  expect(cards()).toHaveLength(1);
  expect(cardText()).toMatch(/🧪 Practice · nothing is wrong with shop-db/);
  expect(cardText()).not.toMatch(/restart-workers|rollback-config|Restart/);

  const pressed = await click(stage.workspace, {
    user: ON_CALL,
    ts: cards()[0]?.ts ?? '',
    actionId: 'run:diagnose:shop',
  });
  expect(pressed?.status).toBe(200);
  await vi.waitFor(async () => expect((await state())?.run?.phase).toBe('judged'), 20_000);
  expect((await stage.loop.commandsSent()).length).toBe(1);
  await vi.waitFor(
    () => expect(cardText()).toMatch(/"Diagnose.* has ended; nothing was changed|Diagnose.*nothing was changed/),
    10_000,
  );

  const again = typed('--target', 'shop-db');
  await expect(again).rejects.toThrow(
    /^The practice inc-\w{10} is still open: use its card, or wait until .*Nothing was begun\.$/,
  );
  const listed = new RecordingConsole(stage.environment);
  await incidents(['--json', '--endpoint', stage.endpoint], listed);
  expect(JSON.parse(listed.written.join('\n'))).toContainEqual(
    expect.objectContaining({ targetId: ID, isPractice: true }),
  );

  await makeOld();
  await vi.waitFor(async () => expect((await state())?.incident?.resolvedAtMs).not.toBeNull(), 30_000);
  await vi.waitFor(() => expect(cardText()).toMatch(/🧪🟢 Practice, resolved/), 10_000);
  const { incident } = (await state()) ?? {};
  await vi.waitFor(async () => {
    const { entries } = await stage.loop.stores.timeline.read(incident?.id ?? '', 50);
    expect(entries.map(({ text }) => text)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^practice for shop-db, nothing is wrong; begun by the machine that the loop runs on/),
        expect.stringMatching(/^The practice is over after/),
      ]),
    );
  }, 10_000);
}, 90_000);

/** As if it had begun so long ago; the sweep finds it. */
async function makeOld(): Promise<void> {
  const aged = await changeItem(stage.loop.stores.targets, ID, (value) =>
    value === null || value.incident === null
      ? null
      : { ...value, incident: { ...value.incident, openedAtMs: value.incident.openedAtMs - PRACTICE_MS }, wakeAtMs: 1 },
  );
  expect(aged.kind).toBe('written');
  expect((await stage.sweep()).status).toBe(200);
}

it('is no practice beside real trouble', async () => {
  const put = (incident: ReturnType<typeof anIncident> | null) =>
    changeItem(stage.loop.stores.targets, 'shop-db', () => aTarget({ targetId: 'shop-db', incident }));
  await put(anIncident());
  await expect(typed('--target', 'shop-db')).rejects.toThrow(
    'shop-db is in real trouble (inc-0000000001): this is no time for a practice. Nothing was begun.',
  );
  await put(null);
});

it('says which targets there are, and what to do when nothing answers', async () => {
  await expect(typed('--target', 'other-db')).rejects.toThrow('These are: shop-db. Use --target ID.');
  const nobody = testAlert(['--endpoint', 'http://127.0.0.1:9', '--target', 'shop-db'], new RecordingConsole({}));
  await expect(nobody).rejects.toThrow(
    'Nothing of Runbell that you started answers at http://127.0.0.1:9: is npm start still running?',
  );
});
