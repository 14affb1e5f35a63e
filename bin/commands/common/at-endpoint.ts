import type { Console } from './console.ts';
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
  // The local endpoint takes any credentials; the caller's own have no business there.
  const local = {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  };
  const out = (text: string) => io.out(text);
  const there: Console = {
    isInteractive: false,
    environment: local,
    out,
    say: (text) => io.say(text),
    input: () => io.input(),
  };
  return openStores({ ...given, table: given.table ?? LOCAL_TABLE }, there);
}
