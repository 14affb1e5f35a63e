import { randomBytes } from 'node:crypto';
import { parseConfig } from '../../../functions/core/config/parse-config.ts';
import { RUNBOOKS_FOLDER } from '../../../lib/read-deployment.ts';
import { loadCatalogue } from '../../../lib/runbook-catalogue.ts';
import { environmentOf } from '../../../local/aws/keys-file.ts';
import { LOCAL_HOST, startLoop } from '../../../local/loop.ts';
import { ConfigHost } from '../../runbooks/support/config-host.ts';
import { passOn } from '../../support/signed.ts';
import { CHANNEL, configWith } from './config-file.ts';

export const ON_CALL = 'U0AAAAAAA1';
export const SECOND = 'U0BBBBBBB2';

/** The whole loop on this machine, as `npm start` has it, with a real application's files on its one host. */
export async function runningLoop() {
  const host = new ConfigHost();
  const password = `DB_${randomBytes(4).toString('hex').toUpperCase()}`;
  const input = configWith({
    people: [
      { slackUserId: ON_CALL, name: 'On call' },
      { slackUserId: SECOND, name: 'Second' },
    ],
    targets: [
      {
        id: 'shop-db',
        host: '127.0.0.1',
        port: 1,
        user: 'runbell',
        credential: { kind: 'environment', variable: password },
        tls: 'off',
      },
    ],
    applications: [host.configured({ hosts: [LOCAL_HOST] })],
    runbooks: { 'restart-workers': { approval: { withinSeconds: 300 } } },
    // Its own looks would take the application from a test now and then.
    snapshots: { off: true },
  });
  const parsed = parseConfig(input);
  if (parsed.kind === 'invalid') throw new Error(JSON.stringify(parsed.problems));
  const log = { info: () => undefined, error: () => undefined };
  const { config } = parsed;
  const runbooks = loadCatalogue(config.name, RUNBOOKS_FOLDER);
  const loop = await startLoop({ config, runbooks, dir: host.dir, port: 0, secrets: new Map(), visitors: [], log });
  const { workspace } = loop.slack;
  return {
    loop,
    host,
    workspace,
    /** What `npm start` prints for the commands. */
    endpoint: loop.aws.endpoint,
    /** What a command of this user finds in the session's folder. */
    environment: { ...environmentOf(loop.aws) },
    cards: () => workspace.messages.filter(({ channelId, threadTs }) => channelId === CHANNEL && threadTs === null),
    /** What happens every 20 s by itself. */
    sweep: () => {
      const { endpoint: url, ...place } = loop.aws;
      const body = JSON.stringify({ kind: 'sweep' });
      return passOn({ url, ...place }, '/2015-03-31/functions/track/invocations', {}, body);
    },
    stop: async () => {
      await loop.stop();
      host.close();
    },
  };
}
