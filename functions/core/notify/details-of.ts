import type { ApplicationState, PastOutcome } from '../act/application-state.ts';
import type { Permit } from '../act/permit.ts';
import type { Settings } from '../config/settings.ts';
import type { TargetState } from '../incident/target-state.ts';
import type { Manifest } from '../runbook/manifest.ts';
import type { RunDetails } from './details.ts';
import { foreign, timeToken, userToken } from './tokens.ts';
import { durationText, outcomeText, summaryText } from './words.ts';

const OUTCOMES_SHOWN_MAX = 5;

/** Everything a person should know before they start this run: what is shown here is what will run. */
export function runDetailsOf(
  permit: Permit,
  target: TargetState,
  application: ApplicationState | null,
  settings: Settings,
): RunDetails {
  const { request, entry, parameters } = permit;
  const { manifest } = entry;
  const fromPerson = manifest.parameters.filter((one) => one.from === 'person');
  return {
    kind: 'run',
    request,
    title: manifest.title,
    says: manifest.says,
    risk: manifest.risk,
    document: entry.document,
    summary: summaryText(target),
    hosts: request.hosts,
    processes: permit.application.pm2.processes,
    parameters: manifest.parameters
      .filter((one) => one.from !== 'person' && one.from !== 'run.id')
      .map(({ name, description }) => ({ name, value: parameters[name] ?? '', says: description })),
    choices: fromPerson.map(({ name, description, pattern }) => ({
      name,
      says: description,
      pattern,
      preset: parameters[name] ?? '',
    })),
    impact: impactOf(manifest, request.hosts.length, settings),
    hazards: manifest.hazards,
    lastOutcomes: lastOutcomes(application, manifest.id),
    needsApproval: settings.config.runbooks[manifest.id]?.approval !== undefined,
    canDryRun: manifest.parameters.some((one) => one.from === 'run.dryRun'),
  };
}

function impactOf({ success, timeoutSeconds, undo }: Manifest, hosts: number, settings: Settings): string[] {
  const each = durationText(timeoutSeconds * 1000);
  const order =
    hosts === 1 ? `At most ${each}` : `One host after the other, at most ${each} each; stops at the first failure`;
  const back = settings.catalogue.find(({ manifest }) => manifest.id === undo)?.manifest.title;
  return [
    order,
    `Success: ${success}`,
    back === undefined ? 'Nothing takes it back' : `"${back}" takes it back`,
    'Whether it helped is measured at the database afterwards',
  ];
}

function lastOutcomes(application: ApplicationState | null, runbookId: string): string[] {
  const last = (application?.outcomes ?? []).filter((one) => one.runbookId === runbookId).slice(-OUTCOMES_SHOWN_MAX);
  const told = last.map(
    (one) => `${timeToken(one.atMs)}, by ${userToken(one.byUserId)}: ${foreign(outcomeText(one.outcome))}`,
  );
  return last.length < 2 ? told : [countOf(last), ...told.reverse()];
}

/** Counts alone: what would have become of it without the run was not measured, so no rate of ours would be honest. */
function countOf(last: readonly PastOutcome[]): string {
  const recovered = last.filter(({ outcome }) => outcome.kind === 'recovered').length;
  return `It recovered after ${recovered} of the last ${last.length}; how often it does without is not known`;
}
