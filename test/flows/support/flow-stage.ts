import { withFreeze } from '../../../functions/core/act/freezes.ts';
import type { RequestRecord } from '../../../functions/core/model/decision.ts';
import type { Freeze } from '../../../functions/core/model/freeze.ts';
import { newFreezeState } from '../../../functions/core/model/freeze.ts';
import type { Request } from '../../../functions/core/model/request.ts';
import type { TargetState } from '../../../functions/core/model/target.ts';
import type { Settings } from '../../../functions/core/settings.ts';
import { decideRequest } from '../../../functions/flows/act.ts';
import { advanceRun } from '../../../functions/flows/advance-run.ts';
import { notifyTarget } from '../../../functions/flows/notify.ts';
import { notifyRequest } from '../../../functions/flows/notify-request.ts';
import { sweep } from '../../../functions/flows/track.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';
import { createMemoryStores } from '../../fakes/memory-store.ts';
import { RecordingNoticeBoard } from '../../fakes/recording-notice-board.ts';
import { type CommandPlay, ScriptedCommandRunner } from '../../fakes/scripted-command-runner.ts';
import { NIGHT_MS, requestRecord, settings, troubled } from '../../support/builders.ts';

export const DONE = JSON.stringify({ ending: 'done', reason: '', lines: [] });

/** The flows over stores in memory, with a clock that moves by hand and nothing else running. */
export function flowStage(using: Settings = settings(), play: () => CommandPlay = () => ({ output: DONE })) {
  const clock = new ManualClock(NIGHT_MS + 2000, 'jumps');
  const stores = createMemoryStores();
  const board = new RecordingNoticeBoard(() => clock.nowMs());
  const commands = new ScriptedCommandRunner({ nowMs: () => clock.nowMs(), documents: null, play });
  const pages: string[] = [];
  let ids = 0;
  const deps = {
    settings: using,
    clock,
    stores,
    board,
    commands,
    ids: {
      newId: (prefix: string) => {
        ids += 1;
        return `${prefix}-${String(ids).padStart(10, '0')}`;
      },
    },
    log: { info: () => undefined, error: () => undefined },
    watch: { watchNow: async () => undefined },
    pager: {
      page: async (_topic: string, subject: string) => {
        pages.push(subject);
        return 'sent' as const;
      },
    },
    directory: { members: async () => 'unknown' as const, kindOf: async () => 'member' as const },
    maySend: true,
    scheduled: new Set<string>(),
  };
  const target = async (id = 'orders-db'): Promise<TargetState> => {
    const found = (await stores.targets.read(id))?.value;
    if (found === undefined) throw new Error(`no target ${id}`);
    return found;
  };
  return {
    deps,
    clock,
    stores,
    board,
    commands,
    pages,
    target,
    /** A target in open trouble, as if the watch function had just written it. */
    async open(change: Partial<TargetState> = {}) {
      const state = troubled(using, change);
      await stores.targets.write(state.targetId, state, null);
      return state;
    },
    async put(request: Request, userId = 'U0FIRST', number = 1): Promise<RequestRecord> {
      const id = String(number).padStart(16, '0').padEnd(64, 'f');
      const by = { userId, teamId: 'T0TEAM', kind: 'member' } as const;
      const record = requestRecord(request, { id, by, receivedAtMs: clock.nowMs(), answerOwed: true });
      await stores.requests.write(id, record, null);
      return record;
    },
    decide: (id: string) => decideRequest(deps, id),
    advance: (runId: string) => advanceRun(deps, runId),
    notify: (id = 'orders-db') => notifyTarget(deps, id),
    answer: (id: string) => notifyRequest(deps, id),
    sweep: () => sweep({ ...deps, maySend: false }),
    async freeze(freeze: Partial<Freeze> = {}) {
      const all = {
        scope: { kind: 'everything' },
        byUserId: 'U0SECOND',
        sinceMs: NIGHT_MS,
        untilMs: null,
        why: 'stop',
      } as const;
      await stores.freezes.write('all', withFreeze(newFreezeState(), { ...all, ...freeze }, NIGHT_MS), null);
    },
  };
}
