import { describe, expect, it } from 'vitest';
import type { UnreadableCause } from '../../functions/core/model/sample.ts';
import { notifyTarget } from '../../functions/flows/notify.ts';
import { sweep } from '../../functions/flows/track.ts';
import { RecordingNoticeBoard } from '../fakes/recording-notice-board.ts';
import { ScriptedCommandRunner } from '../fakes/scripted-command-runner.ts';
import { MINUTE_MS, NIGHT_MS } from '../support/builders.ts';
import { aReading, watchStage } from './support/watch-stage.ts';

type Seen = number | 'full' | UnreadableCause;

/** One sample a minute, and whoever tells people after each of them. */
function stageOf(change: Parameters<typeof watchStage>[0] = {}) {
  let seen: Seen = 30;
  const stage = watchStage(
    { page: { topicArn: 'arn:aws:sns:eu-central-1:000000000000:pages' }, ...change },
    (_, atMs) => {
      if (typeof seen === 'number') return aReading(atMs, seen);
      if (seen === 'full') return { kind: 'full', atMs, detail: null };
      return { kind: 'unreadable', atMs, cause: seen, sentence: `It cannot be read: ${seen}.` };
    },
  );
  const board = new RecordingNoticeBoard(stage.nowMs);
  const pages: string[] = [];
  let meanwhile: (() => Promise<void>) | null = null;
  const page = async (_: string, subject: string) => {
    pages.push(subject);
    const work = meanwhile;
    meanwhile = null;
    await work?.();
    return 'sent' as const;
  };
  const commands = new ScriptedCommandRunner({ nowMs: stage.nowMs, documents: null });
  const watch = { watchNow: async () => undefined };
  const deps = { ...stage.deps, stores: stage.stores, board, pager: { page }, commands, watch };
  let minute = 0;
  return {
    ...stage,
    board,
    pages,
    /** Everything that was said in the channel beside the card, so that people hear it. */
    heard: () => board.messages.flatMap(({ loud }) => loud),
    async see(what: Seen, minutes: number) {
      seen = what;
      for (const until = minute + minutes; minute < until; minute += 1) {
        stage.goTo(NIGHT_MS + minute * MINUTE_MS);
        await stage.tick();
        await sweep({ ...deps, maySend: false, scheduled: new Set<string>() });
        await notifyTarget(deps, 'orders-db');
      }
    },
    /** Done once, during the next page. */
    whilePaging(work: () => Promise<void>) {
      meanwhile = work;
    },
    async change(how: object) {
      const current = await stage.stores.targets.read('orders-db');
      if (current === null) throw new Error('there is no target');
      await stage.stores.targets.write('orders-db', { ...current.value, ...how }, current.revision);
    },
  };
}

