import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MessageRef } from '../../functions/core/model/delivery.ts';
import type { NoticeBoard } from '../../functions/core/ports.ts';
import { noticeFor } from '../adapters/slack/support/notices.ts';

/** One channel that the board may write to, and one person in it. */
export interface NoticeBoardStage {
  readonly board: NoticeBoard;
  readonly channel: string;
  readonly userId: string;
  readonly sinceMs: number;
  /** Somebody deletes the message. */
  remove(message: MessageRef): Promise<void>;
  /** What people see, as text: messages with their replies, then private notes. */
  seen(): Promise<readonly string[]>;
  close(): Promise<void>;
}

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

    it('finds the message of an incident again, also after an edit', async () => {
      const message = await posted();
      await stage.board.edit(message, noticeFor('recovered'));
      const found = await stage.board.find(stage.channel, noticeFor('critical').incidentId, stage.sinceMs);
      expect(found).toEqual({ kind: 'done', message });
    });

    it('finds a message whose clock is a little behind that of whoever looks', async () => {
      const message = await posted();
      const postedMs = Number(message.ts) * 1000;
      const found = await stage.board.find(stage.channel, noticeFor('critical').incidentId, postedMs + 30_000);
      expect(found).toEqual({ kind: 'done', message });
    });

    it('finds nothing for an incident that was not posted', async () => {
      await posted();
      const found = await stage.board.find(stage.channel, 'inc-another000', stage.sinceMs);
      expect(found).toEqual({ kind: 'done', message: null });
    });

    it('finds nothing that was deleted', async () => {
      const message = await posted();
      await stage.remove(message);
      const found = await stage.board.find(stage.channel, noticeFor('critical').incidentId, stage.sinceMs);
      expect(found).toEqual({ kind: 'done', message: null });
    });

    it('says that the message to edit is gone', async () => {
      const message = await posted();
      await stage.remove(message);
      const edited = await stage.board.edit(message, noticeFor('recovered'));
      expect(edited).toMatchObject({ kind: 'refused', code: 'message_not_found' });
    });

    it('replies in the thread and whispers to one person', async () => {
      const message = await posted();
      expect(await stage.board.reply(message, 'first line\nsecond line')).toMatchObject({ kind: 'done' });
      expect(await stage.board.whisper(stage.channel, stage.userId, 'only you')).toMatchObject({ kind: 'done' });
      expect(await stage.seen()).toEqual([expect.any(String), 'first line\nsecond line', 'only you']);
    });

    it('keeps a reply for the whole channel in the thread, as a message that is none of its own', async () => {
      const message = await posted();
      expect(await stage.board.reply(message, 'for everybody', { isLoud: true })).toMatchObject({ kind: 'done' });
      expect(await stage.seen()).toEqual([expect.any(String), 'for everybody']);
      const found = await stage.board.find(stage.channel, noticeFor('critical').incidentId, stage.sinceMs);
      expect(found).toEqual({ kind: 'done', message });
    });

    it('refuses to reply to a message that is gone', async () => {
      const message = await posted();
      await stage.remove(message);
      expect(await stage.board.reply(message, 'too late')).toMatchObject({
        kind: 'refused',
        code: 'message_not_found',
      });
    });
  });
}
