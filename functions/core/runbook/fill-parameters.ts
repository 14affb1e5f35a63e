import type { ApplicationConfig, TargetConfig } from '../config/config.ts';
import { joinedCommands } from '../config/values.ts';
import { unreachable } from '../invariant.ts';
import type { Manifest, ManifestParameter } from './manifest.ts';
import { matchesPattern } from './pattern-problem.ts';

export interface ParameterFacts {
  readonly application: ApplicationConfig;
  /** All that are configured; without them a script gets its default. */
  readonly targets?: readonly TargetConfig[];
  readonly runId: string;
  readonly dryRun: boolean;
  /** Only for an undo. */
  readonly undoes?: string;
  /** Chosen by the person, by parameter name. */
  readonly person: Readonly<Record<string, string>>;
}

export type FilledParameters =
  | { readonly kind: 'filled'; readonly parameters: Readonly<Record<string, string>> }
  | { readonly kind: 'invalid'; readonly problems: readonly string[] };

/** Every parameter of the document with its value, each checked against its pattern; or all that is wrong. */
export function fillParameters(manifest: Manifest, facts: ParameterFacts): FilledParameters {
  const problems = unknownNames(manifest, facts);
  if (!manifest.kinds.includes(facts.application.kind)) {
    problems.push(
      `${manifest.id} is not made for ${facts.application.kind} applications such as ${facts.application.id}`,
    );
  }
  const parameters: Record<string, string> = {};
  for (const parameter of manifest.parameters) {
    const value = factFor(parameter, facts) ?? parameter.default;
    if (value === undefined) problems.push(`${parameter.name} (${parameter.from}) has no value and no default`);
    else if (!matchesPattern(parameter.pattern, value)) {
      const why =
        parameter.from === 'person' ? `does not fit: ${parameter.description}` : `does not match ${parameter.pattern}`;
      problems.push(`${parameter.name} (${parameter.from}) ${why}`);
    } else parameters[parameter.name] = value;
  }
  return problems.length > 0 ? { kind: 'invalid', problems } : { kind: 'filled', parameters };
}

function unknownNames(manifest: Manifest, facts: ParameterFacts): string[] {
  const choices = manifest.parameters.filter((one) => one.from === 'person').map((one) => one.name);
  return Object.keys(facts.person)
    .filter((name) => !choices.includes(name))
    .map((name) => `${name} is not a choice of ${manifest.id}; it has ${choices.join(', ') || 'none'}`);
}

/** Whether its script can be told to only say what it would do. */
export function canBeTried({ parameters }: Manifest): boolean {
  return parameters.some(({ from }) => from === 'run.dryRun');
}

/** Settings of an application that a runbook cannot do without, and that are not there. */
export function missingSettings(manifest: Manifest, application: ApplicationConfig): readonly string[] {
  const facts = { application, runId: '', dryRun: false, person: {} };
  return manifest.parameters
    .filter(
      (one) => one.default === undefined && one.from.startsWith('application.') && factFor(one, facts) === undefined,
    )
    .map(({ from }) => from.slice('application.'.length));
}

function factFor(parameter: ManifestParameter, facts: ParameterFacts): string | undefined {
  const { application } = facts;
  switch (parameter.from) {
    case 'run.id':
      return facts.runId;
    case 'run.dryRun':
      return facts.dryRun ? 'yes' : 'no';
    case 'run.undoes':
      return facts.undoes;
    case 'application.id':
      return application.id;
    case 'application.kind':
      return application.kind;
    case 'application.user':
      return application.user;
    case 'application.directory':
      return application.directory;
    case 'application.phpFpmUnit':
      return application.phpFpmUnit;
    case 'application.php':
      return application.php;
    case 'application.healthCommand':
      return application.healthCommand;
    case 'application.ecosystemFile':
      return application.ecosystemFile;
    case 'application.drainSignal':
      return application.drainSignal;
    case 'application.databaseLoginFile':
      return application.databaseLoginFile;
    case 'application.databaseUsers':
      return application.databaseUsers.length === 0 ? undefined : application.databaseUsers.join(',');
    case 'application.configFiles':
      return application.configFiles?.join(',');
    case 'application.cacheCommands':
      return application.cacheCommands === undefined ? undefined : joinedCommands(application.cacheCommands);
    case 'targets.ports':
      return facts.targets === undefined ? undefined : portsOf(application, facts.targets);
    case 'pm2.home':
      return application.pm2.home;
    case 'pm2.processes':
      return application.pm2.processes.join(',');
    case 'pm2.cli':
      return application.pm2.cli;
    case 'person':
      return facts.person[parameter.name];
    default:
      return unreachable(parameter.from);
  }
}

function portsOf(application: ApplicationConfig, targets: readonly TargetConfig[]): string {
  const ports = targets.filter((one) => application.targets.includes(one.id)).map((one) => one.port);
  return [...new Set(ports)].join(',');
}
