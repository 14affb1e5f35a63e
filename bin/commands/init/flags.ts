import { type Answers, NO_ANSWERS } from '../../flows/init/answers.ts';
import { Failure } from '../common/failure.ts';
import { wordsOf } from './ask.ts';

const text = { type: 'string' } as const;
const yesOrNo = { type: 'boolean', default: false } as const;

export const OPTIONS = {
  out: { type: 'string', default: 'runbell.config.ts' },
  force: yesOrNo,
  yes: yesOrNo,
  offline: yesOrNo,
  name: text,
  every: text,
  channel: text,
  workspace: text,
  person: text,
  'person-name': text,
  database: text,
  'database-user': text,
  credential: text,
  tls: text,
  application: text,
  kind: text,
  hosts: text,
  directory: text,
  user: text,
  processes: text,
  snapshots: text,
} as const;

type Given = { readonly [name in keyof typeof OPTIONS]?: string | boolean | undefined };

/** What the flags answer. What they say is checked with everything else, by the schema of the file. */
export function answersOf(given: Given): Answers {
  const said = (name: keyof typeof OPTIONS) => {
    const value = given[name];
    return typeof value === 'string' ? value : undefined;
  };
  const person = said('person');
  const [host, port] = addressOf(said('database'));
  return {
    ...NO_ANSWERS,
    name: said('name') ?? NO_ANSWERS.name,
    everySeconds: choice('every', said('every'), ['60', '30', '15'] as const, SECONDS) ?? NO_ANSWERS.everySeconds,
    channel: said('channel') ?? null,
    workspaceId: said('workspace') ?? null,
    person: person === undefined ? null : { id: person, name: said('person-name') ?? 'On call' },
    host,
    port: port ?? NO_ANSWERS.port,
    databaseUser: said('database-user') ?? NO_ANSWERS.databaseUser,
    credential: credentialOf(said('credential')),
    tls: choice('tls', said('tls'), ['rds', 'system', 'off'] as const, TLS) ?? NO_ANSWERS.tls,
    applicationId: said('application') ?? NO_ANSWERS.applicationId,
    kind: choice('kind', said('kind'), ['node', 'laravel'] as const, KIND) ?? NO_ANSWERS.kind,
    hosts: wordsOf(said('hosts')),
    directory: said('directory') ?? null,
    unixUser: said('user') ?? null,
    processes: wordsOf(said('processes')),
    keepsCopies: choice('snapshots', said('snapshots'), ['on', 'off'] as const, COPIES) ?? null,
  };
}

const SECONDS = { 60: 60, 30: 30, 15: 15 } as const;
const TLS = { rds: 'rds', system: 'system', off: 'off' } as const;
const COPIES = { on: true, off: false } as const;
const KIND = { node: 'node', laravel: 'laravel' } as const;

function choice<K extends string, T>(
  name: string,
  given: string | undefined,
  words: readonly K[],
  values: Readonly<Record<K, T>>,
): T | undefined {
  if (given === undefined) return undefined;
  const word = words.find((one) => one === given);
  if (word === undefined) throw new Failure(`--${name} takes ${words.join(', ')}.`);
  return values[word];
}

function addressOf(given: string | undefined): readonly [host: string | null, port: number | null] {
  if (given === undefined) return [null, null];
  const [, host = given, port] = /^([^:]+):(\d+)$/.exec(given) ?? [];
  return [host, port === undefined ? null : Number(port)];
}

/** A reference to a credential; a password has no place on a command line. */
function credentialOf(given: string | undefined): Answers['credential'] {
  if (given === undefined) return null;
  const [kind = '', ...rest] = given.split(':');
  const [first = '', second = ''] = rest;
  if (kind === 'iam') return { kind, region: first, resourceId: second };
  if (kind === 'secret') return { kind, arn: rest.join(':') };
  if (kind === 'environment') return { kind, variable: first };
  throw new Failure('--credential takes iam:REGION:RESOURCE, secret:ARN or environment:NAME, never a password.');
}
