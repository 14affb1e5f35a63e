import { observes } from '../config/observes.ts';
import type { Beside, Run } from '../model/run.ts';
import { canBeTried, fillParameters } from '../runbook/fill-parameters.ts';
import type { Settings } from '../settings.ts';
import { startedRun } from './new-run.ts';

export interface BesideWork {
  readonly runId: string;
  readonly runbookId: string;
  readonly applicationId: string;
  readonly beside: Beside;
  readonly hosts?: readonly string[];
  readonly person?: Readonly<Record<string, string>>;
}

/** A run of Runbell's own on all hosts, unless told where; null: there is nothing to run, or nowhere to run it. */
export function besideRun({ config, catalogue }: Settings, work: BesideWork, nowMs: number): Run | null {
  const { runId, runbookId, applicationId, beside, person = {} } = work;
  const entry = catalogue.find(({ manifest }) => manifest.id === runbookId);
  const application = config.applications.find(({ id }) => id === applicationId);
  const hosts = work.hosts ?? application?.hosts ?? [];
  if (entry === undefined || application === undefined || hosts.length === 0) return null;
  const dryRun = observes(config, application);
  if (dryRun && !canBeTried(entry.manifest)) return null;
  const facts = { application, targets: config.targets, runId, dryRun, person };
  const filled = fillParameters(entry.manifest, facts);
  if (filled.kind === 'invalid') return null;
  return {
    ...startedRun(entry, { runId, applicationId, parameters: filled.parameters, hosts }, nowMs),
    beside,
    dryRun,
  };
}
