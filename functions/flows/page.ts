import { oweNotice } from '../core/incident/owe.ts';
import type { TargetState } from '../core/model/target.ts';
import { happening } from '../core/model/timeline.ts';
import { troubleTitle } from '../core/notify/face-of.ts';
import { noticeOf } from '../core/notify/notice-of.ts';
import { isPageDue, type PageDue } from '../core/notify/pace.ts';
import type { Basics, Pager, Stores } from '../core/ports.ts';
import { foreign, plainTokens } from '../core/text/tokens.ts';
import { changeItem } from './change-item.ts';

export interface PageDeps extends Basics {
  readonly stores: Pick<Stores, 'targets'>;
  readonly pager: Pager;
  /** The stack's topic, for what must not be lost where no `page` is configured. */
  readonly ownTopicArn?: string | undefined;
}

const SUBJECTS = {
  newCritical: '',
  nobodyHasIt: 'nobody has it: ',
  undelivered: 'Slack does not have it: ',
  brokenGlass: 'started without a second person: ',
} as const;

/** Reaches people past the channel. Told at least once: the mark is written after the topic has it. */
export async function pageIfDue(deps: PageDeps, targetId: string): Promise<PageDue['why']> {
  const { clock, settings, log } = deps;
  const current = await deps.stores.targets.read(targetId);
  if (current === null) return 'nothingToPage';
  const due = isPageDue(current.value, settings, clock.nowMs(), deps.ownTopicArn);
  const { incident } = current.value;
  const notice = noticeOf(current.value, settings);
  if (due.kind === 'no') return due.why;
  if (notice === null || incident === null) return 'nothingToPage';
  const problem = due.why === 'undelivered' ? [current.value.notice.lastProblem ?? 'Nobody knows why.'] : [];
  const who = notice.holders.flatMap(({ user, host, grew }) => (grew ? [foreign(`${user} from ${host} ${grew}`)] : []));
  const glass =
    due.why === 'brokenGlass' && notice.run ? [`${notice.run.headline}. Why: ${notice.run.brokenGlass}`] : [];
  const body = plainTokens([...glass, notice.summary, ...notice.facts, ...who, ...problem].join('\n'));
  // A run on its way is no news for who is woken by the trouble.
  const title = due.why === 'brokenGlass' ? notice.title : troubleTitle(current.value, incident);
  const sent = await deps.pager.page(due.topicArn, `Runbell: ${SUBJECTS[due.why]}${title}`, body);
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
  await changeItem(deps.stores.targets, targetId, (value) => {
    if (value === null) return null;
    // What it has become since has not been heard of.
    const isSame = value.incident?.id === incident.id && value.incident.renewedAtMs === incident.renewedAtMs;
    return oweNotice(isSame ? marked(value, due.why, nowMs) : value, settings, nowMs, [story]);
  });
  log.info('page', { target: targetId, why: due.why });
  return due.why;
}

/** A page about a critical incident that nobody has says both. */
function marked(state: TargetState, why: keyof typeof SUBJECTS, nowMs: number): TargetState {
  // That is no word about the trouble.
  if (why === 'brokenGlass')
    return { ...state, reminder: { ...state.reminder, glassPagedFor: state.run?.runId ?? '' } };
  const pagedVersion = Math.max(1, state.notice.owedVersion);
  const marks = { newCritical: {}, nobodyHasIt: { pagedAtMs: nowMs }, undelivered: { undeliveredAtMs: nowMs } };
  const reminder = { ...state.reminder, ...marks[why] };
  return { ...state, reminder, notice: { ...state.notice, pagedVersion } };
}