describe('what is wrong changes while an incident is open', () => {
  it.each<[string, Seen, Seen, RegExp, number]>([
    ['a full database dies', 'full', 'connectionRefused', /unreachable/, 1],
    ['a database that runs out of connections dies', 95, 'unreachable', /unreachable/, 1],
    ['a database that refused the monitor dies', 'denied', 'unreachable', /unreachable/, 1],
    ['one that could not be read is full', 'denied', 'full', /full/, 1],
    ['a dead database is back and full', 'unreachable', 'full', /full/, 1],
    ['Runbell loses sight of one that runs out of connections', 95, 'denied', /can't be read/, 0],
  ])('%s: told to everybody on the same card, and paged if that is critical', async (_, before, after, says, pages) => {
    const stage = stageOf({ reminder: { off: true } });
    await stage.see(30, 3);
    await stage.see(before, 8);
    const [pagedBefore, heardBefore] = [stage.pages.length, stage.heard().length];
    expect(stage.board.messages).toHaveLength(1);
    await stage.see(after, 6);
    expect(stage.heard().slice(heardBefore)).toEqual([expect.stringMatching(says)]);
    expect(stage.pages.slice(pagedBefore)).toHaveLength(pages);
    expect(stage.board.messages).toHaveLength(1);
    const what = (await stage.stores.timeline.read((await stage.state())?.incident?.id ?? '', 50)).entries;
    expect(what.filter((entry) => entry.what === 'turned')).toHaveLength(1);
  });

  it('says a pool that fills up once more, and pages nobody twice for what was foretold', async () => {
    const stage = stageOf({ reminder: { off: true } });
    await stage.see(95, 8);
    expect(stage.pages).toHaveLength(1);
    await stage.see('full', 4);
    expect(stage.heard()).toEqual([expect.stringMatching(/full/)]);
    expect(stage.pages).toHaveLength(1);
  });

  it('goes between two kinds for an hour: each is told once', async () => {
    const stage = stageOf({ reminder: { off: true } });
    await stage.see('full', 5);
    for (let turn = 0; turn < 8; turn += 1) {
      await stage.see('connectionRefused', 4);
      await stage.see('full', 4);
    }
    expect(stage.heard()).toHaveLength(1);
    expect(stage.pages).toHaveLength(2);
  });

  it('is told again when it comes back after a long time', async () => {
    const stage = stageOf({ reminder: { off: true } });
    await stage.see('connectionRefused', 6);
    await stage.see('full', 20);
    await stage.see('connectionRefused', 6);
    expect(stage.heard()).toEqual([expect.stringMatching(/full/), expect.stringMatching(/unreachable/)]);
    expect(stage.pages).toHaveLength(3);
  });

  it('takes back an acknowledgement when it is critical by itself, and reminders begin anew', async () => {
    const reminder = { afterSeconds: 300, pageAfterSeconds: 600 };
    const stage = stageOf({ reminder });
    await stage.see(95, 6);
    await stage.change({ acknowledgement: { userId: 'U0FIRST', atMs: stage.nowMs() } });
    await stage.see(95, 12);
    expect(stage.pages).toHaveLength(1);
    await stage.see('connectionRefused', 5);
    expect(await stage.state()).toMatchObject({ acknowledgement: null });
    expect(stage.pages).toEqual([expect.any(String), 'Runbell: orders-db is unreachable']);
    expect(stage.board.messages[0]?.replies.filter((text) => text.startsWith('Nobody'))).toEqual([]);
    await stage.see('connectionRefused', 20);
    expect(stage.board.messages[0]?.replies.filter((text) => text.startsWith('Nobody'))).toHaveLength(1);
    expect(stage.pages.slice(2)).toEqual([expect.stringContaining('nobody has it')]);
  });

  it('leaves an acknowledgement where only sight was lost', async () => {
    const stage = stageOf();
    await stage.see(95, 6);
    const acknowledgement = { userId: 'U0FIRST', atMs: stage.nowMs() };
    await stage.change({ acknowledgement });
    await stage.see('denied', 6);
    expect(await stage.state()).toMatchObject({ acknowledgement });
  });

  it('is paged also where another trouble comes within the time in which a card is reopened', async () => {
    const stage = stageOf({ reminder: { off: true } });
    await stage.see(95, 6);
    await stage.see(20, 12);
    expect((await stage.state())?.incident?.resolvedAtMs).not.toBeNull();
    await stage.see('connectionRefused', 6);
    expect(stage.board.messages).toHaveLength(1);
    expect(stage.heard().at(-1)).toMatch(/unreachable/);
    expect(stage.pages).toHaveLength(2);
  });

  it('says nothing within a silence, and pages what is still so at its end', async () => {
    const stage = stageOf({ reminder: { off: true } });
    await stage.see(95, 6);
    await stage.change({
      silence: { untilMs: stage.nowMs() + 15 * MINUTE_MS, byUserId: 'U0FIRST', why: 'planned' },
      wakeAtMs: stage.nowMs() + 15 * MINUTE_MS,
    });
    await stage.see('connectionRefused', 12);
    expect([stage.heard(), stage.pages.length]).toEqual([[], 1]);
    await stage.see('connectionRefused', 10);
    expect(stage.pages).toHaveLength(2);
  });
});

describe('a page that is on its way while what is wrong changes', () => {
  it('does not stand for the page of the new trouble', async () => {
    const stage = stageOf({ reminder: { off: true } });
    // Somebody else writes between the page and its mark.
    stage.whilePaging(async () => {
      const current = await stage.stores.targets.read('orders-db');
      if (current?.value.incident == null) throw new Error('nothing is wrong');
      const incident = { ...current.value.incident, renewedAtMs: stage.nowMs() };
      const notice = { ...current.value.notice, pagedVersion: 0 };
      await stage.stores.targets.write('orders-db', { ...current.value, incident, notice }, current.revision);
    });
    await stage.see(95, 6);
    expect(stage.pages).toHaveLength(2);
  });
});
