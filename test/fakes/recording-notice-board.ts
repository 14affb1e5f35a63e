import type { MessageRef } from '../../functions/core/model/delivery.ts';
import type { Details } from '../../functions/core/model/details.ts';
import { idOfMessage, type Message } from '../../functions/core/model/notice.ts';
import type { BoardAnswer, NoticeBoard } from '../../functions/core/ports.ts';

/** As the real one: its clock may be behind that of whoever looks. */
const CLOCK_SKEW_MS = 60_000;

export interface BoardMessage {
  readonly ref: MessageRef;
  readonly incidentId: string;
  readonly postedAtMs: number;
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
  | { readonly kind: 'later'; readonly notBeforeMs: number; readonly why: string }
  | { readonly kind: 'refused'; readonly code: string; readonly sentence: string }
  | { readonly kind: 'unclear'; readonly why: string; readonly written: boolean };

/** A channel in memory that remembers everything, and goes wrong as told. */
export class RecordingNoticeBoard implements NoticeBoard {
  readonly messages: BoardMessage[] = [];
  readonly whispers: Whisper[] = [];
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
        this.messages.push({ ref, incidentId, postedAtMs: this.#nowMs(), notices: [notice], replies: [], loud: [] });
        return { kind: 'done', message: ref };
      },
      idOfMessage(notice),
    );
  }

  async edit(ref: MessageRef, notice: Message): Promise<BoardAnswer<object>> {
    return this.#call('edit', () => this.#onMessage(ref, (message) => message.notices.push(notice)));
  }

  async find(channel: string, incidentId: string, sinceMs: number) {
    return this.#call<{ readonly message: MessageRef | null }>('find', () => {
      const found = this.messages.find(
        (message) =>
          message.ref.channel === channel &&
          message.incidentId === incidentId &&
          message.postedAtMs >= sinceMs - CLOCK_SKEW_MS,
      );
      return { kind: 'done', message: found?.ref ?? null };
    });
  }

  async reply(ref: MessageRef, text: string, { isLoud } = { isLoud: false }): Promise<BoardAnswer<object>> {
    return this.#call('reply', () =>
      this.#onMessage(ref, (message) => {
        message.replies.push(text);
        if (isLoud) message.loud.push(text);
      }),
    );
  }

  async whisper(channel: string, userId: string, text: string): Promise<BoardAnswer<object>> {
    return this.#call('whisper', () => {
      this.whispers.push({ channel, userId, text });
      return { kind: 'done' };
    });
  }

  async fill(viewId: string, details: Details): Promise<BoardAnswer<object>> {
    return this.#call('fill', () => {
      this.filled.push({ viewId, details });
      return { kind: 'done' };
    });
  }

  #onMessage(ref: MessageRef, change: (message: BoardMessage) => void): BoardAnswer<object> {
    const message = this.messages.find((one) => one.ref.ts === ref.ts && one.ref.channel === ref.channel);
    if (message === undefined) {
      return { kind: 'refused', code: 'message_not_found', sentence: 'The message is gone.' };
    }
    change(message);
    return { kind: 'done' };
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
