import type {
  BoardAnswer,
  BoardRefusal,
  FoundMessage,
  NotNow,
  PostedBetween,
} from '../../functions/core/model/board-answer.ts';
import type { MessageRef } from '../../functions/core/model/delivery.ts';
import type { Details } from '../../functions/core/model/details.ts';
import { idOfMessage, type Message } from '../../functions/core/model/notice.ts';
import { FORM_CLOSED } from '../../functions/core/notify/answer.ts';
import type { NoticeBoard } from '../../functions/core/ports.ts';

export interface BoardMessage {
  readonly ref: MessageRef;
  readonly incidentId: string;
  readonly postedAtMs: number;
  /** When it was posted, another one about the same stood there and could be edited. */
  readonly isSecond: boolean;
  /** As posted, then every edit; the last is what people see. */
  readonly notices: Message[];
  readonly replies: string[];
  /** Those that the whole channel hears. */
  readonly loud: string[];
}

export interface Whisper {
  readonly channel: string;
  readonly userId: string;
  readonly text: string;
}

export type BoardMethod = keyof NoticeBoard;

/** How the next call of a method goes wrong. `unclear`: whether it was written is the test's choice. */
export type BoardTrouble =
  | NotNow
  | BoardRefusal
  | { readonly kind: 'unclear'; readonly why: string; readonly written: boolean };

/** As many as the real board looks through. */
const LOOKED_THROUGH_MAX = 1000;

/** A channel in memory that remembers everything, and goes wrong as told. */
export class RecordingNoticeBoard implements NoticeBoard {
  readonly messages: BoardMessage[] = [];
  readonly whispers: Whisper[] = [];
  readonly directs: Omit<Whisper, 'channel'>[] = [];
  /** Written into the channel because their thread was gone. */
  readonly orphans: string[] = [];
  /** Who a private note can be shown to; null: everybody. */
  members: readonly string[] | null = null;
  readonly closedForms = new Set<string>();
  /** For how long a message may be edited. */
  editWindowMs = Number.POSITIVE_INFINITY;
  /** When other people and programs wrote into the channel. */
  readonly chatter: number[] = [];
  readonly filled: { readonly viewId: string; readonly details: Details }[] = [];
  /** Every call, also those that went wrong. */
  readonly calls: BoardMethod[] = [];
  /** When what was called, and about which message's id where that is known. */
  readonly callTimes: { readonly method: BoardMethod; readonly atMs: number; readonly id: string | null }[] = [];
  readonly #troubles: { readonly method: BoardMethod | 'any'; readonly trouble: BoardTrouble }[] = [];
  readonly #nowMs: () => number;
  #posts = 0;

  constructor(nowMs: () => number = () => 0) {
    this.#nowMs = nowMs;
  }

  /** The next call of this method meets this trouble; told several times, they are met in order. */
  fail(method: BoardMethod | 'any', trouble: BoardTrouble, times = 1): void {
    for (let at = 0; at < times; at += 1) this.#troubles.push({ method, trouble });
  }

  /** Slack is well again. */
  heal(): void {
    this.#troubles.length = 0;
  }

  /** Somebody deleted the message. */
  remove(ref: MessageRef): void {
    const at = this.messages.findIndex((message) => message.ref.ts === ref.ts);
    if (at >= 0) this.messages.splice(at, 1);
  }

  async post(channel: string, notice: Message): Promise<BoardAnswer<{ readonly message: MessageRef }>> {
    return this.#call(
      'post',
      () => {
        this.#posts += 1;
        const ref = { channel, ts: `${Math.floor(this.#nowMs() / 1000)}.${String(this.#posts).padStart(6, '0')}` };
        const incidentId = idOfMessage(notice);
        const isSecond = this.messages.some((one) => one.incidentId === incidentId && this.isEditable(one));
        this.messages.push({
          isSecond,
          ref,
          incidentId,
          postedAtMs: this.#nowMs(),
          notices: [notice],
          replies: [],
          loud: [],
        });
        return { kind: 'done', message: ref };
      },
      idOfMessage(notice),
    );
  }

  async edit(ref: MessageRef, notice: Message): Promise<BoardAnswer<object>> {
    return this.#call('edit', () => {
      const message = this.#message(ref);
      if (message === undefined) return refusal('message_not_found', 'gone');
      if (!this.isEditable(message)) return refusal('edit_window_closed', 'uneditable');
      message.notices.push(notice);
      return { kind: 'done' };
    });
  }

  isEditable({ postedAtMs }: BoardMessage): boolean {
    return this.#nowMs() - postedAtMs <= this.editWindowMs;
  }

  async find(channel: string, incidentId: string, { fromMs, toMs }: PostedBetween): Promise<BoardAnswer<FoundMessage>> {
    return this.#call<FoundMessage>('find', () => {
      const found = this.messages.findLast(
        ({ ref, postedAtMs, ...message }) =>
          ref.channel === channel && message.incidentId === incidentId && postedAtMs >= fromMs && postedAtMs <= toMs,
      );
      const newer = this.chatter.filter((atMs) => atMs >= (found?.postedAtMs ?? fromMs) && atMs <= toMs).length;
      if (newer >= LOOKED_THROUGH_MAX) return { kind: 'done', message: null, searched: 'part' };
      return found === undefined
        ? { kind: 'done', message: null, searched: 'all' }
        : { kind: 'done', message: found.ref };
    });
  }

  async reply(
    ref: MessageRef,
    text: string,
    { isLoud } = { isLoud: false },
  ): Promise<BoardAnswer<{ readonly isOrphan?: boolean }>> {
    return this.#call<{ readonly isOrphan?: boolean }>('reply', () => {
      const message = this.#message(ref);
      (message?.replies ?? this.orphans).push(text);
      if (isLoud) message?.loud.push(text);
      return { kind: 'done', isOrphan: message === undefined };
    });
  }

  async whisper(channel: string, userId: string, text: string): Promise<BoardAnswer<object>> {
    return this.#call('whisper', () => {
      if (this.members?.includes(userId) === false) return refusal('user_not_in_channel', 'place');
      this.whispers.push({ channel, userId, text });
      return { kind: 'done' };
    });
  }

  async direct(userId: string, text: string): Promise<BoardAnswer<object>> {
    return this.#call('direct', () => {
      this.directs.push({ userId, text });
      return { kind: 'done' };
    });
  }

  async fill(viewId: string, details: Details): Promise<BoardAnswer<object>> {
    return this.#call('fill', () => {
      if (this.closedForms.has(viewId)) return refusal(FORM_CLOSED, 'gone');
      this.filled.push({ viewId, details });
      return { kind: 'done' };
    });
  }

  #message(ref: MessageRef): BoardMessage | undefined {
    return this.messages.find((one) => one.ref.ts === ref.ts && one.ref.channel === ref.channel);
  }

  #call<T>(method: BoardMethod, work: () => BoardAnswer<T>, id: string | null = null): BoardAnswer<T> {
    this.calls.push(method);
    this.callTimes.push({ method, atMs: this.#nowMs(), id });
    const at = this.#troubles.findIndex((one) => one.method === method || one.method === 'any');
    const trouble = at < 0 ? undefined : this.#troubles.splice(at, 1)[0]?.trouble;
    if (trouble === undefined) return work();
    if (trouble.kind !== 'unclear') return trouble;
    if (trouble.written) work();
    return { kind: 'unclear', why: trouble.why };
  }
}

export function refusal(code: string, about: BoardRefusal['about']): BoardRefusal {
  return { kind: 'refused', code, sentence: `Slack refused it (${code}).`, about };
}
