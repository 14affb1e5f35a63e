import type { ApplicationConfig, Config } from '../config/config.ts';
import { allowedFor, observes } from '../config/people.ts';
import { databaseOf, isPracticeId } from '../config/target-id.ts';
import type { Offer, UndoOffer } from '../model/notice.ts';
import type { RunRequest } from '../model/request.ts';
import type { Incident, TargetState } from '../model/target.ts';
import type { RuleName } from '../model/verdict.ts';
import { missingSettings } from '../runbook/fill-parameters.ts';
import type { CatalogueEntry, Manifest } from '../runbook/manifest.ts';
import type { Settings } from '../settings.ts';
import { secondPersonFor } from './second-person.ts';
import { takeBackNow } from './take-back.ts';

/** A button outlives the newest breach by this much; an older card is drawn again before it runs anything. */
const OFFER_VALID_MS = 12 * 3_600_000;

/** Every runbook for this target's applications, those that fit the trouble first; none while one runs or waits. */
export function offersOf(state: TargetState, settings: Settings): Offer[] {
  const { incident } = state;
  if (incident === null || incident.resolvedAtMs !== null || isOccupied(state) || hasRecovered(state)) return [];
  const causes = causesOf(incident, settings);
  return settings.config.applications
    .filter((application) => serves(application, state.targetId))
    .flatMap((application) =>
      settings.catalogue
        .filter(({ manifest }) => manifest.kinds.includes(application.kind) && fitsPractice(manifest, state.targetId))
        .map((entry) => ({ application, entry, rank: rankOf(entry.manifest, causes) })),
    )
    .sort((a, b) => a.rank - b.rank)
    .map(({ application, entry, rank }) => offerOf(state, settings, application, entry, rank < NO_FIT));
}

/** Its runbooks are for this target, or for the practice of it. */
export function serves({ targets }: ApplicationConfig, targetId: string): boolean {
  return targets.includes(databaseOf(targetId));
}

/** A practice runs what only reads and leaves nothing to mind: nobody's practice is anybody's outage. */
export function fitsPractice({ risk, hazards }: Manifest, targetId: string): boolean {
  return (risk === 'read' && hazards.length === 0) || !isPracticeId(targetId);
}

/** It helped, and nothing is wrong at present: a red button would only tempt. */
function hasRecovered({ incident, run }: TargetState): boolean {
  return run?.outcome?.kind === 'recovered' && incident !== null && incident.healthySinceMs !== null;
}

/** A run is on its way, or waits for a second person. */
export function isOccupied({ run }: TargetState): boolean {
  return run !== null && (run.phase === 'running' || run.phase === 'awaiting');
}

/** What a click stands for: when it changes, cards drawn before are stale. Figures are no part of it. */
export function offerKeyOf(state: TargetState, settings: Settings): string {
  const parts = offersOf(state, settings).map((offer) =>
    offer.kind === 'runnable'
      ? [
          offer.request.runbookId,
          offer.request.documentHash,
          offer.request.applicationId,
          offer.needsApproval,
          ...offer.request.hosts,
          ...[offer.approversMin, offer.isObserved].filter((one) => one !== undefined),
        ]
      : [offer.runbookId, offer.why],
  );
  const { incident, run } = state;
  const trouble =
    incident === null
      ? null
      : [incident.id, incident.severity, incident.reopenedTimes, ...new Set(causesOf(incident, settings).toSorted())];
  const occupied = run !== null && isOccupied(state) ? [run.runId, run.phase] : false;
  return JSON.stringify([trouble, incident?.resolvedAtMs !== null, occupied, state.silence !== null, parts]);
}

/** What takes back the newest run that can be, once nothing else is on its way. */
export function undoOfferOf(state: TargetState, settings: Settings): UndoOffer | null {
  const taken = takeBackNow(state, settings);
  if (state.incident === null || taken === null || isOccupied(state)) return null;
  const { runId, runbookId, runbookTitle, applicationId, hosts } = taken;
  const application = settings.config.applications.find((one) => one.id === applicationId);
  const undoId = settings.catalogue.find(({ manifest }) => manifest.id === runbookId)?.manifest.undo ?? null;
  const entry = settings.catalogue.find(({ manifest }) => manifest.id === undoId);
  if (application === undefined || entry === undefined) return null;
  if (whyNot(settings.config, application, entry.manifest) !== null) return null;
  const { kind: _, ...request } = { ...runRequestOf(state, application, entry), hosts };
  return {
    ...runnableOf(state, settings, application, entry),
    title: `Undo: ${entry.manifest.title}`,
    says: `Takes back what "${runbookTitle}" did. ${entry.manifest.says}`,
    request: { ...request, kind: 'undo', undoes: runId },
  };
}

type Fit = Manifest['fits'][number];
/** Behind everything that fits. */
const NO_FIT = 1000;

/** What stands behind the trouble, where that is known and somebody has a runbook for it; else the trouble itself. */
function causesOf({ causes = [], reasons }: Incident, { catalogue }: Settings): readonly Fit[] {
  const known = causes
    .map(({ kind }): Fit => (kind === 'levelling' ? 'leak' : kind))
    .filter((fit) => catalogue.some(({ manifest }) => manifest.fits.includes(fit)));
  return known.length > 0 ? known : reasons.map(({ rule }) => fitOf(rule));
}

/** What looks at workers and restarts them fits an application that is down, too. */
function fitOf(rule: RuleName): Fit {
  if (rule === 'applicationDown') return 'leak';
  return rule === 'blindMonitor' ? 'unreadable' : rule;
}

