import { LogLevel, WebClient, type WebClientOptions } from '@slack/web-api';
import type { BoardAnswer, BoardRefusal, FoundMessage, PostedBetween } from '../../core/model/board-answer.ts';
import type { MessageRef } from '../../core/model/delivery.ts';
import type { Details } from '../../core/model/details.ts';
import { idOfMessage, type Message } from '../../core/model/notice.ts';
import { FORM_CLOSED } from '../../core/notify/answer.ts';
import type { Clock, Log, NoticeBoard } from '../../core/ports.ts';
import { mrkdwn, section } from './card/buttons.ts';
import { type Card, renderCard } from './card/render-card.ts';
import { renderFreeze, renderSummary } from './card/summary-card.ts';
import { prose, stack } from './card/text.ts';
import { filledForm } from './forms/filled-form.ts';
import { externalIdOf, readFormHandle } from './forms/sent-form.ts';
import { problemOf } from './slack-problem.ts';

const EVENT_TYPE = 'runbell_incident';
const PAGE_SIZE = 200;
const PAGES_MAX = 5;
const NOTE_CHARS_MAX = 2800;
const NOTE_LINES_MAX = 40;
type ClientOptions = Pick<WebClientOptions, 'slackApiUrl' | 'timeout'>;

/** Retries are ours to decide, because Slack's own client would post the same message twice after an unclear answer. */
export function createSlackClient(token: string, options: ClientOptions = {}): WebClient {
  return new WebClient(token, {
    retryConfig: { retries: 0 },
    timeout: 2000,
    rejectRateLimitedCalls: true,
    // What goes wrong is in the answer, and the caller logs that.
    logLevel: LogLevel.ERROR,
    ...options,
  });
}

/** The channel in Slack. */
export class SlackNoticeBoard implements NoticeBoard {
  readonly #client: WebClient;
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #log: Log | undefined;
  /** Until the workspace refuses one: then the same is drawn in characters from there on. */
  #withChart = true;

  constructor(client: WebClient, clock: Pick<Clock, 'nowMs'>, log?: Log) {
    this.#client = client;
    this.#clock = clock;
    this.#log = log;
  }

