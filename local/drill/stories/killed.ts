import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { wordsOf } from '../channel.ts';
import { actionOf, CURE, TROUBLE, threadOf } from '../scene.ts';
import { ON_CALL, onDemo } from '../story.ts';

/** A look by itself within a minute, and the second one that makes it sure. */
const SURE_MS_MAX = 240_000;
const BACK_MS_MAX = 300_000;
const HELPED = /: it helped:/;
const GREEN = /✅|🟢|🌤️|: it helped:/u;

/** As PM2 writes them down. */
function pidsOf(pm2Home: string): string {
  const folder = join(pm2Home, 'pids');
  return readdirSync(folder)
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join();
}

export const killed = onDemo(
  "PM2's daemon is killed in the middle of a run: gone connections are no recovery, and nothing is green until it is back",
  async (scene, { application }) => {
    const before = pidsOf(application.pm2Home);
    await scene.starts(ON_CALL, await scene.card(TROUBLE, CURE));
    // Once the first worker is another one, the script watches whether all stay up.
    await scene.comes('a worker is restarted', async () => (pidsOf(application.pm2Home) === before ? null : true));
    process.kill(Number(readFileSync(join(application.pm2Home, 'pm2.pid'), 'utf8')), 'SIGKILL');

    const green: string[] = [];
    const look = async () => {
      const [card] = await scene.channel.messages();
      const said = card === undefined ? '' : [card.text, wordsOf(card), threadOf(card)].join('\n');
      if (GREEN.test(said)) green.push(said);
      return { card, said };
    };
    await scene.comes(
      'the card says that the connections are gone, and so are the workers',
      async () => (/connections are gone, and so are the workers/.test((await look()).said) ? true : null),
      SURE_MS_MAX,
    );
    await scene.comes(
      'the outcome is that the application does not run',
      async () => (/the application does not run/.test((await look()).said) ? true : null),
      SURE_MS_MAX,
    );
    scene.holds('nothing was green while no worker was left', green.length === 0, green);
    const { card } = await look();
    scene.holds(
      'the card can still be acted on',
      card !== undefined && actionOf(card, 'acknowledge') !== null,
      card?.text,
    );

    await application.start();
    await scene.card(/Resolved/, '', BACK_MS_MAX);
    const { said } = await look();
    scene.holds('nobody claims that the run helped', !HELPED.test(said), said);
    await scene.remembers(
      'opened',
      'started by U0ONCALL',
      'hostEnded failed',
      'looked down',
      'turned',
      'looked up',
      'resolved',
    );
  },
);
