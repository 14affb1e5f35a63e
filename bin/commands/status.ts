import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { lookAtState } from '../flows/status/look-at-state.ts';
import { statusLines } from '../flows/status/status-lines.ts';
import { statusView } from '../flows/status/status-view.ts';
import { atPlace, PLACE_HELP, placeOptions } from './common/at-endpoint.ts';
import { type Console, processConsole } from './common/console.ts';
import { CONFIG_FILE, readConfig } from './common/read-config.ts';

export const help = `what is in trouble, unseen, running, silenced, frozen or owed to Slack now, worst first

  npx runbell status
  npx runbell status --json

  --config FILE     default: ${CONFIG_FILE} where there is one, and none with --endpoint; without it nothing is known of
                    maintenance windows, of advice, and of databases that are not sampled at all
${PLACE_HELP}

With --json, one object; times are UTC, and a part that could not be known is null:
  at, incidents [as npx runbell incidents --json], unseen [{targetId, lastSampleAt, why}],
  advice [{targetId, text}], silences [{targetId, until, byUserId, why}],
  maintenance [{until, targets, holds, why}], freezes [{scope, byUserId, since, until, why}],
  owed [{what, since, problem}], undecided, setAside [{item, why}], copies [{applicationId, kept, why}],
  copiesAtUtc, sampled {targets, slowestAt}

Example, when Slack is down:
  AWS_PROFILE=production npx runbell status --stack runbell

Reads the table with your credentials (dynamodb:GetItem, dynamodb:Query) and changes nothing. Ends with 0 whatever it
finds; for a check that ends with an error use npx runbell doctor.`;

export async function run(args: readonly string[], io: Console = processConsole()): Promise<number> {
  const options = { ...placeOptions, config: { type: 'string' }, json: { type: 'boolean', default: false } } as const;
  const { values } = parseArgs({ args: [...args], options });
  // The demonstration has no file, and the file that lies here is about something else.
  const isImplied = values.endpoint === undefined && existsSync(CONFIG_FILE);
  const file = values.config ?? (isImplied ? CONFIG_FILE : undefined);
  const config = file === undefined ? null : await readConfig(file);
  const view = statusView(await atPlace(values, io, (stores) => lookAtState(stores, config, Date.now())));
  io.out(values.json ? JSON.stringify(view, null, 2) : statusLines(view));
  return 0;
}
