import { LogLevel, WebClient, type WebClientOptions } from '@slack/web-api';
import type { MessageRef } from '../../core/model/delivery.ts';
import type { Details } from '../../core/model/details.ts';
import { idOfMessage, type Message } from '../../core/model/notice.ts';
import type { BoardAnswer, Clock, NoticeBoard } from '../../core/ports.ts';
import { mrkdwn } from './card/buttons.ts';
import { type Card, renderCard } from './card/render-card.ts';
import { renderFreeze, renderSummary } from './card/summary-card.ts';
import { prose, stack } from './card/text.ts';
import { filledForm } from './forms/filled-form.ts';
import { readFormHandle } from './forms/sent-form.ts';
import { problemOf } from './slack-problem.ts';

const EVENT_TYPE = 'runbell_incident';
/** Slack's clock may be behind ours by a little. */
const CLOCK_SKEW_MS = 60_000;
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
  /** Until the workspace refuses one: then the same is drawn in characters from there on. */
  #withChart = true;

  constructor(client: WebClient, clock: Pick<Clock, 'nowMs'>) {
    this.#client = client;
    this.#clock = clock;
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

  find(channel: string, id: string, sinceMs: number): Promise<BoardAnswer<{ readonly message: MessageRef | null }>> {
    return this.#try<{ readonly message: MessageRef | null }>('conversations.history', async () => {
      const oldest = String(Math.max(0, (sinceMs - CLOCK_SKEW_MS) / 1000));
      let cursor = '';
      for (let page = 0; page < PAGES_MAX; page += 1) {
        const history = await this.#client.conversations.history({
          channel,
          oldest,
          limit: PAGE_SIZE,
          include_all_metadata: true,
          ...(cursor === '' ? {} : { cursor }),
        });
        // Newest first: after a card was posted anew, that one counts.
        const found = history.messages?.find(({ metadata }) => isAbout(metadata, id));
        if (found?.ts !== undefined) return { kind: 'done', message: { channel, ts: found.ts } };
        cursor = history.response_metadata?.next_cursor ?? '';
        if (cursor === '') return { kind: 'done', message: null };
      }
      return { kind: 'unclear', why: `not among the newest ${PAGES_MAX * PAGE_SIZE} messages of the channel` };
    });
  }

  reply({ channel, ts }: MessageRef, text: string, { isLoud } = { isLoud: false }): Promise<BoardAnswer<object>> {
    return this.#try('chat.postMessage', async () => {
      // Slack tells of a reply only those who follow the thread, and nobody follows a card that nobody has answered.
      const place = isLoud ? ({ thread_ts: ts, reply_broadcast: true } as const) : { thread_ts: ts };
      await this.#client.chat.postMessage({ ...quiet, channel, ...place, ...note(text) });
      return { kind: 'done' };
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

  fill(viewId: string, details: Details): Promise<BoardAnswer<object>> {
    return this.#try('views.update', async () => {
      const { viewId: id, place } = readFormHandle(viewId);
      await this.#client.views.update({ view_id: id, view: filledForm(details, place) });
      return { kind: 'done' };
    });
  }

  /** A workspace or client that does not know charts refuses the whole message, and writes nothing. */
  async #draw<T>(what: Message, send: (card: Card) => Promise<BoardAnswer<T>>): Promise<BoardAnswer<T>> {
    if (what.kind === 'summary') return send(renderSummary(what));
    if (what.kind === 'freeze') return send(renderFreeze(what));
    const withChart = renderCard(what, { withChart: this.#withChart });
    const answer = await send(withChart);
    const isRefused = answer.kind === 'refused' && answer.code.startsWith('invalid_blocks');
    if (!isRefused || !withChart.blocks.some((block) => block.type === 'data_visualization')) return answer;
    const plain = await send(renderCard(what, { withChart: false }));
    // Refused without it as well, the chart was not what was wrong.
    if (plain.kind === 'done') this.#withChart = false;
    return plain;
  }

  async #try<T>(method: string, call: () => Promise<BoardAnswer<T>>): Promise<BoardAnswer<T>> {
    try {
      return await call();
    } catch (error) {
      return problemOf(error, method, this.#clock.nowMs());
    }
  }
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
