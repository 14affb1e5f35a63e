import type { Config } from '../config/config.ts';
import { rulesOf } from '../config/people.ts';
import type { RunRequest, SecondPerson, UndoRequest } from '../model/request.ts';
import type { TargetState } from '../model/target.ts';
import type { CatalogueEntry, Manifest } from '../runbook/manifest.ts';

type Wanted = Pick<RunRequest | UndoRequest, 'runbookId' | 'choices'>;

/** null: whoever may run it may do so alone. */
export function secondPersonFor(
  config: Config,
  target: TargetState,
  { manifest }: CatalogueEntry,
  { runbookId, choices }: Wanted,
  kind: Manifest['kinds'][number],
): SecondPerson | null {
  const { approval } = config.runbooks[runbookId] ?? {};
  if (approval !== undefined) {
    return { approversMin: approval.approvers, withinSeconds: approval.withinSeconds, why: 'configured' };
  }
  const { addsLoad } = manifest;
  if (addsLoad === undefined || !asksNearLimit(config, target, manifest)) return null;
  const preset = manifest.parameters.find(({ name }) => name === addsLoad.parameter)?.default ?? '';
  const isHarmless = addsLoad.except[kind].includes(choices[addsLoad.parameter] ?? preset);
  return isHarmless ? null : { approversMin: 1, withinSeconds: NEAR_LIMIT_SECONDS, why: 'nearLimit' };
}

/** As `approval.withinSeconds` where nothing is written. */
const NEAR_LIMIT_SECONDS = 600;

/** Whether something that this runbook can do needs a second person now, because of the state that the database is in. */
export function asksNearLimit(config: Config, target: TargetState, { id, addsLoad }: Manifest): boolean {
  const { approval, aloneNearLimit } = config.runbooks[id] ?? {};
  if (addsLoad === undefined || approval !== undefined || aloneNearLimit !== undefined) return false;
  const { figures, incident } = target;
  // Nobody knows of any room where nobody sees any.
  if (figures === null || figures.lostSight !== null || figures.full || figures.connectionsMax <= 0) return true;
  const configured = config.targets.find((one) => one.id === target.targetId);
  if (configured === undefined) return true;
  const { level, absolute } = rulesOf(config, configured);
  const bound = Math.min(level.warningAtShare * figures.connectionsMax, absolute.raiseAt ?? Infinity);
  const isRefusing = incident?.healthySinceMs === null && incident.reasons.some(({ rule }) => rule === 'refused');
  return figures.connected >= bound || isRefusing;
}
