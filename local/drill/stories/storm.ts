import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Connection, createConnection } from 'mysql2/promise';
import type { ConfigInput } from '../../../functions/core/config/config.ts';
import { configProblemsText, parseConfig } from '../../../functions/core/config/parse-config.ts';
import type { RunningDatabase } from '../../database/new-login.ts';
import { openDatabase } from '../../database/open-database.ts';
import { startLoop } from '../../loop.ts';
import { openSession } from '../../session.ts';
import { terminalLog } from '../../terminal-log.ts';
import { actionsOf, type Message } from '../channel.ts';
import type { Scene } from '../scene.ts';
import { ON_CALL, type Story } from '../story.ts';

const TARGETS = 30;
const MAX_CONNECTIONS = 5;
const MESSAGES_MAX = 3;
const TOLD_MS_MAX = 300_000;

export const storm: Story = {
  says: `${TARGETS} databases fill up at once: at most ${MESSAGES_MAX} messages, and the summary opens each of the others`,
  start: async ({ say }) => {
    const session = await openSession(say);
    const log = terminalLog(say);
    const databases: RunningDatabase[] = [];
    for (let at = 0; at < TARGETS; at += 1) {
      const dir = join(session.dir, `database-${at}`);
      mkdirSync(dir, { mode: 0o700 });
      databases.push(await openDatabase({ engine: 'embedded', maxConnections: MAX_CONNECTIONS, dir }));
    }
    const parsed = parseConfig(configOf(databases));
    if (parsed.kind === 'invalid') throw new Error(configProblemsText(parsed.problems));
    const secrets = new Map(
      databases.map(({ users }, at) => [secretOf(at), JSON.stringify({ password: users.monitor.password })]),
    );
    const common = { dir: session.dir, port: 0, secrets, visitors: [], log };
    const loop = await startLoop({ config: parsed.config, runbooks: [], ...common });
    const clients: Connection[] = [];
    const stop = async () => {
      for (const client of clients) client.destroy();
      await loop.stop();
      await Promise.all(databases.map((one) => one.stop()));
      await session.close();
    };
    return { loop, log, stop, play: (scene) => play(scene, databases, clients) };
  },
};

const nameOf = (at: number) => `orders-${at}`;
const secretOf = (at: number) => `arn:aws:secretsmanager:us-east-1:000000000000:secret:runbell-local-${at}`;

function configOf(databases: readonly RunningDatabase[]): ConfigInput {
  return {
    sampling: { everySeconds: 15 },
    slack: { channel: 'C0ALERTS', workspaceId: 'T0LOCAL' },
    people: [{ slackUserId: ON_CALL, name: 'On call (you)' }],
    quietSeconds: 10,
    targets: databases.map(({ host, port, users }, at) => ({
      id: nameOf(at),
      host,
      port,
      user: users.monitor.user,
      credential: { kind: 'secret', arn: secretOf(at) },
      tls: 'off',
    })),
  };
}

async function play(scene: Scene, databases: readonly RunningDatabase[], clients: Connection[]): Promise<void> {
  await Promise.all(databases.map((one) => fill(one, clients)));
  const summary = await scene.comes(
    'one summary speaks for the others',
    async () => {
      const messages = await scene.channel.messages();
      return messages.find((one) => listedOn(one).length === TARGETS - (messages.length - 1)) ?? null;
    },
    TOLD_MS_MAX,
  );
  const messages = await scene.channel.messages();
  const texts = messages.map(({ text }) => text);
  scene.holds(`there are at most ${MESSAGES_MAX} messages`, messages.length <= MESSAGES_MAX, texts);
  const said = JSON.stringify(messages);
  const missing = databases.map((_, at) => nameOf(at)).filter((name) => !said.includes(name));
  scene.holds('every database is on a card or in the summary', missing.length === 0, missing);
  await opensEach(scene, summary);

  for (const client of clients.splice(0)) client.destroy();
  await scene.card(/all are well again/, '', TOLD_MS_MAX);
  const afterwards = (await scene.channel.messages()).map(({ text }) => text);
  scene.holds('no message was added by the end of it', afterwards.length === messages.length, afterwards);
}

/** One after the other, because those that try at once keep each other out; so does the sampler now and then. */
async function fill({ host, port, users }: RunningDatabase, clients: Connection[]): Promise<void> {
  for (let tries = 0; tries < 2 * MAX_CONNECTIONS; tries += 1) {
    const client = await createConnection({ host, port, ...users.app }).catch(() => null);
    client?.on('error', () => undefined);
    if (client !== null) clients.push(client);
  }
}

const menusOf = (message: Message) => actionsOf(message).filter(({ actionId }) => actionId.startsWith('pick'));
const listedOn = (message: Message) =>
  menusOf(message).flatMap(({ options = [] }) => options.map(({ value }) => value));

/** Every line of the summary opens the incident that it names. */
async function opensEach(scene: Scene, summary: Message): Promise<void> {
  const closed: string[] = [];
  for (const { actionId, options = [] } of menusOf(summary)) {
    for (const { value } of options) {
      await scene.picks(ON_CALL, summary, actionId, value);
      const form = await scene.comes(`${value} opens`, async () => {
        const open = await scene.channel.form(ON_CALL);
        return open?.title.text === value ? open : null;
      });
      if (!JSON.stringify(form.blocks).includes(value)) closed.push(value);
      await scene.channel.close(ON_CALL, form);
    }
  }
  scene.holds('each shows its own trouble', closed.length === 0, closed);
}
