import type { TargetConfig } from './config/config.ts';
import type { ApplicationState } from './model/application.ts';
import type { BoardAnswer, FoundMessage, NotNow, PostedBetween } from './model/board-answer.ts';
import type { ChannelState, PaceState } from './model/channel.ts';
import type { RequestRecord } from './model/decision.ts';
import type { MessageRef } from './model/delivery.ts';
import type { Details } from './model/details.ts';
import type { FreezeState } from './model/freeze.ts';
import type { Message } from './model/notice.ts';
import type { Run } from './model/run.ts';
import type { Counters, Reading, Sample } from './model/sample.ts';
import type { ChunkRecords, RollUpKind, TickRecord } from './model/sample-record.ts';
import type { TargetState } from './model/target.ts';
import type { TimelineDraft } from './model/timeline.ts';
import type { Settings } from './settings.ts';
import type { StoredChain } from './timeline/chain.ts';

/** Epoch milliseconds and waiting, so that a simulation can own time. */
export interface Clock {
  nowMs(): number;
  sleep(ms: number): Promise<void>;
}

/** Random identifiers: `newId('inc')` gives `inc-` and 10 lower-case letters or digits. */
export interface Ids {
  newId(prefix: string): string;
}

/** Reads one target once. Never throws for anything the target or the network does. */
export interface SampleSource {
  /** A refusal with 1040 comes back at once as `full` without detail, so that it can be told first. */
  take(target: TargetConfig, want: 'counts' | 'holders', previous: Counters | null): Promise<Sample>;
  /** After `full`: who holds the connections, over the admin port or the spare slot; null when every try was refused. */
  detail(target: TargetConfig, previous: Counters | null): Promise<Reading | null>;
}

/** An item guarded by its revision. Every transition of state is one `write`. */
export interface VersionedStore<T> {
  /** Strongly consistent. null: there is no such item. */
  read(id: string): Promise<Versioned<T> | null>;
  /** `expected` null: only when there is no such item yet. A conflict writes nothing. */
  write(id: string, value: T, expected: number | null): Promise<'written' | 'conflict'>;
}

export interface Versioned<T> {
  readonly value: T;
  readonly revision: number;
}

/** What a start changes: the new run, and the two items with the revisions that it was decided on. */
export interface RunStart {
  readonly run: Run;
  readonly target: Versioned<TargetState>;
  /** `revision` null: there is no such item yet. */
  readonly application: { readonly value: ApplicationState; readonly revision: number | null };
}

/** Begins runs. Lock, card and run are written together or not at all, so that nothing is ever half begun. */
export interface StartStore {
  /** Which item stood in the way: then nothing was written. */
  start(parts: RunStart): Promise<'written' | 'runExists' | 'applicationMoved' | 'targetMoved'>;
}

/** Items with something left to do; eventually consistent, so a writer still checks the revision. */
export interface OpenItems {
  /** Targets with an open incident, an unjudged run or an owed notice: at most 1,000. */
  openTargets(): Promise<OpenTargets>;
  /** Ids of items whose next deadline has passed, earliest first, at most 200. */
  dueIds(kind: EntityKind, nowMs: number): Promise<readonly string[]>;
}

/** An item that was found and is not used, so that the others go on. */
export interface SetAside {
  /** Its key, such as `target#shop-db`. */
  readonly item: string;
  readonly why: string;
}

export type OnSetAside = (aside: SetAside) => void;

export interface OpenTargets {
  readonly items: readonly Versioned<TargetState>[];
  /** Found among them, and neither read nor believed. */
  readonly setAside: readonly SetAside[];
}

export type EntityKind = 'target' | 'application' | 'inbox' | 'request' | 'run' | 'freezes' | 'channel' | 'pace';

/** Samples kept as evidence. One chunk per shard and tick, written once. */
export interface ChunkStore {
  /** Put if absent: `exists` means that another invocation already wrote this tick. */
  put(shard: number, tickMs: number, records: ReadonlyMap<string, TickRecord>): Promise<'written' | 'exists'>;
  /** Oldest first per target; ticks after `afterMs` and not later than `untilMs`. */
  since(shard: number, afterMs: number, untilMs: number): Promise<ReadonlyMap<string, readonly TickRecord[]>>;
  /** Put if absent, like `put`. `startMs` is the one of every record; targets may be left out. */
  putRollUp<K extends RollUpKind>(
    shard: number,
    kind: K,
    startMs: number,
    records: ReadonlyMap<string, ChunkRecords[K]>,
  ): Promise<'written' | 'exists'>;
  /** Oldest first per target; those that start after `afterMs`. */
  rollUpsSince<K extends RollUpKind>(
    shard: number,
    kind: K,
    afterMs: number,
  ): Promise<ReadonlyMap<string, readonly ChunkRecords[K][]>>;
}

