import type { BoardAnswer } from '../../core/model/board-answer.ts';
import type { Clock, NoticeBoard } from '../../core/ports.ts';

/** After it a rotated token is picked up. */
const BOARD_AGE_MS_MAX = 5 * 60_000;

export type BotToken = { readonly botToken: string } | { readonly problem: string };

export interface ConfiguredBoardDeps {
  readonly readToken: () => Promise<BotToken>;
  readonly boardOf: (botToken: string) => NoticeBoard;
  readonly clock: Pick<Clock, 'nowMs'>;
}

/** The board behind the token in the secret. Without a token every call is refused with what to do, and nothing is lost. */
export class ConfiguredNoticeBoard implements NoticeBoard {
  readonly #deps: ConfiguredBoardDeps;
  #kept: { readonly board: NoticeBoard; readonly botToken: string; readonly atMs: number } | null = null;

  constructor(deps: ConfiguredBoardDeps) {
    this.#deps = deps;
  }

  post: NoticeBoard['post'] = (...args) => this.#with((board) => board.post(...args));
  edit: NoticeBoard['edit'] = (...args) => this.#with((board) => board.edit(...args));
  find: NoticeBoard['find'] = (...args) => this.#with((board) => board.find(...args));
  reply: NoticeBoard['reply'] = (...args) => this.#with((board) => board.reply(...args));
  whisper: NoticeBoard['whisper'] = (...args) => this.#with((board) => board.whisper(...args));
  direct: NoticeBoard['direct'] = (...args) => this.#with((board) => board.direct(...args));
  fill: NoticeBoard['fill'] = (...args) => this.#with((board) => board.fill(...args));

  async #with<T>(call: (board: NoticeBoard) => Promise<BoardAnswer<T>>): Promise<BoardAnswer<T>> {
    const nowMs = this.#deps.clock.nowMs();
    if (this.#kept === null || nowMs - this.#kept.atMs > BOARD_AGE_MS_MAX) {
      const token = await this.#deps.readToken();
      if ('problem' in token) {
        const sentence = `The bot token could not be read (${token.problem}). Nothing was posted; put the token into the stack’s Slack secret.`;
        return { kind: 'refused', code: 'no_bot_token', sentence, about: 'app' };
      }
      const { botToken } = token;
      // The same token keeps its board, and with it what the board has learned about the workspace.
      const board = this.#kept?.botToken === botToken ? this.#kept.board : this.#deps.boardOf(botToken);
      this.#kept = { board, botToken, atMs: nowMs };
    }
    const answer = await call(this.#kept.board);
    // The next call reads the secret again: the token may have been replaced.
    if (answer.kind === 'refused' && /auth|token/.test(answer.code)) this.#kept = null;
    return answer;
  }
}
