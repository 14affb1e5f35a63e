import type {
  CommandLook,
  CommandOrder,
  CommandRunner,
  CommandStatus,
  SendAnswer,
} from '../../functions/core/ports.ts';

/** What one command does; every field has a calm default. */
export interface CommandPlay {
  /**
   * `accept`: sent and answered. `acceptUnclear`: sent, the answer lost. `loseUnclear`: lost on the way.
   * `throttle`: refused, safe to repeat. `{ refuse }`: refused for good.
   */
  readonly answer?: 'accept' | 'acceptUnclear' | 'loseUnclear' | 'throttle' | { readonly refuse: string };
  readonly visibleAfterMs?: number;
  readonly runsForMs?: number;
  readonly status?: CommandStatus;
  readonly exitCode?: number;
  readonly output?: string;
}

/** A command that the scripted service took: what a simulated world needs to feel its effect. */
export interface TakenCommand {
  readonly commandId: string;
  readonly order: CommandOrder;
  readonly takenAtMs: number;
  readonly visibleAtMs: number;
  readonly endsAtMs: number;
  readonly status: CommandStatus;
  readonly exitCode: number;
  readonly output: string;
}

/** Where an invocation can die or lose sight: before a call reaches the service, and after it did. */
export type CommandPoint = 'beforeSend' | 'afterSend' | 'find' | 'look';

export interface ScriptedCommandRunnerOptions {
  readonly nowMs: () => number;
  /** Known documents by name; null: any document and any parameter will do. */
  readonly documents: Readonly<Record<string, ScriptedDocument>> | null;
  /** `count` says how many sends came before this one, throttled and refused ones included. */
  readonly play?: (order: CommandOrder, count: number) => CommandPlay;
  /** Throw to let the caller's process die here; return 'unclear' to lose the answer of `find` or `look`. */
  readonly at?: (point: CommandPoint, subject: string) => 'unclear' | undefined;
}

export interface ScriptedDocument {
  readonly patterns: Readonly<Record<string, RegExp>>;
}

/** A command service as a script and a clock have it: no timers, no randomness, so a history repeats itself exactly. */
export class ScriptedCommandRunner implements CommandRunner {
  /** Everything that was taken, in order: twice the same run and host here is a broken promise. */
  readonly taken: TakenCommand[] = [];
  readonly #options: ScriptedCommandRunnerOptions;
  #sends = 0;

  constructor(options: ScriptedCommandRunnerOptions) {
    this.#options = options;
  }

  async send(order: CommandOrder): Promise<SendAnswer> {
    this.#options.at?.('beforeSend', order.runId);
    const answer = this.#answer(order);
    this.#options.at?.('afterSend', order.runId);
    return answer;
  }

  async find(order: CommandOrder, sinceMs: number): ReturnType<CommandRunner['find']> {
    if (this.#options.at?.('find', order.runId) === 'unclear') return { kind: 'unclear', why: 'scripted' };
    const nowMs = this.#options.nowMs();
    const command = this.taken.find(
      (candidate) =>
        candidate.order.runId === order.runId &&
        candidate.order.hostId === order.hostId &&
        candidate.takenAtMs >= sinceMs &&
        candidate.visibleAtMs <= nowMs,
    );
    return command === undefined ? { kind: 'notFound' } : { kind: 'found', commandId: command.commandId };
  }

  async look(commandId: string, hostId: string): Promise<CommandLook> {
    if (this.#options.at?.('look', commandId) === 'unclear') return { kind: 'unclear', why: 'scripted' };
    const nowMs = this.#options.nowMs();
    const command = this.taken.find((it) => it.commandId === commandId && it.order.hostId === hostId);
    if (command === undefined || nowMs < command.visibleAtMs) return { kind: 'notVisible' };
    if (nowMs < command.endsAtMs) return { kind: 'running' };
    const ranForMs = command.endsAtMs - command.takenAtMs;
    return { kind: 'ended', status: command.status, exitCode: command.exitCode, output: command.output, ranForMs };
  }

  /** What has ended by now stays as it ended. */
  async cancel(commandId: string, hostId: string): Promise<'asked' | 'unclear'> {
    const nowMs = this.#options.nowMs();
    const at = this.taken.findIndex((it) => it.commandId === commandId && it.order.hostId === hostId);
    const command = this.taken[at];
    if (command !== undefined && nowMs < command.endsAtMs) {
      this.taken[at] = { ...command, endsAtMs: nowMs, status: 'Cancelled', exitCode: 137 };
    }
    return 'asked';
  }

  #answer(order: CommandOrder): SendAnswer {
    const play = this.#options.play?.(order, this.#sends) ?? {};
    this.#sends += 1;
    const { answer = 'accept' } = play;
    if (answer === 'throttle') return { kind: 'throttled' };
    if (answer === 'loseUnclear') return { kind: 'unclear', why: 'scripted' };
    if (typeof answer === 'object') return { kind: 'notSent', why: answer.refuse };
    const why = refusal(this.#options.documents, order);
    if (why !== null) return { kind: 'notSent', why };
    const commandId = this.#take(order, play);
    return answer === 'accept' ? { kind: 'sent', commandId } : { kind: 'unclear', why: 'scripted' };
  }

  #take(order: CommandOrder, play: CommandPlay): string {
    const takenAtMs = this.#options.nowMs();
    const visibleAtMs = takenAtMs + (play.visibleAfterMs ?? 0);
    const commandId = `command-${this.taken.length + 1}`;
    const { runsForMs = 0, status = 'Success', exitCode = 0, output = '' } = play;
    const endsAtMs = takenAtMs + runsForMs;
    this.taken.push({ commandId, order, takenAtMs, visibleAtMs, endsAtMs, status, exitCode, output });
    return commandId;
  }
}

function refusal(documents: ScriptedCommandRunnerOptions['documents'], order: CommandOrder): string | null {
  if (documents === null) return null;
  const document = documents[order.documentName];
  if (document === undefined) return `no document ${order.documentName}`;
  for (const [name, value] of Object.entries(order.parameters)) {
    if (document.patterns[name]?.test(value) !== true) return `the parameters: ${name}`;
  }
  return null;
}
