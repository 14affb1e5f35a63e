import { describe, expect, it } from 'vitest';
import { advanceTarget } from '../../../functions/core/incident/advance-target.ts';
import type { TargetState } from '../../../functions/core/incident/target-state.ts';
import { incident, NIGHT_MS, settings, troubled, window } from '../../support/builders.ts';

const using = settings();
const resolved = troubled(using, { incident: incident({ resolvedAtMs: NIGHT_MS }) });
const LATER_MS = NIGHT_MS + 24 * 3_600_000;

function advance(state: TargetState) {
  return advanceTarget({
    state,
    verdict: { kind: 'healthy' },
    figures: state.figures,
    records: window([20, 20, 20]),
    nowMs: LATER_MS,
    newId: 'inc-new0000000',
    settings: using,
  });
}

describe('an incident that can no longer be reopened', () => {
  it('is kept while Slack has not heard of its end, however long that takes', () => {
    expect(advance(resolved)).toEqual({ kind: 'keep', why: 'stillOwed' });
  });

  it('is forgotten once nothing is owed', () => {
    const { notice } = resolved;
    const told = { ...resolved, storyOwed: [], notice: { ...notice, shownVersion: notice.owedVersion } };
    expect(advance(told)).toMatchObject({ kind: 'write', why: 'forgotten', state: { incident: null } });
  });
});
