import type { BoardAnswer } from '../../functions/core/model/board-answer.ts';
import type { NoticeBoard, UserDirectory } from '../../functions/core/ports.ts';
import { type BoardMethod, type BoardTrouble, RecordingNoticeBoard, refusal } from '../fakes/recording-notice-board.ts';
import { MINUTE_MS, NIGHT_MS } from '../support/builders.ts';

/** Which of Slack's methods a call is: each has a limit of its own. */
const methodNames: Readonly<Record<BoardMethod, string>> = {
  post: 'chat.postMessage',
  reply: 'chat.postMessage',
  direct: 'chat.postMessage',
  edit: 'chat.update',
  find: 'conversations.history',
  whisper: 'chat.postEphemeral',
  fill: 'views.update',
};

/**
 * Slack as it can be: methods that ask to wait and keep asking, answers that never come, a token that is refused for a
 * moment, hours of nothing but errors, messages that may not be edited any more or that somebody deletes, people who are
 * not in the channel. Its dice are its own, so that it moves nothing else of a history.
 */
export class HostileSlack {
  readonly board: RecordingNoticeBoard;
  /** When nothing is answered, whatever is called; null: never. */
  outage: { readonly fromMs: number; readonly untilMs: number } | null;
  /** When somebody deletes the newest card; null: never. */
  readonly deletionMs: number | null;
  readonly #random: () => number;
  readonly #nowMs: () => number;
  readonly #share: () => number;
  readonly #limitedUntilMs = new Map<string, number>();

  /** `share`: of calls that go wrong, while no outage does that to all of them. */
  constructor(nowMs: () => number, random: () => number, share: () => number) {
    this.#nowMs = nowMs;
    this.#random = random;
    this.#share = share;
    this.board = new RecordingNoticeBoard(nowMs);
    const outageMs = NIGHT_MS + (2 + random() * 8) * MINUTE_MS;
    const [isOut, isClosing, isDeleting, isAway] = [0.35, 0.2, 0.15, 0.4].map((chance) => random() < chance);
    this.outage = isOut ? { fromMs: outageMs, untilMs: outageMs + 20_000 + random() * 280_000 } : null;
    if (isClosing) this.board.editWindowMs = (2 + random() * 5) * MINUTE_MS;
    this.deletionMs = isDeleting ? NIGHT_MS + (3 + random() * 9) * MINUTE_MS : null;
    if (isAway) this.board.members = ['U0FIRST', 'U0SECOND', 'U0THIRD'];
  }

  /** The weather clears up; what a workspace allows stays as it is. */
  calm(): void {
    this.outage = null;
    this.#limitedUntilMs.clear();
    this.board.heal();
  }

  /** Closes a form now and then before it is filled. */
  mayClose(viewId: string): void {
    if (this.#random() < 0.15) this.board.closedForms.add(viewId);
  }

  /** The board as the flows see it. */
  get surface(): NoticeBoard {
    return new Proxy(this.board, {
      get: (board, name: BoardMethod) => {
        const method = board[name] as (...args: unknown[]) => Promise<BoardAnswer<object>>;
        return (...args: unknown[]) => {
          const trouble = this.#troubleOf(methodNames[name]);
          if (trouble !== null) board.fail(name, trouble);
          return method.apply(board, args);
        };
      },
    });
  }

  /** Who people are: nobody knows while Slack does not answer. */
  get directory(): UserDirectory {
    const say = <T>(answer: T) => {
      const trouble = this.#troubleOf('users.info');
      if (trouble === null || trouble.kind === 'refused') return answer;
      const notBeforeMs = trouble.kind === 'later' ? trouble.notBeforeMs : this.#nowMs() + 5000;
      return { kind: 'later', notBeforeMs, why: trouble.why } as const;
    };
    return { members: async () => say('unknown' as const), kindOf: async () => say('member' as const) };
  }

  #troubleOf(method: string): BoardTrouble | null {
    const nowMs = this.#nowMs();
    const { outage } = this;
    if (outage !== null && nowMs >= outage.fromMs && nowMs < outage.untilMs) {
      return { kind: 'unclear', why: 'HTTP 503', written: this.#random() < 0.1 };
    }
    const die = this.#random() / Math.max(this.#share(), Number.MIN_VALUE);
    const limitedMs = this.#limitedUntilMs.get(method) ?? 0;
    const waitMs = limitedMs > nowMs ? limitedMs : die < 0.4 ? nowMs + 1000 + this.#random() * 59_000 : null;
    if (waitMs !== null) {
      this.#limitedUntilMs.set(method, waitMs);
      return { kind: 'later', notBeforeMs: waitMs, why: 'rate limited' };
    }
    if (die < 0.8) return { kind: 'unclear', why: 'timed out', written: this.#random() < 0.5 };
    return die < 1 ? refusal('invalid_auth', 'app') : null;
  }
}
