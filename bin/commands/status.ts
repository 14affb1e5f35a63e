import { parseArgs } from 'node:util';
import { FREEZES_ID, inForce, newFreezeState } from '../../functions/core/act/freezes.ts';
import { statusText } from '../../functions/core/notify/status-text.ts';
import { isoSeconds, plainTokens } from '../../functions/core/notify/tokens.ts';
import { incidentView } from '../flows/incident-view.ts';
import { atPlace, PLACE_HELP, placeOptions } from './common/at-endpoint.ts';
import { type Console, processConsole } from './common/console.ts';

export const help = `what is in trouble, running, silenced or frozen now

  npx runbell status
  npx runbell status --json     {"incidents": […], "freezes": […]}

${PLACE_HELP}

Example, without Slack and without a deployment in between:
  AWS_PROFILE=production npx runbell status --stack runbell

Reads the table with your credentials (dynamodb:GetItem, dynamodb:Query) and changes nothing.`;

export async function run(args: readonly string[], io: Console = processConsole()): Promise<number> {
  const options = { ...placeOptions, json: { type: 'boolean', default: false } } as const;
  const { values } = parseArgs({ args: [...args], options });
  const nowMs = Date.now();
  const [targets, frozen] = await atPlace(values, io, (stores) =>
    Promise.all([stores.open.openTargets(), stores.freezes.read(FREEZES_ID)]),
  );
  const states = targets.map(({ value }) => value);
  const freezes = frozen?.value ?? newFreezeState();
  if (!values.json) {
    io.out(plainTokens(statusText(states, freezes, nowMs)));
    return 0;
  }
  const incidents = states
    .flatMap((state) => incidentView(state) ?? [])
    .filter(({ resolvedAt }) => resolvedAt === null);
  const held = inForce(freezes, nowMs).map(({ scope, byUserId, sinceMs, untilMs, why }) => ({
    scope,
    byUserId,
    since: isoSeconds(sinceMs),
    until: untilMs === null ? null : isoSeconds(untilMs),
    why,
  }));
  io.out(JSON.stringify({ incidents, freezes: held }, null, 2));
  return 0;
}
