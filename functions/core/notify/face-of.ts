import { databaseOf } from '../config/target-id.ts';
import { courseOf } from '../incident/course.ts';
import { unreachable } from '../invariant.ts';
import type { Face } from '../model/notice.ts';
import type { Outcome } from '../model/run.ts';
import type { Incident, TargetState } from '../model/target.ts';
import { partsText } from '../text/sentences.ts';
import { mayBeGreen } from '../verify/liveness.ts';

/** Red is for what is wrong now, and green for what is known to be well. */
export function faceOf(state: TargetState, incident: Incident): Face {
  const { run, liveness } = state;
  if (run?.phase === 'running' || run?.phase === 'awaiting') return run.phase;
  const isOpen = incident.resolvedAtMs === null;
  const trouble = troubleFace(state, incident);
  if (isOpen && incident.healthySinceMs === null && trouble === 'down') return trouble;
  if (run?.phase === 'verifying') return 'verifying';
  const outcome = run?.outcome ?? null;
  const isRecovered = outcome?.kind === 'recovered' && (!isOpen || incident.lastBreachAtMs <= outcome.after.atMs);
  const isWell = !isOpen || isRecovered || incident.healthySinceMs !== null;
  if (isWell && !mayBeGreen(liveness)) return 'doubted';
  if (isRecovered) return 'recovered';
  if (isWell) return isOpen ? 'settling' : 'resolved';
  return trouble === 'unreachable' ? trouble : (outcomeFace(outcome, incident) ?? trouble);
}

/** An outcome speaks until the incident has moved on. */
function outcomeFace(outcome: Outcome | null, incident: Incident): Face | null {
  if (outcome === null || outcome.kind === 'recovered' || outcome.kind === 'applicationDown') return null;
  const hasTurned = outcome.kind !== 'inconclusive' && courseOf(incident).sinceMs > outcome.after.atMs;
  return hasTurned ? null : outcome.kind;
}

function troubleFace({ figures }: TargetState, incident: Incident): Face {
  const { kind } = courseOf(incident);
  if (kind === 'applicationDown' || kind === 'partlyDown') return 'down';
  if (kind === 'full' && figures?.full !== false) return 'refusing';
  return kind === 'unreachable' || kind === 'blind' ? kind : incident.severity;
}

/** What is wrong in a few words, whatever is done about it: for who is woken. */
export function troubleTitle(state: TargetState, incident: Incident): string {
  return titleOf(state, troubleFace(state, incident), incident);
}

/** What is wrong, or what became of it, in a few words. */
export function titleNow(state: TargetState, incident: Incident): string {
  return titleOf(state, faceOf(state, incident), incident);
}

export function titleOf(state: TargetState, face: Face, incident: Incident): string {
  const { targetId } = state;
  switch (face) {
    case 'refusing':
      return `${targetId} refuses connections`;
    case 'unreachable':
      return `${targetId} is unreachable`;
    case 'down':
      return `${targetId}: ${downText(state)}`;
    case 'doubted':
      return `${targetId}: checking whether the application runs`;
    case 'blind':
      return incident.reasons.some((reason) => reason.rule === 'blindMonitor')
        ? `${targetId}: Runbell sees only itself`
        : `${targetId} cannot be read`;
    case 'awaiting':
      return `${targetId}: a runbook waits for a second person`;
    case 'running':
      return `${targetId}: a runbook is running`;
    case 'verifying':
      return `${targetId}: checking whether it helped`;
    case 'recovered':
      return `${targetId} has recovered`;
    case 'settling':
      return `${targetId} is recovering`;
    case 'resolved':
      return incident.isPractice ? `the practice for ${databaseOf(targetId)} is over` : `${targetId} is well again`;
    case 'improved':
      return `${targetId}: improved, still too high`;
    case 'notRecovered':
      return `${targetId}: no effect`;
    case 'relapsed':
      return `${targetId} has relapsed`;
    case 'inconclusive':
      return `${targetId}: can't tell if it helped`;
    case 'critical':
    case 'warning':
      if (incident.isPractice) return `nothing is wrong with ${databaseOf(targetId)}`;
      if (incident.causes?.[0]?.kind === 'pileUp') return `${targetId}: statements pile up`;
      return incident.reasons.some((reason) => reason.rule === 'leak' && reason.shape !== 'fast')
        ? `${targetId} leaks connections`
        : `${targetId} is running out of connections`;
    default:
      return unreachable(face);
  }
}

function downText({ liveness }: TargetState): string {
  if (liveness === undefined || (liveness.found.kind !== 'down' && liveness.found.kind !== 'partly'))
    return 'the application is down';
  const { found, applicationId, isConnected } = liveness;
  if (found.up > 0) return `${partsText(found, applicationId)}`;
  return isConnected === false ? 'connections are gone, and so are the workers' : `${applicationId} is down`;
}