/** Cures before changes, changes before looks; within each by its place among the troubles that it fits. */
const RANK_BY_RISK: Readonly<Record<Manifest['risk'], number>> = { disrupt: 0, change: 20, read: 40 };

/** Nothing that restarts or ends something cures these: a look comes first. */
const LOOK_FIRST: readonly Fit[] = ['pileUp', 'halfOpenLogins', 'churn', 'loweredLimit', 'honestLoad'];

function rankOf(manifest: Manifest, causes: readonly Fit[]): number {
  // Without any cause it is a practice, which everything that it offers fits.
  const place = causes.length === 0 ? 0 : manifest.fits.findIndex((fit) => causes.includes(fit));
  if (place < 0) return NO_FIT;
  const isLook = manifest.risk === 'read' && LOOK_FIRST.some((fit) => fit === causes[0]);
  return isLook ? place - NO_FIT : RANK_BY_RISK[manifest.risk] + place;
}

function offerOf(
  state: TargetState,
  settings: Settings,
  application: ApplicationConfig,
  entry: CatalogueEntry,
  fitsCause: boolean,
): Offer {
  const { manifest } = entry;
  const isOneOfMany = settings.config.applications.filter((one) => serves(one, state.targetId)).length > 1;
  const title = isOneOfMany ? `${manifest.title} (${application.id})` : manifest.title;
  const suggested = { kind: 'suggested', runbookId: manifest.id, title, says: manifest.says } as const;
  const why = whyNot(settings.config, application, manifest);
  if (why !== null) return { ...suggested, why, told: 'card' };
  const missing = missingSettings(manifest, application);
  if (missing.length > 0) {
    return {
      ...suggested,
      why: `${application.id} has no ${missing.join(', ')} in runbell.config.ts`,
      told: 'details',
    };
  }
  const { hosts: kept = [], failed } = state.snapshots?.[application.id] ?? {};
  const hosts = manifest.needs === undefined ? application.hosts : application.hosts.filter((id) => kept.includes(id));
  if (hosts.length === 0) {
    const none = `No copy of the configuration of ${application.id} is known, so nothing can be put back or compared`;
    const how =
      failed === undefined
        ? '"Keep configuration" makes one, and so does Runbell once a day'
        : `Runbell tries again, and last could not keep one on ${failed}`;
    return { ...suggested, why: `${none}: ${how}`, told: fitsCause ? 'line' : 'details' };
  }
  const request = { ...runRequestOf(state, application, entry), hosts };
  return { kind: 'runnable', ...runnableOf(state, settings, application, entry), title, fitsCause, request };
}

function runnableOf(
  state: TargetState,
  { config, catalogue }: Settings,
  application: ApplicationConfig,
  entry: CatalogueEntry,
) {
  const { manifest } = entry;
  const isObserved = observes(config, application);
  const wanted = { runbookId: manifest.id, choices: {} };
  const second = isObserved ? null : secondPersonFor(config, state, entry, wanted, application.kind);
  const { approversMin = 1 } = second ?? {};
  const hasChoices = manifest.parameters.some((one) => one.from === 'person');
  const undo = catalogue.find((one) => one.manifest.id === manifest.undo)?.manifest;
  const confirm = { read: 'none', change: 'dialog', disrupt: 'form' } as const;
  return {
    title: manifest.title,
    says: manifest.says,
    risk: manifest.risk,
    confirm: hasChoices && manifest.risk !== 'read' ? 'form' : confirm[manifest.risk],
    hazards: manifest.hazards,
    needsApproval: second !== null,
    ...(approversMin === 1 ? {} : { approversMin }),
    ...(isObserved ? { isObserved } : {}),
    undoTitle: undo?.kinds.includes(application.kind) ? undo.title : null,
  } as const;
}

/** Exactly what a click would do now. */
export function runRequestOf(state: TargetState, application: ApplicationConfig, entry: CatalogueEntry): RunRequest {
  return {
    kind: 'run',
    targetId: state.targetId,
    incidentId: state.incident?.id ?? '',
    offerVersion: state.offerVersion,
    runbookId: entry.manifest.id,
    documentHash: entry.document.sha256.slice(0, 16),
    applicationId: application.id,
    hosts: application.hosts,
    hostsTotal: application.hosts.length,
    expiresAtMs: (state.incident?.lastBreachAtMs ?? 0) + OFFER_VALID_MS,
    choices: {},
    dryRun: false,
  };
}

function whyNot(config: Config, application: ApplicationConfig, manifest: Manifest): string | null {
  const { userIds, groupIds } = allowedFor(config, manifest.id);
  if (userIds.length + groupIds.length === 0) {
    return 'nobody is allowed to run it yet: list a person under "people" in runbell.config.ts and deploy';
  }
  const total = application.hosts.length;
  if (total === 0) return `${application.id} has no hosts: list them in runbell.config.ts and deploy`;
  const most = hostsMaxOf(config, manifest.id, total);
  if (total > most) {
    return `it would touch all ${total} hosts and at most ${most} may be touched at once: name some with /runbell run`;
  }
  return null;
}

/** How many of an application's hosts one run may touch: at least one, or a share would shut out small applications. */
export function hostsMaxOf(config: Config, runbookId: string, total: number): number {
  const { atMost = total, atMostShare = 1 } = config.runbooks[runbookId]?.hosts ?? {};
  return Math.min(atMost, Math.max(1, Math.floor(total * atMostShare)));
}
