import { unreachable } from '../invariant.ts';
import type { Holder } from '../model/notice.ts';
import type { HolderGroup } from '../model/sample.ts';
import type { Incident } from '../model/target.ts';
import type { Cause, Culprit } from '../model/verdict.ts';
import { foreign } from './tokens.ts';

/** What stands behind a trouble and whose connections grew, a line each. */
export function behindTexts({ causes = [], culprit = null }: Incident): string[] {
  const text = culprit === null ? [] : [`Who: ${culpritText(culprit)}`];
  return [...causes.flatMap((cause) => causeText(cause) ?? []), ...text];
}

/** The holders with what is known of the one that grew, and the lines that do not stand there already. */
export function toldOf(incident: Incident, holders: readonly HolderGroup[]): { holders: Holder[]; behind: string[] } {
  const { culprit = null } = incident;
  const isCulprit = ({ user, host, database }: HolderGroup) =>
    user === culprit?.user && host === culprit.host && database === culprit.database;
  const isSeen = culprit !== null && holders.some(isCulprit);
  return {
    holders: holders.map((one) => (isSeen && isCulprit(one) ? { ...one, grew: grewText(culprit) } : one)),
    behind: behindTexts(isSeen ? { ...incident, culprit: null } : incident),
  };
}

/** What stands behind a trouble and what follows from it, one line without a full stop; null: the reasons say it all. */
export function causeText(cause: Cause): string | null {
  switch (cause.kind) {
    case 'leak':
      return null;
    case 'pileUp':
      return `A queue and no leak: ${pileUpText(cause)}; ending idle connections will not help`;
    case 'halfOpenLogins':
      return `${cause.logins} logins are half open: a scanner, a load balancer's check or a slow login; connect_timeout ends them`;
    case 'churn':
      return `About ${Math.round(cause.attemptsPerSecond)} connections a second are made and thrown away: code without a pool, which a restart does not cure`;
    case 'loweredLimit':
      return `max_connections was lowered from ${cause.before} to ${cause.now}`;
    case 'oversizedPool':
      return `Advice: ${cause.asleep} connections have slept for a quarter of an hour and nothing grows; the pools are larger than needed`;
    case 'levelling':
      return `Advice: it leaks, and will level off at about ${cause.atConnections}, because wait_timeout ends the oldest idle connections`;
    case 'honestLoad':
      return `It looks like honest load: ${cause.running} statements run at once; fewer requests or more room help, a restart does not`;
    default:
      return unreachable(cause);
  }
}

function pileUpText({ behind, waiting }: Extract<Cause, { kind: 'pileUp' }>): string {
  switch (behind) {
    case 'metadataLock':
      return `${waiting} statements wait for a metadata lock, until whoever holds it ends`;
    case 'longStatement':
      return `${waiting} statements run at once, and at least one has for more than a minute`;
    case 'unknown':
      return `nearly all new connections run statements, ${waiting} at once`;
  }
}

/** Whose connections grew. */
function culpritText({ user, host, database, grewBy, connections, share }: Culprit): string {
  const where = database === null ? '' : ` on ${foreign(database)}`;
  const part = `${Math.round(share * 100)} % of the growth`;
  return `${foreign(user)} from ${foreign(host)}${where} grew by ${grewBy} to ${connections} connections, ${part}`;
}

function grewText({ grewBy, share }: Culprit): string {
  return `grew by ${grewBy}, ${Math.round(share * 100)} % of the growth`;
}
