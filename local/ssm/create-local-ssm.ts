import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from './command.ts';
import { Dispatcher } from './dispatcher.ts';
import { parseDocument } from './document.ts';
import type { SsmEvent } from './events.ts';
import type { LocalHost } from './host.ts';
import { operations } from './operations.ts';
import type { ServiceContext } from './send-command.ts';
import { ServiceError } from './service-error.ts';

export interface LocalSsmOptions {
  readonly documents: readonly { readonly name: string; readonly content: unknown }[];
  readonly hosts: readonly LocalHost[];
  /** Made by the caller; scripts are written below `<dir>/ssm`, which `close` removes. */
  readonly dir: string;
  /** What the role's policy demands of a host; null: every host may be commanded. */
  readonly requiredTag: { readonly key: string; readonly value: string } | null;
  /** Called for each event; best effort, so it may be late, twice or never. Must not throw. */
  readonly onEvent?: (event: SsmEvent) => void;
  /** After how long an event arrives: `[]` drops it, two entries repeat it, unequal ones reorder. */
  readonly eventDelaysMs?: (event: SsmEvent) => readonly number[];
  /** How long a command stays invisible to every reading call after it was accepted. */
  readonly visibleAfterMs?: number;
  readonly nowMs?: () => number;
  /** How long a second of a step's `timeoutSeconds` lasts; shorter in tests. */
  readonly secondMs?: number;
  readonly region?: string;
  readonly accountId?: string;
}

export interface ServiceAnswer {
  readonly status: number;
  readonly body: object;
}

export interface LocalSsm {
  /** One AWS JSON 1.1 request: the value of X-Amz-Target and the parsed body. */
  handle(target: string, body: unknown): Promise<ServiceAnswer>;
  /** Kills what still runs and removes what it wrote. */
  close(): Promise<void>;
}

const TARGET_PREFIX = 'AmazonSSM.';

/** Systems Manager's Run Command for this machine. Throws when a document is none. */
export function createLocalSsm(options: LocalSsmOptions): LocalSsm {
  const { nowMs = Date.now, visibleAfterMs = 300, secondMs = 1000, region = 'us-east-1' } = options;
  const dir = join(options.dir, 'ssm');
  const commands: Command[] = [];
  const closing = new AbortController();
  const emit = createPost(options, closing.signal);
  const { accountId = '000000000000', requiredTag } = options;
  const dispatcher = new Dispatcher({ dir, nowMs, secondMs, region, accountId, requiredTag, emit });
  const documents = new Map(options.documents.map(({ name, content }) => [name, parseDocument(name, content)]));
  const context: ServiceContext = { documents, hosts: options.hosts, dispatcher, nowMs, visibleAfterMs, commands };
  return {
    async handle(target, body) {
      for (const command of commands) dispatcher.expire(command);
      return answer(context, target, body);
    },
    async close() {
      closing.abort();
      for (const { cancel } of commands.flatMap(({ invocations }) => invocations)) cancel.abort();
      await dispatcher.settled();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function answer(context: ServiceContext, target: string, body: unknown): ServiceAnswer {
  const operation = target.startsWith(TARGET_PREFIX) ? operations.get(target.slice(TARGET_PREFIX.length)) : undefined;
  if (operation === undefined) {
    return { status: 400, body: { __type: 'UnknownOperationException', message: `${target} is not built here` } };
  }
  try {
    return { status: 200, body: operation(context, body) };
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return { status: 400, body: { __type: error.code, message: error.message } };
  }
}

/** Delivers events on timers of its own, so that a slow receiver never holds up a command; none arrives once it is closed. */
function createPost({ onEvent, eventDelaysMs = () => [0] }: LocalSsmOptions, closed: AbortSignal) {
  return (event: SsmEvent): void => {
    if (onEvent === undefined) return;
    for (const delayMs of eventDelaysMs(event)) {
      setTimeout(() => {
        if (!closed.aborted) onEvent(event);
      }, delayMs).unref();
    }
  };
}
