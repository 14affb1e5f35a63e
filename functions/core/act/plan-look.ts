import { allowedFor } from '../config/people.ts';
import type { ApplicationState } from '../model/application.ts';
import type { FreezeState } from '../model/freeze.ts';
import type { Run } from '../model/run.ts';
import type { Liveness, LookFound } from '../model/target.ts';
import type { Settings } from '../settings.ts';
import { withFound } from '../verify/liveness.ts';
import { freezeOver } from './freezes.ts';
import { besideRun, RUNBELL } from './new-run.ts';

/** The runbook that looks at an application and changes nothing. */
const LOOK_RUNBOOK = 'diagnose';
/** While somebody else is at work there, or a look is out. */
const BUSY_MS = 30_000;
/** A look that was stored and never began is begun anew after this. */
const LOST_MS = 5 * 60_000;

export interface LookInput {
  readonly settings: Settings;
  readonly targetId: string;
  readonly liveness: Liveness;
  readonly lock: ApplicationState['lock'];
  readonly freezes: FreezeState | 'unreadable';
  /** The former look has not ended. */
  readonly isLooking: boolean;
  readonly newId: string;
  readonly nowMs: number;
}

/** What is stored with the target first, and then the run that it names. */
export interface LookPlan {
  readonly why: string;
  readonly liveness: Liveness;
  readonly run: Run | null;
}

/** Runbell looks by itself only where somebody may have it look, and makes way for whatever a person does. */
export function planLook(input: LookInput): LookPlan {
  const { settings, liveness, lock, freezes, nowMs, newId: runId } = input;
  const { applicationId } = liveness;
  const current = settings.config.applications.find(({ id }) => id === applicationId)?.hosts ?? [];
  const known = liveness.hosts.filter((id) => current.includes(id));
  const hosts = known.length > 0 ? known : current;
  const later = (why: string) => ({ why, liveness: { ...liveness, lookAtMs: nowMs + BUSY_MS }, run: null });
  const unclear = (why: string) => {
    const found: LookFound = { kind: 'unclear', atMs: nowMs, why };
    return { why, liveness: withFound(liveness, found, nowMs), run: null };
  };
  if (input.isLooking) return later('stillLooking');
  if (lock !== null && lock.expiresAtMs > nowMs) return later('applicationBusy');
  if (freezes === 'unreadable') return unclear('nobody knows whether it is frozen');
  const what = { applicationId, runbookId: LOOK_RUNBOOK, userIds: [RUNBELL] };
  if (freezeOver(freezes, what, nowMs) !== null) return unclear('runs are frozen');
  const { userIds, groupIds } = allowedFor(settings.config, LOOK_RUNBOOK);
  if (userIds.length + groupIds.length === 0)
    return unclear(`nobody may run ${LOOK_RUNBOOK}, so Runbell does not either`);
  const beside = { kind: 'check', targetId: input.targetId } as const;
  const run = besideRun(settings, { runId, runbookId: LOOK_RUNBOOK, applicationId, beside, hosts }, nowMs);
  if (run === null) return unclear(`${LOOK_RUNBOOK} cannot be run on ${applicationId}`);
  return { why: 'looks', liveness: { ...liveness, lookId: runId, lookAtMs: nowMs + LOST_MS }, run };
}
