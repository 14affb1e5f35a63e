import { chownSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Form } from '../channel.ts';
import { CURE, type Scene, threadOf } from '../scene.ts';
import { ON_CALL, onDemo, SECOND } from '../story.ts';

const FILE = 'settings.json';
const GOOD = '{ "poolSize": 4 }\n';
const BAD = '{ "poolSize": 400 }\n';
const UNDO = 'ask-undo:rollback-config';
const RUN_MS_MAX = 90_000;

export const undo = onDemo(
  'the configuration is put back, and that is taken back from the card, once',
  async (scene, { application: { directory } }) => {
    const file = join(directory, FILE);
    const { uid, gid } = statSync(directory);
    const write = (text: string) => {
      writeFileSync(file, text);
      chownSync(file, uid, gid);
    };
    const holdsFile = (what: string, text: string) => {
      const found = readFileSync(file, 'utf8');
      scene.holds(what, found === text, found);
    };
    write(GOOD);
    await runs(scene, await asked(scene, 'snapshot-config'), 1);
    write(BAD);
    await runs(scene, await asked(scene, 'rollback-config'), 2);
    holdsFile('the file is as it was kept', GOOD);
    await scene.card(/Recovered/, 'ask-undo:rollback-config', RUN_MS_MAX);

    const recovered = await scene.card(/Recovered/, UNDO, RUN_MS_MAX);
    const second = await scene.asks(SECOND, recovered, UNDO);
    await runs(scene, await scene.asks(ON_CALL, recovered, UNDO), 3);
    holdsFile('taken back, the file is as it was before', BAD);
    await scene.channel.send(SECOND, second);
    await scene.told(SECOND, /was taken back already.*Nothing was started/s);
    await scene.ran(3);
    const runsTold = ['started by U0ONCALL', 'started by U0ONCALL', 'outcome', 'started by U0ONCALL'];
    await scene.remembers('opened', ...runsTold, 'refused nothingToUndo by U0SECOND');
  },
  (config) => {
    const applications = config.applications.map((one) => ({ ...one, configFiles: [FILE] }));
    const before = config.runbooks[CURE];
    if (before === undefined) return config;
    const impatient = { ...before, cooldownSeconds: 0 };
    return { ...config, applications, runbooks: { 'rollback-config': impatient } };
  },
);

async function asked(scene: Scene, runbook: string): Promise<Form> {
  return scene.asks(ON_CALL, await scene.card(/./, runbook), runbook);
}

/** Sends the form and waits until one more run has ended well. */
async function runs(scene: Scene, form: Form, times: number): Promise<void> {
  await scene.channel.send(ON_CALL, form, { 'choice:DrainSeconds': '2' });
  const ended = async () => {
    const thread = (await scene.channel.messages()).map(threadOf).join('\n');
    return (thread.match(/: done/g)?.length ?? 0) >= times ? thread : null;
  };
  await scene.comes(`run ${times} ends well`, ended, RUN_MS_MAX);
}
