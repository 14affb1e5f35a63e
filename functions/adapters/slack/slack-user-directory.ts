import type { WebClient } from '@slack/web-api';
import type { NotNow } from '../../core/model/board-answer.ts';
import { isNotNow } from '../../core/notify/notice-debt.ts';
import type { Clock, Log, UserDirectory } from '../../core/ports.ts';
import { problemOf } from './slack-problem.ts';

/** Groups may be asked for twenty times a minute only, and who belongs to one does not change by the second. */
const KEPT_MS = 5 * 60_000;
/** A question that Slack did not answer is asked again soon, unless it says when. */
const FAILED_KEPT_MS = 5_000;
/** What Slack refuses to say a person has to mend first. */
const REFUSED_KEPT_MS = 10_000;
const KEPT_MAX = 500;

type Kind = Exclude<Awaited<ReturnType<UserDirectory['kindOf']>>, NotNow>;
type Members = Exclude<Awaited<ReturnType<UserDirectory['members']>>, NotNow>;

interface Held<T> {
  readonly answer: Promise<T | NotNow>;
  untilMs: number;
}

/** What Slack knows of people and groups, for as long as the container lives and at most for minutes. */
export class SlackUserDirectory implements UserDirectory {
  readonly #client: () => Promise<WebClient | null>;
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #log: Log;
  readonly #groups = new Map<string, Held<Members>>();
  readonly #people = new Map<string, Held<Kind>>();

  /** `client`: null while there is no token. */
  constructor(client: () => Promise<WebClient | null>, clock: Pick<Clock, 'nowMs'>, log: Log) {
    this.#client = client;
    this.#clock = clock;
    this.#log = log;
  }

  members(groupId: string): Promise<Members | NotNow> {
    return this.#ask(this.#groups, groupId, async (client) => {
      const { users } = await client.usergroups.users.list({ usergroup: groupId });
      return users ?? 'unknown';
    });
  }

  kindOf(userId: string): Promise<Kind | NotNow> {
    return this.#ask(this.#people, userId, async (client) => {
      const { user } = await client.users.info({ user: userId });
      if (user === undefined || user.deleted === true) return 'unknown';
      if (user.is_bot === true) return 'bot';
      // A stranger comes from a workspace that only shares a channel with this one.
      if (user.is_stranger === true) return 'foreign';
      return user.is_restricted === true || user.is_ultra_restricted === true ? 'guest' : 'member';
    });
  }

  /** Who asks while a question is out waits for its answer. */
  #ask<T>(
    kept: Map<string, Held<T | 'unknown'>>,
    id: string,
    call: (client: WebClient) => Promise<T | 'unknown'>,
  ): Promise<T | 'unknown' | NotNow> {
    const nowMs = this.#clock.nowMs();
    const held = kept.get(id);
    if (held !== undefined && held.untilMs > nowMs) return held.answer;
    if (kept.size >= KEPT_MAX) kept.clear();
    const entry = { answer: this.#call(id, call), untilMs: nowMs + KEPT_MS };
    kept.set(id, entry);
    void entry.answer.then((answer) => {
      if (answer === 'unknown') entry.untilMs = nowMs + REFUSED_KEPT_MS;
      else if (isNotNow(answer)) entry.untilMs = answer.notBeforeMs;
    });
    return entry.answer;
  }

  async #call<T>(id: string, call: (client: WebClient) => Promise<T | 'unknown'>): Promise<T | 'unknown' | NotNow> {
    const later = (why: string): NotNow => ({
      kind: 'later',
      notBeforeMs: this.#clock.nowMs() + FAILED_KEPT_MS,
      why,
    });
    try {
      const client = await this.#client();
      return client === null ? later('the bot token cannot be read') : await call(client);
    } catch (error) {
      const problem = problemOf(error, 'the user directory', this.#clock.nowMs());
      this.#log.error('directory', { about: id, why: problem.kind === 'refused' ? problem.sentence : problem.why });
      if (problem.kind === 'refused') return 'unknown';
      return problem.kind === 'later' ? problem : later(problem.why);
    }
  }
}
