import { describe, expect, it } from 'vitest';
import { advanceTarget } from '../../../functions/core/incident/advance-target.ts';
import type { TargetState } from '../../../functions/core/model/target.ts';
import type { Verdict } from '../../../functions/core/model/verdict.ts';
import { incident, NIGHT_MS, settings, troubled, window } from '../../support/builders.ts';

const using = settings();
const resolved = troubled(using, { incident: incident({ resolvedAtMs: NIGHT_MS }) });
const LATER_MS = NIGHT_MS + 24 * 3_600_000;

const breaching: Verdict = { ...incident({ severity: 'critical' }), kind: 'breaching' };

function advance(state: TargetState, verdict: Verdict = { kind: 'healthy' }) {
  return advanceTarget({
    state,
    verdict,
    figures: state.figures,
    records: window([20, 20, 20]),
    holders: null,
    nowMs: LATER_MS,
    newId: 'inc-new0000000',
    settings: using,
  });
}

describe('an incident that can no longer be reopened', () => {
  it('is kept while Slack has not heard of its end, however long that takes', () => {
    expect(advance(resolved)).toEqual({ kind: 'keep', why: 'nothing' });
  });

  it('is forgotten once nothing is owed', () => {
    const { notice } = resolved;
    const told = { ...resolved, storyOwed: [], notice: { ...notice, shownVersion: notice.owedVersion } };
    expect(advance(told)).toMatchObject({ kind: 'write', why: 'forgotten', state: { incident: null } });
  });

  it('goes on with the next trouble when Slack has not heard of its end, so that no card is left with an untruth', () => {
    const taken = { ...resolved, acknowledgement: { userId: 'U0FIRST', atMs: NIGHT_MS } };
    const paged = {
      ...taken,
      notice: { ...taken.notice, message: { channel: 'C0ALERTS', ts: '1.2' }, pagedVersion: 1 },
    };
    expect(advance(paged, breaching)).toMatchObject({
      why: 'reopened',
      state: {
        incident: { id: incident().id, openedAtMs: NIGHT_MS, reopenedAtMs: LATER_MS, resolvedAtMs: null },
        // What people have not heard of for a day concerns them anew.
        acknowledgement: null,
        notice: { message: { ts: '1.2' }, pagedVersion: 0 },
      },
    });
  });

  it('makes room for a new one, on a card of its own, once nothing is owed', () => {
    const { notice } = resolved;
    const told = { ...resolved, storyOwed: [], notice: { ...notice, shownVersion: notice.owedVersion } };
    expect(advance(told, breaching)).toMatchObject({
      why: 'opened',
      state: { incident: { id: 'inc-new0000000' }, notice: { message: null } },
    });
  });
});
