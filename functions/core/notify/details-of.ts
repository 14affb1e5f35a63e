import { asksNearLimit } from '../act/second-person.ts';
import { namesOf } from '../act/who-may.ts';
import { approversFor } from '../config/people.ts';
import { databaseOf } from '../config/target-id.ts';
import type { ApplicationState } from '../model/application.ts';
import type { RunDetails } from '../model/details.ts';
import type { Permit } from '../model/permit.ts';
import type { TargetState } from '../model/target.ts';
import { canBeTried } from '../runbook/fill-parameters.ts';
import type { Manifest } from '../runbook/manifest.ts';
import type { Settings } from '../settings.ts';
import { durationText, outcomeText, summaryText } from '../text/sentences.ts';
import { othersText } from '../text/thread.ts';
import { foreign, timeToken, userToken } from '../text/tokens.ts';
import { aloneText, helpedText } from './record-text.ts';

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
      .filter(({ from }) => from !== 'person' && from !== 'run.id' && from !== 'run.dryRun')
      .map(({ name, description }) => ({ name, value: parameters[name] ?? '', says: description })),
    choices: fromPerson.map(({ name, description, pattern }) => ({
      name,
      says: description,
      pattern,
      preset: parameters[name] ?? '',
    })),
    impact: impactOf(manifest, request.hosts.length, settings),
    hazards: manifest.hazards,
    record: recordOf(target, settings, request),
    lastOutcomes: lastOutcomes(application, manifest.id),
    needsApproval: permit.second !== null,
    ...secondOf(permit, target, settings),
    isObserved: permit.isObserved,
    canDryRun: !permit.isObserved && canBeTried(manifest),
  };
}

/** Where it hangs on what is chosen in the form whether anybody else has to agree, it is said before. */
function secondOf(
  { second, entry: { manifest }, application: { kind }, askedBy, isObserved, mayBreakGlass }: Permit,
  target: TargetState,
  { config }: Settings,
): Pick<RunDetails, 'second' | 'mayBreakGlass'> {
  const { aloneNearLimit } = config.runbooks[manifest.id] ?? {};
  if (isObserved) return {};
  const whom = `: ${namesOf(approversFor(config, manifest.id), askedBy)}`;
  if (second !== null) {
    const others = othersText(second);
    const verb = second.approversMin === 1 ? 'has' : 'have';
    return { second: `${others[0]?.toUpperCase()}${others.slice(1)} ${verb} to agree${whom}`, mayBreakGlass };
  }
  if (asksNearLimit(config, target, manifest)) {
    const except = manifest.addsLoad?.except[kind].join(', ');
    const what = except ? `for anything but ${except}` : 'for this';
    return { second: `The database is near its limit, so ${what} a second person has to agree${whom}`, mayBreakGlass };
  }
  return manifest.addsLoad === undefined || aloneNearLimit === undefined
    ? {}
    : { second: `Nobody else has to agree, also near the limit: ${foreign(aloneNearLimit)}` };
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
  return last
    .map((one) => `${timeToken(one.atMs)}, by ${userToken(one.byUserId)}: ${foreign(outcomeText(one.outcome))}`)
    .reverse();
}

/** With what becomes of trouble here that nothing is run against; both are counts, and neither is a cause. */
function recordOf(target: TargetState, settings: Settings, request: RunDetails['request']): string[] {
  const helped = helpedText(target, settings, request);
  const alone = aloneText(target);
  const where = `On ${databaseOf(target.targetId)}`;
  return [
    ...(helped === null ? [] : [`${where} it ${helped}`]),
    ...(alone === null ? [] : [`${where} ${alone}; people run something against what looks worse`]),
  ];
}
