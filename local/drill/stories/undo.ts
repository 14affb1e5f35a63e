import { chownSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Message } from '../channel.ts';
import { CURE, type Scene, TROUBLE, threadOf } from '../scene.ts';
import { ON_CALL, onDemo, SECOND } from '../story.ts';

const FILE = 'settings.json';
const GOOD = '{ "poolSize": 4 }\n';
const BAD = '{ "poolSize": 400 }\n';
const UNDO = 'ask-undo:rollback-config';
const RUN_MS_MAX = 90_000;

export const undo = onDemo(
  'the configuration is put back, and that is taken back from the card, once',
  async (scene, { application: { directory } }) => {
    const holdsFile = (what: string, text: string) => {
      const found = readFileSync(join(directory, FILE), 'utf8');
      scene.holds(what, found === text, found);
    };
    const card = await scene.card(TROUBLE, 'rollback-config');
    write(directory, BAD);
    await runs(scene, card, 'rollback-config', 1);
    holdsFile('the file is as it was kept', GOOD);

    const recovered = await scene.card(/Recovered/, UNDO);
    const second = await scene.asks(SECOND, recovered, UNDO);
    await runs(scene, recovered, UNDO, 2);
    holdsFile('taken back, the file is as it was before', BAD);
    await scene.sends(SECOND, second);
    await scene.told(SECOND, /was taken back already.*Nothing was started/s);
    await scene.ran(2);
    const steps = ['opened', 'started by U0ONCALL', 'outcome', 'started by U0ONCALL'];
    await scene.remembers(...steps, 'refused nothingToUndo by U0SECOND');
  },
  (config, { directory }) => {
    // There before the loop, so that Runbell keeps a copy of it.
    write(directory, GOOD);
    const applications = config.applications.map((one) => ({ ...one, configFiles: [FILE] }));
    const before = config.runbooks[CURE];
    if (before === undefined) return config;
    const impatient = { ...before, cooldownSeconds: 0 };
    return { ...config, applications, runbooks: { 'rollback-config': impatient } };
  },
);

function write(directory: string, text: string): void {
  const { uid, gid } = statSync(directory);
  writeFileSync(join(directory, FILE), text);
  chownSync(join(directory, FILE), uid, gid);
}

/** Starts it from the card, and waits until one more run has ended well. */
async function runs(scene: Scene, card: Message, offer: string, times: number): Promise<void> {
  await scene.starts(ON_CALL, card, offer);
  const ended = async () => {
    const thread = (await scene.channel.messages()).map(threadOf).join('\n');
    return (thread.match(/: done/g)?.length ?? 0) >= times ? thread : null;
  };
  await scene.comes(`run ${times} ends well`, ended, RUN_MS_MAX);
}
