import type { Block, Modal } from './blocks.ts';
import type { Channel, LocalSlackOptions } from './options.ts';

/** A message in a channel, a reply in a thread, or a private note. */
export interface Message {
  readonly ts: string;
  readonly channelId: string;
  readonly userId: string;
  readonly threadTs: string | null;
  /** A reply that stands in the channel as well. */
  readonly isBroadcast: boolean;
  /** Set: only this person sees it, and no Web API method can read or change it. */
  readonly ephemeralFor: string | null;
  text: string;
  blocks: readonly Block[];
  metadata: unknown;
  edited: boolean;
  /** Per person: why their last click here failed. */
  readonly troubles: Map<string, string | null>;
}

export type Content = Pick<Message, 'text' | 'blocks'>;

/** A modal on somebody's screen. */
export interface OpenView {
  readonly id: string;
  readonly rootId: string;
  readonly previousId: string | null;
  readonly userId: string;
  hash: string;
  modal: Modal;
  /** By block id, as the last submission was answered. */
  errors: Readonly<Record<string, string>>;
  trouble: string | null;
}

const directId = (userId: string) => `D${userId.slice(1)}`;

/** Everything the local Slack remembers. It is gone when the process ends. */
export class Workspace {
  readonly options: LocalSlackOptions;
  /** Oldest first. */
  readonly messages: Message[] = [];
  /** Per person, the modal on top last. */
  readonly views = new Map<string, OpenView[]>();
  readonly triggers = new Map<string, { readonly userId: string; readonly atMs: number; used: boolean }>();
  readonly responseUrls = new Map<
    string,
    { readonly message: Message; readonly userId: string; readonly atMs: number; uses: number }
  >();
  /** Called after every change that a person could see. */
  readonly watchers = new Set<() => void>();
  /** Where it listens. */
  url = '';
  #lastMicros = 0;

  constructor(options: LocalSlackOptions) {
    this.options = options;
  }

  nowMs(): number {
    return this.options.nowMs?.() ?? Date.now();
  }

  changed(): void {
    for (const tell of this.watchers) tell();
  }

  /** Seconds and microseconds, never the same twice: Slack's identity of a message. */
  newTs(): string {
    this.#lastMicros = Math.max(this.#lastMicros + 1, this.nowMs() * 1_000);
    return `${Math.floor(this.#lastMicros / 1e6)}.${String(this.#lastMicros % 1e6).padStart(6, '0')}`;
  }

  channel(idOrName: string | null | undefined): Channel | undefined {
    const wanted = idOrName?.replace(/^#/, '');
    const reader = this.options.people.find(({ id }) => directId(id) === wanted);
    if (reader !== undefined) return this.directChannel(reader.id);
    return this.options.channels.find(({ id, name }) => id === wanted || name === wanted);
  }

  /** Where the bot and one person write to each other. */
  directChannel(userId: string): Channel {
    const id = directId(userId);
    return { id, name: id, memberIds: [userId] };
  }

  person(userId: string | null | undefined) {
    return this.options.people.find(({ id }) => id === userId);
  }

  nameOf(userId: string): string | undefined {
    const { bot } = this.options;
    return userId === bot.userId ? bot.name : this.person(userId)?.name;
  }

  message(channelId: string, ts: string | undefined): Message | undefined {
    return this.messages.find((message) => message.channelId === channelId && message.ts === ts);
  }

  /** A channel's own messages with the replies that everybody hears, or the replies in a thread; private notes only for their reader. */
  messagesIn(channelId: string, threadTs: string | null, readerId: string | null): Message[] {
    return this.messages.filter((message) => {
      const mayRead = message.ephemeralFor === null || message.ephemeralFor === readerId;
      const isHere = message.threadTs === threadTs || (threadTs === null && message.isBroadcast);
      return message.channelId === channelId && isHere && mayRead;
    });
  }

  add(message: Content & Pick<Message, 'channelId' | 'userId'> & Partial<Message>): Message {
    const plain = {
      threadTs: null,
      isBroadcast: false,
      ephemeralFor: null,
      metadata: null,
      edited: false,
      troubles: new Map(),
    };
    const added = { ts: this.newTs(), ...plain, ...message };
    this.messages.push(added);
    this.changed();
    return added;
  }

  change(message: Message, { text, blocks }: Content): void {
    // An edit that brings blocks does not show "(edited)".
    Object.assign(message, { text, blocks, edited: blocks.length === 0 });
    this.changed();
  }

  remove(message: Message): void {
    this.messages.splice(this.messages.indexOf(message), 1);
    this.changed();
  }
}
