import { parseArgs } from 'node:util';
import { RUNBOOKS_FOLDER } from '../../lib/read-deployment.ts';
import { loadCatalogue, type Runbook } from '../../lib/runbook-catalogue.ts';
import { ASK_HELP, askOptions } from './common/ask-options.ts';
import { type Console, processConsole } from './common/console.ts';
import { Failure } from './common/failure.ts';
import { readConfig } from './common/read-config.ts';
import { cancelDeployed, type RunDeployed, runDeployed } from './runbook/run-deployed.ts';
import { runHere } from './runbook/run-here.ts';
import { showRunbook } from './runbook/show-runbook.ts';

export const help = `lists and shows runbooks, and runs one: where it is deployed, or on this machine

  npx runbell runbook list
  npx runbell runbook show ID
  npx runbell runbook run ID --application NAME [--hosts i-…,i-…] [--param Name=value]... [--dry-run] [--yes]
  npx runbell runbook run ID --undo RUN
  npx runbell runbook cancel RUN
  npx runbell runbook run ID --host local --application NAME [--param Name=value]... [--dry-run]

  --target ID      of an application with several targets; default: the one in trouble
  --undo RUN       takes an earlier run back, for runbooks that can
  --dry-run        says what it would do and changes nothing
  --break-glass WHY  starts it without the second person it needs, for whoever is listed under breakGlass; everybody hears
  --yes            starts what is shown without asking
${ASK_HELP}

Without --host it is asked for like a click, also while Slack is down: the same permission, limits, second person and
timeline; what would run is shown first, and exactly that is started. There has to be an open incident.

With --host local the script and its parameters are delivered to this machine exactly as SSM delivers them: same
document, patterns, environment and time limit. It needs root, or to be the application's user. Nobody is asked for
permission and nothing is told to Slack.

Examples:
  npx runbell runbook run restart-workers --application shop --as U012AB3CD
  sudo npx runbell runbook run restart-workers --host local --application shop --param DrainSeconds=60 --dry-run

A run ends with 0 when it was done or there was nothing to do, 20 when it refused, 30 when it failed.`;

/** Answers with the script's exit code. */
export async function run(args: readonly string[], io: Console = processConsole()): Promise<number> {
  const { values, positionals } = parsed(args);
  const [what, id] = positionals;
  if (what === 'list' && id === undefined) {
    for (const { manifest } of catalogue('runbell')) {
      io.out(`${manifest.id.padEnd(22)}${manifest.risk.padEnd(9)}${manifest.title}`);
    }
    return 0;
  }
  if (id === undefined) throw new Failure('Use runbook list, runbook show ID or runbook run ID.');
  if (what === 'show') {
    io.out(showRunbook(find(catalogue('runbell'), id)));
    return 0;
  }
  if (what === 'cancel') return cancelDeployed(id, values, io);
  if (what !== 'run') throw new Failure('Use runbook list, runbook show ID or runbook run ID.');
  if (values.host === undefined) return runDeployed(deployedOrder(id, values), io);
  if (values.host !== 'local') {
    throw new Failure('Write --host local for this machine alone, or --hosts for hosts of the application.');
  }
  const config = await readConfig(values.config);
  const application = config.applications.find((one) => one.id === values.application);
  if (application === undefined) {
    const names = config.applications.map((one) => one.id).join(', ') || 'none';
    throw new Failure(`Name one of the applications in ${values.config} with --application NAME. There are: ${names}.`);
  }
  const runbook = find(catalogue(config.name), id);
  const { 'dry-run': dryRun, json, undo } = values;
  const person = Object.fromEntries(values.param.map(choice));
  return runHere({ io, runbook, application, targets: config.targets, person, dryRun, json, undo });
}

function deployedOrder(runbookId: string, values: ReturnType<typeof parsed>['values']): RunDeployed {
  const { application, undo, hosts, target, param, 'dry-run': dryRun } = values;
  if (application === undefined && undo === undefined) {
    throw new Failure('Name the application with --application NAME, as the configuration calls it.');
  }
  const choices = Object.fromEntries(param.map(choice));
  const which = { runbookId, application: application ?? '', target: target ?? null, hosts: hosts?.split(',') ?? null };
  const breakGlass = values['break-glass'];
  return {
    ...values,
    ...which,
    choices,
    dryRun,
    undo: undo ?? null,
    ...(breakGlass === undefined ? {} : { breakGlass }),
  };
}

function parsed(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      ...askOptions,
      host: { type: 'string' },
      hosts: { type: 'string' },
      target: { type: 'string' },
      application: { type: 'string' },
      param: { type: 'string', multiple: true, default: [] },
      undo: { type: 'string' },
      'dry-run': { type: 'boolean', default: false },
      'break-glass': { type: 'string' },
      yes: { type: 'boolean', default: false },
    },
  });
}

function catalogue(appName: string): readonly Runbook[] {
  return loadCatalogue(appName, RUNBOOKS_FOLDER);
}

function find(runbooks: readonly Runbook[], id: string): Runbook {
  const found = runbooks.find((one) => one.manifest.id === id);
  if (found !== undefined) return found;
  throw new Failure(
    `There is no runbook "${id.slice(0, 40)}". There are: ${runbooks.map((one) => one.manifest.id).join(', ')}.`,
  );
}

function choice(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at < 1)
    throw new Failure(`--param takes Name=value, such as --param DrainSeconds=60, and not "${text.slice(0, 40)}".`);
  return [text.slice(0, at), text.slice(at + 1)];
}
