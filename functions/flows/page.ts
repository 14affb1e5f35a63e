import { noticeOf } from '../core/notify/notice-of.ts';
import { isPageDue, type PageDue } from '../core/notify/page-due.ts';
import type { Basics, Pager, Stores } from '../core/ports.ts';
import { changeItem } from './change-item.ts';

export interface PageDeps extends Basics {
  readonly stores: Pick<Stores, 'targets'>;
  readonly pager: Pager;
}

/** Reaches people past the channel. Told at least once: the mark is written after the topic has it. */
export async function pageIfDue(deps: PageDeps, targetId: string): Promise<PageDue['why']> {
  const current = await deps.stores.targets.read(targetId);
  if (current === null) return 'nothingToPage';
  const due = isPageDue(current.value, deps.settings.config, deps.clock.nowMs());
  const notice = noticeOf(current.value, deps.settings);
  if (due.kind === 'no' || notice === null) return due.why;
  const sent = await deps.pager.page(
    due.topicArn,
    `Runbell: ${notice.title}`,
    [notice.summary, ...notice.facts].join('\n'),
  );
  if (sent === 'failed') {
    deps.log.error('page', { target: targetId, why: due.why, result: sent });
    return due.why;
  }
  await changeItem(deps.stores.targets, targetId, (value) =>
    value === null
      ? null
      : { ...value, notice: { ...value.notice, pagedVersion: Math.max(1, value.notice.owedVersion) } },
  );
  deps.log.info('page', { target: targetId, why: due.why });
  return due.why;
}