  post(channel: string, what: Message): Promise<BoardAnswer<{ readonly message: MessageRef }>> {
    return this.#draw(what, (card) =>
      this.#try<{ readonly message: MessageRef }>('chat.postMessage', async () => {
        const posted = await this.#client.chat.postMessage({
          ...quiet,
          channel,
          ...card,
          metadata: { event_type: EVENT_TYPE, event_payload: { incident_id: idOfMessage(what) } },
        });
        if (posted.ts === undefined) return { kind: 'unclear', why: 'Slack took the message and named no id for it' };
        return { kind: 'done', message: { channel: posted.channel ?? channel, ts: posted.ts } };
      }),
    );
  }

  edit({ channel, ts }: MessageRef, what: Message): Promise<BoardAnswer<object>> {
    return this.#draw(what, (card) =>
      this.#try('chat.update', async () => {
        // Without metadata in the call Slack keeps that of the post.
        await this.#client.chat.update({ channel, ts, parse: 'none', link_names: false, ...card });
        return { kind: 'done' };
      }),
    );
  }

  find(channel: string, id: string, { fromMs, toMs }: PostedBetween): Promise<BoardAnswer<FoundMessage>> {
    return this.#try<FoundMessage>('conversations.history', async () => {
      const between = { oldest: String(Math.max(0, fromMs / 1000)), latest: String(toMs / 1000) };
      let cursor = '';
      for (let page = 0; page < PAGES_MAX; page += 1) {
        const history = await this.#client.conversations.history({
          channel,
          ...between,
          limit: PAGE_SIZE,
          include_all_metadata: true,
          ...(cursor === '' ? {} : { cursor }),
        });
        // Newest first: after a card was posted anew, that one counts.
        const found = history.messages?.find(({ metadata }) => isAbout(metadata, id));
        if (found?.ts !== undefined) return { kind: 'done', message: { channel, ts: found.ts } };
        cursor = history.response_metadata?.next_cursor ?? '';
        if (cursor === '') return { kind: 'done', message: null, searched: 'all' };
      }
      return { kind: 'done', message: null, searched: 'part' };
    });
  }

  reply(
    { channel, ts }: MessageRef,
    text: string,
    { isLoud } = { isLoud: false },
  ): Promise<BoardAnswer<{ readonly isOrphan?: boolean }>> {
    return this.#try<{ readonly isOrphan?: boolean }>('chat.postMessage', async () => {
      // Slack tells of a reply only those who follow the thread, and nobody follows a card that nobody has answered.
      const place = isLoud ? ({ thread_ts: ts, reply_broadcast: true } as const) : { thread_ts: ts };
      const { message } = await this.#client.chat.postMessage({ ...quiet, channel, ...place, ...note(text) });
      // A reply to a message that is gone is taken, and stands in the channel.
      const isOrphan = message !== undefined && message.thread_ts === undefined;
      return { kind: 'done', isOrphan };
    });
  }

  whisper(channel: string, userId: string, text: string): Promise<BoardAnswer<object>> {
    return this.#try('chat.postEphemeral', async () => {
      await this.#client.chat.postEphemeral({
        channel,
        user: userId,
        parse: 'none',
        link_names: false,
        ...note(text, true),
      });
      return { kind: 'done' };
    });
  }

  direct(userId: string, text: string): Promise<BoardAnswer<object>> {
    return this.#try('chat.postMessage', async () => {
      await this.#client.chat.postMessage({ ...quiet, channel: userId, ...note(text, true) });
      return { kind: 'done' };
    });
  }

  async fill(handle: string, details: Details): Promise<BoardAnswer<object>> {
    const { form, place } = readFormHandle(handle);
    const filled = await this.#try('views.update', async () => {
      await this.#client.views.update({ ...form, view: { ...filledForm(details, place), ...externalIdOf(form) } });
      return { kind: 'done' };
    });
    if (filled.kind !== 'refused' || filled.about !== 'gone') return filled;
    // Slack has the same word for a form that was closed and for one that never came up.
    return 'view_id' in form
      ? { ...filled, code: FORM_CLOSED, sentence: 'The form was closed.' }
      : { ...filled, code: 'form_not_opened', sentence: 'Slack did not open the form. Press the button again.' };
  }

  /**
   * A workspace or client that does not know charts refuses the whole message, and writes nothing. Whatever else it
   * refuses of the blocks, the words alone are better than no card.
   */
  async #draw<T>(what: Message, send: (card: Card) => Promise<BoardAnswer<T>>): Promise<BoardAnswer<T>> {
    const card = cardOf(what, this.#withChart);
    let answer = await send(card);
    const hasChart = card.blocks.some((block) => block.type === 'data_visualization');
    if (isContent(answer) && hasChart) {
      answer = await send(cardOf(what, false));
      // Refused without it as well, the chart was not what was wrong.
      if (answer.kind === 'done') this.#withChart = false;
    }
    if (!isContent(answer)) return answer;
    this.#log?.error('card', { about: idOfMessage(what), why: answer.sentence });
    const bare = await send(bareCard(card, answer.sentence));
    return isContent(bare) ? answer : bare;
  }

  async #try<T>(method: string, call: () => Promise<BoardAnswer<T>>): Promise<BoardAnswer<T>> {
    try {
      return await call();
    } catch (error) {
      return problemOf(error, method, this.#clock.nowMs());
    }
  }
}

function cardOf(what: Message, withChart: boolean): Card {
  if (what.kind === 'summary') return renderSummary(what);
  return what.kind === 'freeze' ? renderFreeze(what) : renderCard(what, { withChart });
}

function isContent(answer: BoardAnswer<unknown>): answer is BoardRefusal {
  return answer.kind === 'refused' && answer.about === 'content';
}

function bareCard({ text }: Card, why: string): Card {
  const more = `⚠️ ${prose(why, 600)} The buttons are missing here; \`/runbell status\` and \`/runbell run\` work.`;
  return { text, blocks: [section('bare', stack([text, more], NOTE_CHARS_MAX))] };
}

/** No previews, and no links or mentions made of what looks like one. */
const quiet = { unfurl_links: false, unfurl_media: false, parse: 'none', link_names: false } as const;

function note(text: string, isPrivate = false) {
  const lines = text
    .split('\n')
    .slice(0, NOTE_LINES_MAX)
    .map((line) => prose(line, 1000, { isPrivate }));
  const markup = stack(lines, NOTE_CHARS_MAX);
  return { text: markup, blocks: [{ type: 'section' as const, expand: true, text: mrkdwn(markup) }] };
}

function isAbout(metadata: { event_type?: string; event_payload?: object } | undefined, id: string): boolean {
  const payload = metadata?.event_payload;
  if (metadata?.event_type !== EVENT_TYPE || payload === undefined) return false;
  return 'incident_id' in payload && payload.incident_id === id;
}
