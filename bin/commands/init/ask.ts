import { type Answers, problemOf } from '../../flows/init/answers.ts';
import { fromDatabase, hostHint } from '../../flows/init/from-discovery.ts';
import type { Asker } from '../common/asker.ts';
import type { Discovery } from './discover.ts';

const OTHER = '';

/** A database out of those found, else by its address. Flags that named one are not asked again. */
export async function askDatabase(
  asker: Asker,
  answers: Answers,
  { databases }: Discovery,
  region: string,
  say: (line: string) => void,
): Promise<Answers> {
  if (answers.host !== null) return answers;
  const options = databases.map(({ id, engine, address }) => ({ value: id, label: id, hint: `${engine}, ${address}` }));
  const other = { value: OTHER, label: 'another one', hint: 'a server that you run yourself' };
  const id = databases.length === 0 ? OTHER : await asker.one('Which database?', [...options, other]);
  const chosen = databases.find((database) => database.id === id);
  if (chosen === undefined) return { ...answers, host: await asker.text(...HOST_QUESTION) };
  const { change, why } = fromDatabase(chosen, region);
  for (const line of why) say(`  ${line}`);
  return { ...answers, ...change, ...(answers.credential === null ? {} : { credential: answers.credential }) };
}

const HOST_QUESTION = [
  'Address of the database (Enter: later)',
  'orders-db.example.internal',
  (host: string) => problemOf({ host }),
] as const;

export async function askHosts(asker: Asker, answers: Answers, { hosts }: Discovery): Promise<Answers> {
  if (answers.hosts.length > 0 || hosts.length === 0) return answers;
  const options = hosts.map((host) => ({ value: host.id, label: host.id, hint: hostHint(host) }));
  return { ...answers, hosts: await asker.many('On which hosts does the application run?', options) };
}

/** What no service can tell. */
export async function askRest(asker: Asker, answers: Answers): Promise<Answers> {
  const { channel, workspaceId, person, directory, unixUser, processes } = answers;
  const personId =
    person === null
      ? await asker.text('Your Slack member id (Enter: later)', 'U012AB3CD', (id) =>
          problemOf({ person: { id, name: 'x' } }),
        )
      : null;
  return {
    ...answers,
    channel:
      channel ?? (await asker.text('Slack channel id (Enter: later)', 'C012AB3CD', (it) => problemOf({ channel: it }))),
    workspaceId:
      workspaceId ??
      (await asker.text('Slack workspace id (Enter: later)', 'T012AB3CD', (it) => problemOf({ workspaceId: it }))),
    person: person ?? (personId === null ? null : { id: personId, name: 'On call' }),
    directory:
      directory ??
      (await asker.text('Directory of the application (Enter: later)', '/srv/orders', (it) =>
        problemOf({ directory: it }),
      )),
    unixUser:
      unixUser ??
      (await asker.text('Unix user that owns it and its PM2 (Enter: later)', 'deploy', (it) =>
        problemOf({ unixUser: it }),
      )),
    processes:
      processes.length > 0
        ? processes
        : wordsOf(
            await asker.text('PM2 processes, with commas (Enter: later)', 'web,worker', (it) =>
              problemOf({ processes: wordsOf(it) }),
            ),
          ),
  };
}

/** What Runbell would do on hosts without a click. */
export async function askCopies(asker: Asker, answers: Answers): Promise<Answers> {
  if (answers.keepsCopies !== null) return answers;
  const on = {
    value: 'on',
    label: 'yes',
    hint: 'at first, daily and after each incident; for root alone; rolling back needs them',
  };
  const off = { value: 'off', label: 'no', hint: 'only runs that change something make one first' };
  const question = 'May Runbell keep copies of configuration files (.env too) on the hosts, without a click?';
  return { ...answers, keepsCopies: (await asker.one(question, [on, off])) !== 'off' };
}

export function wordsOf(text: string | null | undefined): readonly string[] {
  return (text ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}
