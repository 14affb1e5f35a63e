import type { HolderGroup, Reading } from '../model/sample.ts';
import { type Cause, type Culprit, isSightRule, kindsOf, type Verdict } from '../model/verdict.ts';
import type { Decision } from './decide-sample.ts';
import { nameCauses, nameCulprit } from './name-causes.ts';

/** What stands behind a trouble and whose connections grew, with what is needed to say it again at the next look. */
export interface Explanation {
  readonly causes: readonly Cause[];
  readonly culprit: Culprit | null;
  /** Looks in a row that named other causes. */
  readonly doubts: number;
  /** Who held what, oldest first: what growth is measured from. */
  readonly looks: readonly HolderLook[];
}

export interface HolderLook {
  readonly atMs: number;
  readonly groups: readonly HolderGroup[];
}

/** A button must not go stale because one look out of three saw a few more waiting. */
const DOUBTS_MIN = 3;

const LOOK_EVERY_MS = 10 * 60_000;

/** Four hours, as far as the detector looks back. */
const LOOKS_MAX = 24;

const GROUPS_MAX = 20;

/** Where nothing says since when it has grown. */
const GROWTH_MS = 3_600_000;

/** An old limit explains trouble of the day it was lowered. */
const LOWERED_MS = 24 * 3_600_000;

export const NOTHING_EXPLAINED: Explanation = { causes: [], culprit: null, doubts: 0, looks: [] };

/** One look more. Only a look at whole holders can tell; `elapsedSeconds` is the time since the former reading. */
export function explain(
  before: Explanation,
  { state, finding }: Decision,
  reading: Reading,
  elapsedSeconds: number | null,
): Explanation {
  const { holders, atMs } = reading;
  if (holders?.sight !== 'whole') return before;
  const { before: former, changedAtMs } = state.detector.memory.limit;
  const limitBefore = former > 0 && atMs - changedAtMs < LOWERED_MS ? former : null;
  const causes = nameCauses({ reading, finding, elapsedSeconds, limitBefore });
  const isOther = kindsOf(causes) !== kindsOf(before.causes);
  const doubts = isOther ? before.doubts + 1 : 0;
  const isDoubted = isOther && state.phase.trouble !== null && before.causes.length > 0 && doubts < DOUBTS_MIN;
  const sinceMs = 'evidence' in finding && finding.evidence !== null ? finding.evidence.sinceMs : atMs - GROWTH_MS;
  const from = before.looks.findLast((look) => look.atMs <= sinceMs) ?? before.looks[0];
  return {
    causes: isDoubted ? before.causes : causes,
    culprit: from === undefined ? null : nameCulprit(from.groups, holders.groups),
    doubts: isDoubted ? doubts : 0,
    looks: withLook(before.looks, { atMs, groups: holders.groups.slice(0, GROUPS_MAX) }),
  };
}

function withLook(looks: readonly HolderLook[], look: HolderLook): readonly HolderLook[] {
  const newestMs = looks.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY;
  return look.atMs - newestMs < LOOK_EVERY_MS ? looks : [...looks, look].slice(-LOOKS_MAX);
}

/** Causes explain trouble with connections, not trouble with our sight. */
export function withExplanation(verdict: Verdict, { causes, culprit }: Explanation): Verdict {
  if (verdict.kind !== 'breaching' || verdict.reasons.every(({ rule }) => isSightRule(rule))) return verdict;
  return { ...verdict, causes, culprit };
}
