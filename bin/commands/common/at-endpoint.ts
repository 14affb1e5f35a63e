import { StoreError } from '../../../functions/core/store/store-error.ts';
import { completeKeys, type KeysEnvironment, readKeys } from '../../../local/aws/keys-file.ts';
import { ownSessions } from '../../../local/session.ts';
import { credentialFix } from './aws.ts';
import type { Console } from './console.ts';
import { Failure } from './failure.ts';
import { openStores, tableOptions } from './table-options.ts';

/** Where a command looks for the state: a deployed stack, or a loop on this machine. */
export const placeOptions = { ...tableOptions, endpoint: { type: 'string' } } as const;

export const PLACE_HELP = `  --stack NAME      the deployed stack; default: runbell
  --table NAME      its table, when the stack cannot be read
  --endpoint URL    a loop of npm start instead, by the address that it prints`;

/** What `npm start` calls its table. */
const LOCAL_TABLE = 'runbell-local';

export function openPlace(
  given: { readonly table?: string; readonly stack: string; readonly endpoint?: string },
  io: Console,
): ReturnType<typeof openStores> {
  const { endpoint } = given;
  if (endpoint === undefined) return openStores(given, io);
  // The caller's own credentials have no business there.
  const local = keysFor(endpoint, io.environment);
  const out = (text: string) => io.out(text);
  const there: Console = {
    isInteractive: false,
    environment: { ...local },
    out,
    say: (text) => io.say(text),
    input: () => io.input(),
  };
  return openStores({ ...given, table: given.table ?? LOCAL_TABLE }, there);
}

/** Those of the loop that listens there: this user's own, or one whose `aws.env` was read into the environment. */
function keysFor(endpoint: string, environment: Console['environment']): KeysEnvironment {
  const isThere = (keys: KeysEnvironment | null) => keys !== null && isSamePlace(keys.AWS_ENDPOINT_URL, endpoint);
  const keys = [completeKeys(environment), ...ownSessions().map(readKeys)].find(isThere);
  if (keys) return keys;
  throw new Failure(
    `${nobodyText(endpoint)} Of a loop with another TMPDIR, read aws.env in its folder first: set -a; . aws.env; set +a`,
  );
}

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

function isSamePlace(one: string, other: string): boolean {
  const [here, there] = [new URL(one), new URL(other)];
  const isHere = ({ hostname }: URL) => LOOPBACK.includes(hostname);
  return here.port === there.port && (here.hostname === there.hostname || (isHere(here) && isHere(there)));
}

function nobodyText(endpoint: string): string {
  return `Nothing of Runbell that you started answers at ${endpoint}: is npm start still running? It prints its address.`;
}

/** Does something at a place, and says what to do when nobody answers there. */
export async function atPlace<T>(
  given: { readonly table?: string; readonly stack: string; readonly endpoint?: string },
  io: Console,
  use: (stores: Awaited<ReturnType<typeof openStores>>) => Promise<T>,
): Promise<T> {
  const { endpoint } = given;
  if (endpoint !== undefined && !/^https?:\/\/[^/]+\/?$/.test(endpoint)) {
    throw new Failure(`--endpoint takes an address such as http://127.0.0.1:4001, as npm start prints it.`);
  }
  const stores = await openPlace(given, io);
  try {
    // Something else that answers has no table, and must not pass for an empty one.
    if (endpoint !== undefined) await stores.open.dueIds('request', 0);
    return await use(stores);
  } catch (error) {
    if (error instanceof StoreError)
      throw new Failure(
        endpoint === undefined ? `${error.message}. ${storeFix(error, endpoint)}` : storeFix(error, endpoint),
      );
    throw error;
  }
}

function storeFix({ code, cause }: StoreError, endpoint: string | undefined): string {
  const credentials = cause instanceof Error && endpoint === undefined ? credentialFix(cause.name) : null;
  if (credentials !== null) return credentials;
  const isMissing = cause instanceof Error && cause.name === 'ResourceNotFoundException';
  if (code === 'unreadableItem') return 'It was written by another version: use the one that is deployed.';
  if (endpoint !== undefined) {
    if (cause instanceof Error && credentialFix(cause.name) !== null) {
      return `The loop at ${endpoint} has other keys: it was started anew after its aws.env was read.`;
    }
    return isMissing
      ? `There is no table ${LOCAL_TABLE} at ${endpoint}: take the address that npm start prints.`
      : nobodyText(endpoint);
  }
  if (isMissing) return 'There is no such table: npx cdk deploy, or look at AWS_REGION, --stack and --table.';
  return code === 'refused'
    ? 'Your credentials need dynamodb:GetItem, dynamodb:Query and, to ask for something, dynamodb:PutItem on the table, as grantRequest gives them.'
    : `Is there a way to AWS from here${reached(cause)}? Then once more.`;
}

/** What the network said, such as ENOTFOUND. */
function reached(cause: unknown): string {
  return typeof cause === 'object' && cause !== null && 'code' in cause ? ` (${String(cause.code)})` : '';
}