/** The channel, as far as an incident needs it. Never throws for what Slack answers. */
export interface NoticeBoard {
  post(channel: string, what: Message): Promise<BoardAnswer<{ readonly message: MessageRef }>>;
  edit(message: MessageRef, what: Message): Promise<BoardAnswer<object>>;
  /** The newest message that carries this id of an incident, a summary or a freeze, looked up after an unclear post. */
  find(channel: string, id: string, posted: PostedBetween): Promise<BoardAnswer<FoundMessage>>;
  /** In the message's thread; `isLoud`: the channel hears it as well. `isOrphan`: the thread is gone, it stands alone. */
  reply(
    message: MessageRef,
    text: string,
    how?: { readonly isLoud: boolean },
  ): Promise<BoardAnswer<{ readonly isOrphan?: boolean }>>;
  /** A private note that only this person sees. */
  whisper(channel: string, userId: string, text: string): Promise<BoardAnswer<object>>;
  /** A direct message, for where no note can be shown. */
  direct(userId: string, text: string): Promise<BoardAnswer<object>>;
  /** Fills the form that was opened at the click. */
  fill(viewId: string, details: Details): Promise<BoardAnswer<object>>;
}

/** What Slack knows of people, kept for minutes. Without an answer nobody is anything: whoever asks has to refuse. */
export interface UserDirectory {
  /** Member ids of a user group. */
  members(groupId: string): Promise<readonly string[] | 'unknown' | NotNow>;
  kindOf(userId: string): Promise<'member' | 'guest' | 'bot' | 'foreign' | 'unknown' | NotNow>;
}

/** Chains of entries that are never changed. Appending is at least once; the same entry is kept once. */
export interface TimelineStore {
  append(chain: string, draft: TimelineDraft): Promise<'written' | 'exists'>;
  /** The newest entries, oldest first, and where the chain says it ends. */
  read(chain: string, max: number): Promise<StoredChain>;
}

/** Sends one command to one host. Nothing behind it ever sends twice. */
export interface CommandRunner {
  send(order: CommandOrder): Promise<SendAnswer>;
  /** The command of this run on this host, if the service has one. */
  find(
    order: CommandOrder,
    sinceMs: number,
  ): Promise<
    | { readonly kind: 'found'; readonly commandId: string }
    | { readonly kind: 'notFound' }
    | { readonly kind: 'unclear'; readonly why: string }
  >;
  look(commandId: string, hostId: string): Promise<CommandLook>;
  /** Asks for an end. How it ended is seen by looking, as ever; asking twice does no harm. */
  cancel(commandId: string, hostId: string): Promise<'asked' | 'unclear'>;
}

export interface CommandOrder {
  readonly runId: string;
  readonly hostId: string;
  /** Named after its content, and never changed under that name: see docs/decisions/document-names.md. */
  readonly documentName: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly executionTimeoutSeconds: number;
}

export type SendAnswer =
  | { readonly kind: 'sent'; readonly commandId: string }
  /** The service said no: nothing runs. */
  | { readonly kind: 'notSent'; readonly why: string }
  /** An explicit throttling answer: nothing runs, trying again is safe. */
  | { readonly kind: 'throttled' }
  /** No clear answer: look it up, never send again. */
  | { readonly kind: 'unclear'; readonly why: string };

export type CommandLook =
  | { readonly kind: 'notVisible' }
  | { readonly kind: 'running' }
  | {
      readonly kind: 'ended';
      readonly status: CommandStatus;
      readonly exitCode: number;
      readonly output: string;
      /** From its start on the host to its end; null: the service does not say. */
      readonly ranForMs: number | null;
    }
  | { readonly kind: 'unclear'; readonly why: string };

export type CommandStatus =
  | 'Success'
  | 'Failed'
  | 'TimedOut'
  | 'Cancelled'
  | 'Undeliverable'
  | 'AccessDenied'
  | 'DeliveryTimedOut'
  | 'Terminated'
  | 'InvalidPlatform'
  | 'Other';

/** Has the watch function sample some targets now, after a run. Losing the call is harmless: the next tick judges. */
export interface WatchCaller {
  watchNow(targetIds: readonly string[], askedAtMs: number): Promise<void>;
}

/** Reaches people when the channel is not enough. */
export interface Pager {
  page(topicArn: string, subject: string, body: string): Promise<'sent' | 'failed'>;
}

/** Structured log lines; every decision with its named reason. */
export interface Log {
  info(event: string, fields: Readonly<Record<string, unknown>>): void;
  error(event: string, fields: Readonly<Record<string, unknown>>): void;
}

export interface Stores {
  readonly targets: VersionedStore<TargetState>;
  readonly applications: VersionedStore<ApplicationState>;
  /** Requests as they were put there, by `inboxIdOf`; decided ones are kept as requests. */
  readonly inbox: VersionedStore<RequestRecord>;
  readonly requests: VersionedStore<RequestRecord>;
  readonly runs: VersionedStore<Run>;
  readonly starts: StartStore;
  /** One item, `FREEZES_ID`. */
  readonly freezes: VersionedStore<FreezeState>;
  readonly channels: VersionedStore<ChannelState>;
  /** One item, `PACE_ID`. */
  readonly pace: VersionedStore<PaceState>;
  readonly timeline: TimelineStore;
  readonly open: OpenItems;
}

export interface Basics {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
}
