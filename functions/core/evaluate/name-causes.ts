import type { HolderGroup, Reading } from '../model/sample.ts';
import type { Cause, Culprit } from '../model/verdict.ts';
import type { Finding } from './detector/detector-state.ts';

export interface CauseInput {
  readonly reading: Reading;
  readonly finding: Finding;
  /** Since the former reading, for rates; null when there is none. */
  readonly elapsedSeconds: number | null;
  /** The limit before it last changed; null when it never did. */
  readonly limitBefore: number | null;
}

/** Above this share of all connections, unauthenticated ones are a scanner, a load balancer or a slow login. */
const HALF_OPEN_SHARE = 0.1;

const PILE_UP_RUNNING_SHARE = 0.5;

const WAITING_MIN = 3;

/** Connections made and thrown away faster than this, with few sleepers, come from code without a pool. */
const CHURN_PER_SECOND = 20;

const CHURN_ASLEEP_SHARE_MAX = 0.2;

const WASTE_SHARE = 0.5;

const WASTE_COUNT_MIN = 20;

const LOAD_RUNNING_SHARE = 0.25;

/** Every cause that fits, the most telling first. */
export function nameCauses(input: CauseInput): readonly Cause[] {
  const { reading, finding, limitBefore } = input;
  const { connected, connectionsMax } = reading;
  const causes: Cause[] = [...pileUp(input)];
  if (finding.kind === 'leak' && finding.evidence.shape !== 'fast') causes.push({ kind: 'leak' });
  if (finding.kind === 'levelling') causes.push({ kind: 'levelling', atConnections: finding.atConnections });
  const logins = reading.holders?.unauthenticated ?? 0;
  if (logins >= WAITING_MIN && logins > HALF_OPEN_SHARE * connected) causes.push({ kind: 'halfOpenLogins', logins });
  causes.push(...churn(input));
  if (limitBefore !== null && limitBefore > connectionsMax) {
    causes.push({ kind: 'loweredLimit', before: limitBefore, now: connectionsMax });
  }
  const asleep = reading.holders?.ages[2] ?? 0;
  if (finding.kind === 'calm' && asleep >= WASTE_COUNT_MIN && asleep > WASTE_SHARE * connected) {
    causes.push({ kind: 'oversizedPool', asleep });
  }
  if (causes.length === 0 && reading.running > LOAD_RUNNING_SHARE * connected) {
    causes.push({ kind: 'honestLoad', running: reading.running });
  }
  return causes;
}

function pileUp({ reading, finding }: CauseInput): Cause[] {
  const { holders, running, connected } = reading;
  if (holders !== null && holders.waitingForMetadataLock >= WAITING_MIN) {
    return [{ kind: 'pileUp', behind: 'metadataLock', waiting: holders.waitingForMetadataLock }];
  }
  const isQueue = running >= WAITING_MIN && running > PILE_UP_RUNNING_SHARE * connected;
  if (isQueue && holders !== null && holders.longStatements > 0) {
    return [{ kind: 'pileUp', behind: 'longStatement', waiting: running }];
  }
  const isRush = finding.kind === 'leak' && finding.evidence.shape === 'fast' && finding.evidence.loadGrowthShare > 0;
  return isQueue && isRush ? [{ kind: 'pileUp', behind: 'unknown', waiting: running }] : [];
}

function churn({ reading, elapsedSeconds }: CauseInput): Cause[] {
  if (reading.attempts === null || elapsedSeconds === null || elapsedSeconds <= 0 || reading.holders === null)
    return [];
  const attemptsPerSecond = reading.attempts / elapsedSeconds;
  const asleep = reading.holders.ages[0];
  return attemptsPerSecond >= CHURN_PER_SECOND && asleep < CHURN_ASLEEP_SHARE_MAX * reading.connected
    ? [{ kind: 'churn', attemptsPerSecond }]
    : [];
}

/** Below this growth nobody is named. */
const GROWTH_MIN = 3;

/** With less than this part of the growth it is one among many. */
const SHARE_MIN = 0.3;

/** Compares two looks at holders; null when nobody stands out. Sleepers count before connections. */
export function nameCulprit(before: readonly HolderGroup[], now: readonly HolderGroup[]): Culprit | null {
  const earlier = new Map(before.map((group) => [keyOf(group), group]));
  const grown = now.map((group) => {
    const old = earlier.get(keyOf(group));
    return {
      group,
      asleep: group.sleeping - (old?.sleeping ?? 0),
      connections: group.connections - (old?.connections ?? 0),
    };
  });
  const bySleepers = grown.some(({ asleep }) => asleep >= GROWTH_MIN);
  const growthOf = (one: (typeof grown)[number]) => (bySleepers ? one.asleep : one.connections);
  const total = grown.reduce((sum, one) => sum + Math.max(0, growthOf(one)), 0);
  const most = grown.toSorted((a, b) => growthOf(b) - growthOf(a) || compare(a.group, b.group))[0];
  if (most === undefined) return null;
  const grewBy = growthOf(most);
  if (grewBy < GROWTH_MIN || grewBy < SHARE_MIN * total) return null;
  const { user, host, database, connections } = most.group;
  return { user, host, database, grewBy, connections, share: grewBy / total };
}

function keyOf({ user, host, database }: HolderGroup): string {
  return JSON.stringify([user, host, database]);
}

/** Ties go by name, so that the same looks always name the same holder. */
function compare(a: HolderGroup, b: HolderGroup): number {
  return keyOf(a) < keyOf(b) ? -1 : 1;
}
