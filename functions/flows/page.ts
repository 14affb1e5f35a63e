import { oweNotice } from '../core/incident/owe.ts';
import type { TargetState } from '../core/incident/target-state.ts';
import { noticeOf } from '../core/notify/notice-of.ts';
import { isPageDue, type PageDue } from '../core/notify/page-due.ts';
import { happening } from '../core/notify/story.ts';
import type { Basics, Pager, Stores } from '../core/ports.ts';
import { changeItem } from './change-item.ts';

export interface PageDeps extends Basics {
  readonly stores: Pick<Stores, 'targets'>;
  readonly pager: Pager;
}

/** Reaches people past the channel. Told at least once: the mark is written after the topic has it. */
export async function pageIfDue(deps: PageDeps, targetId: string): Promise<PageDue['why']> {
  const { clock, settings, log } = deps;
  const current = await deps.stores.targets.read(targetId);
  if (current === null) return 'nothingToPage';
  const due = isPageDue(current.value, settings, clock.nowMs());
  const notice = noticeOf(current.value, settings);
  if (due.kind === 'no' || notice === null) return due.why;
  const sent = await deps.pager.page(
    due.topicArn,
    `Runbell: ${due.why === 'nobodyHasIt' ? 'nobody has it: ' : ''}${notice.title}`,
    [notice.summary, ...notice.facts].join('\n'),
  );
  if (sent === 'failed') {
    log.error('page', { target: targetId, why: due.why, result: sent });
    return due.why;
  }
  const nowMs = clock.nowMs();
  const story = happening({
    id: `paged:${due.why}:${nowMs}`,
    atMs: nowMs,
    what: 'paged',
    why: due.why,
    text: 'Paged',
    told: null,
  });
  await changeItem(deps.stores.targets, targetId, (value) =>
    value === null ? null : oweNotice(marked(value, due.why, nowMs), settings, nowMs, [story]),
  );
  log.info('page', { target: targetId, why: due.why });
  return due.why;
}

/** A page about a critical incident that nobody has says both. */
function marked(state: TargetState, why: 'newCritical' | 'nobodyHasIt', nowMs: number): TargetState {
  const pagedVersion = Math.max(1, state.notice.owedVersion);
  const reminder = why === 'nobodyHasIt' ? { ...state.reminder, pagedAtMs: nowMs } : state.reminder;
  return { ...state, reminder, notice: { ...state.notice, pagedVersion } };
}
