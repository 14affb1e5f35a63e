import { parseArgs } from 'node:util';
import { RUNBOOKS_FOLDER } from '../../lib/read-deployment.ts';
import { loadCatalogue, type Runbook } from '../../lib/runbook-catalogue.ts';
import { type Console, processConsole } from './common/console.ts';
import { Failure } from './common/failure.ts';
import { CONFIG_FILE, readConfig } from './common/read-config.ts';
import { runHere } from './runbook/run-here.ts';
import { showRunbook } from './runbook/show-runbook.ts';

export const help = `lists and shows runbooks, and runs one on this machine

  npx runbell runbook list
  npx runbell runbook show ID
  npx runbell runbook run ID --host local --application NAME [--param Name=value]... [--dry-run]

  --config FILE    default: ${CONFIG_FILE}
  --undo RUN       takes an earlier run back, for runbooks that can
  --dry-run        says what it would do and changes nothing
  --json           the script's own result, one line

The script and its parameters are delivered exactly as SSM delivers them: same document, patterns, environment and time
limit. It needs root, or to be the application's user. Nobody is asked for permission and nothing is told to Slack.

Example:
  sudo npx runbell runbook run restart-workers --host local --application shop --param DrainSeconds=60 --dry-run

Ends with 0 when it was done or there was nothing to do, 20 when it refused, 30 when it failed.`;

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
  if (what !== 'run') throw new Failure('Use runbook list, runbook show ID or runbook run ID.');
  if (values.host !== 'local') {
    throw new Failure(
      'Write --host local: it runs on this machine alone. On other hosts a click runs it, with a permit.',
    );
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

function parsed(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      host: { type: 'string' },
      application: { type: 'string' },
      param: { type: 'string', multiple: true, default: [] },
      config: { type: 'string', default: CONFIG_FILE },
      undo: { type: 'string' },
      'dry-run': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
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
