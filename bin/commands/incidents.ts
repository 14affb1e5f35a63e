import { parseArgs } from 'node:util';
import type { TargetState } from '../../functions/core/model/target.ts';
import { forEachLimited } from '../../functions/flows/change-item.ts';
import { incidentText, incidentView } from '../flows/incident-view.ts';
import { atPlace, PLACE_HELP, placeOptions } from './common/at-endpoint.ts';
import { type Console, processConsole } from './common/console.ts';
import { CONFIG_FILE, readConfig } from './common/read-config.ts';

export const help = `open incidents in full: figures, reasons, who has them, what was tried

  npx runbell incidents
  npx runbell incidents --all     also the newest resolved one of every target in ${CONFIG_FILE} (or --config FILE)
  npx runbell incidents --json    a list

${PLACE_HELP}

Example:
  npx runbell incidents --json | jq -r '.[] | select(.severity == "critical") | .targetId'

The whole story of one: npx runbell timeline --incident ID. Reads the table with your credentials and changes nothing.`;

const READS_AT_ONCE = 10;

export async function run(args: readonly string[], io: Console = processConsole()): Promise<number> {
  const options = {
    ...placeOptions,
    json: { type: 'boolean', default: false },
    all: { type: 'boolean', default: false },
    config: { type: 'string', default: CONFIG_FILE },
  } as const;
  const { values } = parseArgs({ args: [...args], options });
  const ids = values.all ? (await readConfig(values.config)).targets.map(({ id }) => id) : [];
  const found = await atPlace(values, io, async ({ open, targets }) => {
    const states = new Map((await open.openTargets()).items.map(({ value }) => [value.targetId, value]));
    await forEachLimited(ids, READS_AT_ONCE, async (id) => {
      const item = states.has(id) ? null : await targets.read(id);
      if (item !== null) states.set(id, item.value);
    });
    return states;
  });
  const states = [...found.values()].filter((state) => isWanted(state, values.all)).sort(newestFirst);
  if (values.json) io.out(JSON.stringify(states.map(incidentView), null, 2));
  else if (states.length === 0) io.say('No incident is open.');
  else io.out(states.map((state) => incidentText(state, Date.now())).join('\n\n'));
  return 0;
}

function isWanted({ incident }: TargetState, all: boolean): boolean {
  return incident !== null && (all || incident.resolvedAtMs === null);
}

function newestFirst(a: TargetState, b: TargetState): number {
  return (b.incident?.openedAtMs ?? 0) - (a.incident?.openedAtMs ?? 0);
}
