import type { ApplicationConfig, Config } from '../config/config.ts';
import type { Settings } from '../config/settings.ts';
import type { Reason } from '../evaluate/verdict.ts';
import type { TargetState } from '../incident/target-state.ts';
import type { Offer } from '../notify/notice.ts';
import type { CatalogueEntry, Manifest } from '../runbook/manifest.ts';

/** A button outlives the newest breach by this much; an older card is drawn again before it runs anything. */
const OFFER_VALID_MS = 12 * 3_600_000;

/** The runbooks that fit this trouble, best first; none while one runs or when the trouble is over. */
export function offersOf(state: TargetState, settings: Settings): Offer[] {
  const { incident } = state;
  if (incident === null || incident.resolvedAtMs !== null || isRunning(state)) return [];
  const causes = incident.reasons.map(causeOf);
  return settings.config.applications
    .filter((application) => application.targets.includes(state.targetId))
    .flatMap((application) =>
      settings.catalogue
        .filter(({ manifest }) => manifest.kinds.includes(application.kind))
        .map((entry) => ({ application, entry, rank: rankOf(entry.manifest, causes) })),
    )
    .filter(({ rank }) => rank >= 0)
    .sort((a, b) => a.rank - b.rank)
    .map(({ application, entry }) => offerOf(state, settings.config, application, entry));
}

export function isRunning(state: TargetState): boolean {
  return state.run !== null && state.run.phase === 'running';
}

/** Who may run it: those the runbook names, else everybody listed. Nobody listed means nobody may. */
export function allowedUserIds(config: Config, runbookId: string): readonly string[] {
  const listed = config.people.map((person) => person.slackUserId);
  return config.runbooks[runbookId]?.allowed ?? listed;
}

/** What a click stands for: when it changes, cards drawn before are stale. Figures are no part of it. */
export function offerKeyOf(state: TargetState, offers: readonly Offer[]): string {
  const parts = offers.map((offer) =>
    offer.kind === 'runnable'
      ? [offer.request.runbookId, offer.request.documentHash, offer.request.applicationId, ...offer.request.hosts]
      : [offer.runbookId, offer.why],
  );
  const { incident } = state;
  const trouble =
    incident === null
      ? null
      : [incident.id, incident.severity, incident.reopenedTimes, ...incident.reasons.map(causeOf)];
  return JSON.stringify([trouble, incident?.resolvedAtMs !== null, isRunning(state), parts]);
}

type Cause = Manifest['fits'][number];

function causeOf(reason: Reason): Cause {
  return reason.rule === 'blindMonitor' ? 'unreadable' : reason.rule;
}

/** Its place among the troubles that the runbook fits, or -1. */
function rankOf(manifest: Manifest, causes: readonly Cause[]): number {
  return manifest.fits.findIndex((fit) => causes.includes(fit));
}

function offerOf(state: TargetState, config: Config, application: ApplicationConfig, entry: CatalogueEntry): Offer {
  const { manifest, document } = entry;
  const { incident } = state;
  const named = config.applications.filter((one) => one.targets.includes(state.targetId)).length > 1;
  const title = named ? `${manifest.title} (${application.id})` : manifest.title;
  const why = whyNot(config, application, manifest);
  if (why !== null || incident === null) {
    return {
      kind: 'suggested',
      runbookId: manifest.id,
      title,
      says: manifest.says,
      why: why ?? 'the incident is over',
    };
  }
  return {
    kind: 'runnable',
    title,
    says: manifest.says,
    risk: manifest.risk,
    hazards: manifest.hazards,
    request: {
      kind: 'run',
      targetId: state.targetId,
      incidentId: incident.id,
      offerVersion: state.offerVersion,
      runbookId: manifest.id,
      documentHash: document.sha256.slice(0, 16),
      applicationId: application.id,
      hosts: application.hosts,
      expiresAtMs: incident.lastBreachAtMs + OFFER_VALID_MS,
    },
  };
}

function whyNot(config: Config, application: ApplicationConfig, manifest: Manifest): string | null {
  if (allowedUserIds(config, manifest.id).length === 0) {
    return 'nobody is allowed to run it yet: list a person under "people" in runbell.config.ts and deploy';
  }
  if (application.hosts.length === 0)
    return `${application.id} has no hosts: list them in runbell.config.ts and deploy`;
  return null;
}
