import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BoardAnswer } from '../../functions/core/model/board-answer.ts';
import type { MessageRef } from '../../functions/core/model/delivery.ts';
import { FORM_CLOSED } from '../../functions/core/notify/answer.ts';
import type { NoticeBoard } from '../../functions/core/ports.ts';
import { noticeFor } from '../adapters/slack/support/notices.ts';

/** One channel that the board may write to, one person in it, and one who is not. */
export interface NoticeBoardStage {
  readonly board: NoticeBoard;
  readonly channel: string;
  readonly userId: string;
  readonly outsiderId: string;
  readonly sinceMs: number;
  /** The board's own clock. */
  nowMs(): number;
  /** From now on no message may be edited. */
  closeEdits(): void;
  /** Others write into the channel. */
  chatter(times: number): void;
  /** The next call of this method meets this. */
  trouble(method: StageMethod, how: { readonly waitSeconds: number } | 'no answer'): Promise<void>;
  /** A form on the person's screen; answers what fills it. */
  openForm(): string;
  closeForm(): void;
  /** Somebody deletes the message. */
  remove(message: MessageRef): Promise<void>;
  /** What people see, as text: messages with their replies, then private notes, then direct messages. */
  seen(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export type StageMethod = 'post' | 'edit' | 'find' | 'reply' | 'whisper' | 'direct' | 'fill';
export const STAGE_METHODS: readonly StageMethod[] = ['post', 'edit', 'find', 'reply', 'whisper', 'direct', 'fill'];

/** Every notice board must pass this. */
export function noticeBoardContract(name: string, create: () => Promise<NoticeBoardStage>): void {
  describe(`${name} keeps the NoticeBoard contract`, () => {
    let stage: NoticeBoardStage;

    beforeEach(async () => {
      stage = await create();
    });
    afterEach(() => stage.close());

    const posted = async (): Promise<MessageRef> => {
      const answer = await stage.board.post(stage.channel, noticeFor('critical'));
      if (answer.kind !== 'done') throw new Error(`not posted: ${JSON.stringify(answer)}`);
      return answer.message;
    };

    it('posts once and edits in place', async () => {
      const message = await posted();
      expect(message.channel).toBe(stage.channel);
      expect(await stage.board.edit(message, noticeFor('recovered'))).toMatchObject({ kind: 'done' });
      expect(await stage.seen()).toEqual([expect.stringContaining('recovered')]);
    });

    /** Since the test began, by either clock. */
    const lately = () => ({ fromMs: stage.sinceMs - 60_000, toMs: Math.max(stage.sinceMs, Date.now()) + 60_000 });

    it('finds the message of an incident again, also after an edit', async () => {
      const message = await posted();
      await stage.board.edit(message, noticeFor('recovered'));
      const found = await stage.board.find(stage.channel, noticeFor('critical').incidentId, lately());
      expect(found).toEqual({ kind: 'done', message });
    });

    it('finds nothing for an incident that was not posted', async () => {
      await posted();
      const found = await stage.board.find(stage.channel, 'inc-another000', lately());
      expect(found).toEqual({ kind: 'done', message: null, searched: 'all' });
    });

    it('finds nothing that was deleted', async () => {
      const message = await posted();
      await stage.remove(message);
      const found = await stage.board.find(stage.channel, noticeFor('critical').incidentId, lately());
      expect(found).toEqual({ kind: 'done', message: null, searched: 'all' });
    });

    it('finds the newer one of two', async () => {
      await posted();
      const message = await posted();
      const found = await stage.board.find(stage.channel, noticeFor('critical').incidentId, lately());
      expect(found).toEqual({ kind: 'done', message });
    });

    it('finds what was posted in the time that is asked about, whatever was written later', async () => {
      const message = await posted();
      const { incidentId } = noticeFor('critical');
      const before = { fromMs: 0, toMs: stage.sinceMs - 60_000 };
      const none = { kind: 'done', message: null, searched: 'all' };
      expect(await stage.board.find(stage.channel, incidentId, before)).toEqual(none);
      const until = { fromMs: stage.sinceMs - 60_000, toMs: Number(message.ts) * 1000 + 1 };
      stage.chatter(1001);
      expect(await stage.board.find(stage.channel, incidentId, until)).toEqual({ kind: 'done', message });
    });

    it('says that it has not looked through all of a busy time', async () => {
      await posted();
      stage.chatter(1001);
      const found = await stage.board.find(stage.channel, noticeFor('critical').incidentId, lately());
      expect(found).toEqual({ kind: 'done', message: null, searched: 'part' });
    });

    it('says that the message to edit is gone', async () => {
      const message = await posted();
      await stage.remove(message);
      const edited = await stage.board.edit(message, noticeFor('recovered'));
      expect(edited).toMatchObject({ kind: 'refused', code: 'message_not_found', about: 'gone' });
    });

    it('says that a message may not be edited any more', async () => {
      const message = await posted();
      stage.closeEdits();
      const edited = await stage.board.edit(message, noticeFor('recovered'));
      expect(edited).toMatchObject({ kind: 'refused', code: 'edit_window_closed', about: 'uneditable' });
      expect(await stage.seen()).not.toEqual([expect.stringContaining('recovered')]);
    });

    it('replies in the thread and whispers to one person', async () => {
      const message = await posted();
      expect(await stage.board.reply(message, 'first line\nsecond line')).toEqual({ kind: 'done', isOrphan: false });
      expect(await stage.board.whisper(stage.channel, stage.userId, 'only you')).toMatchObject({ kind: 'done' });
      expect(await stage.seen()).toEqual([expect.any(String), 'first line\nsecond line', 'only you']);
    });

    it('keeps a reply for the whole channel in the thread, as a message that is none of its own', async () => {
      const message = await posted();
      expect(await stage.board.reply(message, 'for everybody', { isLoud: true })).toMatchObject({ kind: 'done' });
      expect(await stage.seen()).toEqual([expect.any(String), 'for everybody']);
      const found = await stage.board.find(stage.channel, noticeFor('critical').incidentId, lately());
      expect(found).toEqual({ kind: 'done', message });
    });

    it('writes a reply into the channel where its thread is gone, and says so', async () => {
      const message = await posted();
      await stage.remove(message);
      expect(await stage.board.reply(message, 'too late')).toEqual({ kind: 'done', isOrphan: true });
      expect(await stage.seen()).toEqual(['too late']);
    });

    it('shows no note to somebody who is not in the channel, whom a direct message reaches', async () => {
      const noted = await stage.board.whisper(stage.channel, stage.outsiderId, 'only you');
      expect(noted).toMatchObject({ kind: 'refused', code: 'user_not_in_channel', about: 'place' });
      expect(await stage.board.direct(stage.outsiderId, 'only you')).toMatchObject({ kind: 'done' });
      expect(await stage.seen()).toEqual(['only you']);
    });

    it('fills an open form, and says of one that was closed that it is gone', async () => {
      const handle = stage.openForm();
      const shows = { kind: 'refused', sentence: 'Not now.' } as const;
      expect(await stage.board.fill(handle, shows)).toMatchObject({ kind: 'done' });
      stage.closeForm();
      expect(await stage.board.fill(handle, shows)).toMatchObject({
        kind: 'refused',
        code: FORM_CLOSED,
        about: 'gone',
      });
    });

    const calls: Record<StageMethod, () => Promise<BoardAnswer<object>>> = {
      post: () => stage.board.post(stage.channel, noticeFor('critical')),
      edit: async () => stage.board.edit({ channel: stage.channel, ts: '1.000000' }, noticeFor('critical')),
      find: () => stage.board.find(stage.channel, 'inc-another000', lately()),
      reply: () => stage.board.reply({ channel: stage.channel, ts: '1.000000' }, 'hm'),
      whisper: () => stage.board.whisper(stage.channel, stage.userId, 'only you'),
      direct: () => stage.board.direct(stage.userId, 'only you'),
      fill: () => stage.board.fill(stage.openForm(), { kind: 'refused', sentence: 'Not now.' }),
    };

    it.each(STAGE_METHODS)(
      'says of %s from when on Slack wants to be asked again, and writes nothing',
      async (method) => {
        await stage.trouble(method, { waitSeconds: 37 });
        expect(await calls[method]()).toMatchObject({ kind: 'later', notBeforeMs: stage.nowMs() + 37_000 });
        expect(await stage.seen()).toEqual([]);
      },
    );

    it.each(STAGE_METHODS)('says of %s that nobody knows, when Slack does not answer', async (method) => {
      await stage.trouble(method, 'no answer');
      expect(await calls[method]()).toMatchObject({ kind: 'unclear' });
    });
  });
}
