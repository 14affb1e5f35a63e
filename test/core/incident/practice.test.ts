import { describe, expect, it } from 'vitest';
import { decide } from '../../../functions/core/act/decide.ts';
import { parseConfig } from '../../../functions/core/config/parse-config.ts';
import { oweNotice } from '../../../functions/core/incident/owe.ts';
import { nextWakeMs, passTime } from '../../../functions/core/incident/pass-time.ts';
import { newPractice, PRACTICE_MS } from '../../../functions/core/incident/practice.ts';
import type { RunRequest } from '../../../functions/core/model/request.ts';
import type { TargetState } from '../../../functions/core/model/target.ts';
import { noticeOf } from '../../../functions/core/notify/notice-of.ts';
import { isPageDue } from '../../../functions/core/notify/pace.ts';
import { markersOf } from '../../../functions/core/store/markers.ts';
import {
  configInput,
  decideState,
  MINUTE_MS,
  NIGHT_MS,
  requestRecord,
  restartWorkers,
  settings,
} from '../../support/builders.ts';

const diagnose = restartWorkers({
  id: 'diagnose',
  title: 'Diagnose',
  risk: 'read',
  says: 'Looks and says.',
  hazards: [],
  fits: [],
});
const page = { topicArn: 'arn:aws:sns:eu-central-1:000000000000:alarms' };
const using = settings({ page }, [restartWorkers(), diagnose]);
const practice: TargetState = newPractice('orders-db', null, {
  incidentId: 'inc-practice01',
  begunBy: 'arn:aws:sts::000000000000:assumed-role/ops/somebody',
  nowMs: NIGHT_MS,
});

function button(): RunRequest {
  const [offer] = noticeOf(practice, using)?.offers ?? [];
  if (offer?.kind !== 'runnable' || offer.request.kind !== 'run') throw new Error('there is no button');
  return offer.request;
}

describe('a practice', () => {
  it('says on its card that nothing is wrong, and offers as a button only what reads', () => {
    const notice = noticeOf(practice, using);
    expect(notice).toMatchObject({ isPractice: true, face: 'warning', title: 'nothing is wrong with orders-db' });
    expect(notice?.offers.map((offer) => (offer.kind === 'runnable' ? offer.request.runbookId : ''))).toEqual([
      'diagnose',
    ]);
    expect(notice?.offers[0]).toMatchObject({ fitsCause: true });
  });

  it('runs what reads through the guards of every run, and refuses what does more', () => {
    const state = decideState(using, practice);
    const runs = decide(state, requestRecord(button()), NIGHT_MS + 1000);
    expect(runs).toMatchObject({
      kind: 'start',
      permit: { request: { hosts: ['i-0000000000000001', 'i-0000000000000002'] } },
    });
    const stranger = requestRecord(button(), { by: { userId: 'U0NOBODY', teamId: 'T0TEAM', kind: 'member' } });
    expect(decide(state, stranger, NIGHT_MS + 1000)).toMatchObject({ kind: 'refused', reason: 'notAllowed' });
    const restart = requestRecord({ ...button(), runbookId: 'restart-workers' });
    expect(decide(state, restart, NIGHT_MS + 1000)).toMatchObject({ kind: 'refused', reason: 'badWish' });
  });

  it('pages nobody and reminds nobody, however long nobody has it', () => {
    expect(isPageDue(practice, using, NIGHT_MS + 14 * MINUTE_MS).kind).toBe('no');
    expect(passTime(practice, using, NIGHT_MS + 14 * MINUTE_MS)).toBeNull();
    expect(nextWakeMs(practice, using)).toBe(NIGHT_MS + PRACTICE_MS);
  });

  it('ends by itself, tells it once, and leaves the table within a day', () => {
    const passed = passTime(practice, using, NIGHT_MS + PRACTICE_MS);
    expect(passed?.story.map(({ text }) => text)).toEqual(['The practice is over after 15 minutes']);
    const over = oweNotice(passed?.state ?? practice, using, NIGHT_MS + PRACTICE_MS, passed?.story);
    expect(noticeOf(over, using)).toMatchObject({ face: 'resolved', offers: [] });
    expect(passTime(over, using, NIGHT_MS + 2 * PRACTICE_MS)).toBeNull();
    const told = {
      ...over,
      storyOwed: [],
      timelineOwed: [],
      notice: { ...over.notice, shownVersion: over.notice.owedVersion },
    };
    expect(markersOf('target', told)).toEqual({ expiresAtMs: NIGHT_MS + PRACTICE_MS + 24 * 60 * MINUTE_MS });
  });

  it('is looked at by the sweep only when it ends, as nobody samples it', () => {
    const told = {
      ...practice,
      timelineOwed: [],
      notice: { ...practice.notice, shownVersion: practice.notice.owedVersion },
    };
    expect(markersOf('target', told)).toEqual({ open: 'target', dueAtMs: NIGHT_MS + PRACTICE_MS });
  });

  it('has an item that no target can be configured to have', () => {
    const [target] = configInput().targets;
    const parsed = parseConfig(
      configInput({ targets: target === undefined ? [] : [{ ...target, id: practice.targetId }], applications: [] }),
    );
    expect(parsed).toMatchObject({ kind: 'invalid', problems: [{ path: 'targets[0].id' }] });
  });
});
