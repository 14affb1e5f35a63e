import type { Config } from '../../functions/core/config/config.ts';
import { COPIES_RUNBOOK, type NoCopies, noCopiesOf } from '../../functions/core/config/people.ts';

/** Whether Runbell keeps copies of configuration files on the hosts of an application without a click. */
export interface CopiesView {
  readonly applicationId: string;
  readonly kept: boolean;
  /** null where they are kept. */
  readonly why: NoCopies | null;
}

export function copiesView(config: Config): readonly CopiesView[] {
  return config.applications.map((application) => {
    const why = noCopiesOf(config, application);
    return { applicationId: application.id, kept: why === null, why };
  });
}

const WHY: Readonly<Record<NoCopies, string>> = {
  off: 'snapshots.off is set',
  nobodyMay: `nobody may run ${COPIES_RUNBOOK}`,
  observed: 'it is observed',
  noHosts: 'it has no hosts',
};

/** The same as a sentence of its own. */
export function copiesSentence(views: readonly CopiesView[], atUtc: string): string | null {
  const text = copiesText(views, atUtc);
  return text === null ? null : `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** Without its capital and full stop; null: there is no application. */
export function copiesText(views: readonly CopiesView[], atUtc: string): string | null {
  const kept = views.filter((view) => view.kept).map(({ applicationId }) => applicationId);
  const others =
    views.filter(({ why }) => why === 'off').length > 0
      ? WHY.off
      : views.flatMap(({ applicationId, why }) => (why === null ? [] : [`${applicationId} (${WHY[why]})`])).join(', ');
  if (views.length === 0) return null;
  if (kept.length === 0) return `Runbell keeps no copies of configuration files without a click: ${others}`;
  return (
    `without a click, Runbell keeps copies of configuration files (.env too) on the hosts of ${kept.join(', ')}: at first, ` +
    `daily at ${atUtc} UTC, and after each incident; ${others === '' ? '' : `not of ${others}; `}snapshots: { off: true } switches it off`
  );
}
