import {
  CancelCommandCommand,
  type Command,
  GetCommandInvocationCommand,
  type GetCommandInvocationCommandOutput,
  ListCommandsCommand,
  SendCommandCommand,
  type SSMClient,
} from '@aws-sdk/client-ssm';
import { invariant } from '../../core/invariant.ts';
import type { CommandLook, CommandOrder, CommandRunner, CommandStatus, SendAnswer } from '../../core/ports.ts';
import { classifySendFailure, nameOf } from './classify-send-failure.ts';

const DELIVERY_SECONDS = 60;
/** Ours and the service's clock differ; the comment is exact, so a wider look finds nothing wrong. */
const CLOCK_DIFFERENCE_MS = 5 * 60_000;
const PAGES_MAX = 20;
const PAGE_SIZE = 50;

/** A client that may send this one order, or why there is none: then nothing was sent. */
export type SenderOf = (
  order: CommandOrder,
) => Promise<
  { readonly kind: 'ready'; readonly client: SSMClient } | Extract<SendAnswer, { kind: 'notSent' | 'throttled' }>
>;

/** Systems Manager's Run Command: one host, one document, no second attempt. */
export class SsmCommandRunner implements CommandRunner {
  readonly #client: SSMClient;
  readonly #senderOf: SenderOf;

  /** `client` looks, and sends unless there is a narrower one for each order. */
  constructor(client: SSMClient, senderOf: SenderOf = async () => ({ kind: 'ready', client })) {
    this.#client = client;
    this.#senderOf = senderOf;
  }

  async send(order: CommandOrder): Promise<SendAnswer> {
    const sender = await this.#senderOf(order);
    if (sender.kind !== 'ready') return sender;
    const { client } = sender;
    invariant((await client.config.maxAttempts()) === 1, 'a client that repeats requests must not send commands');
    try {
      const { Command: command } = await client.send(sendCommandOf(order));
      if (command?.CommandId === undefined) return { kind: 'unclear', why: 'an answer without a command id' };
      return { kind: 'sent', commandId: command.CommandId };
    } catch (error) {
      return classifySendFailure(error, order);
    } finally {
      if (client !== this.#client) client.destroy();
    }
  }

  async find(order: CommandOrder, sinceMs: number): ReturnType<CommandRunner['find']> {
    try {
      let token: string | undefined;
      for (let pages = 0; pages < PAGES_MAX; pages += 1) {
        const page = await this.#client.send(listCommandsOf(order, sinceMs, token));
        const command = page.Commands?.find((candidate) => isOurs(candidate, order));
        if (command?.CommandId !== undefined) return { kind: 'found', commandId: command.CommandId };
        token = page.NextToken;
        if (token === undefined || token === '') return { kind: 'notFound' };
      }
      return { kind: 'unclear', why: `more than ${PAGES_MAX * PAGE_SIZE} commands since then` };
    } catch (error) {
      return { kind: 'unclear', why: nameOf(error) };
    }
  }

  async cancel(commandId: string, hostId: string): Promise<'asked' | 'unclear'> {
    try {
      await this.#client.send(new CancelCommandCommand({ CommandId: commandId, InstanceIds: [hostId] }));
      return 'asked';
    } catch {
      return 'unclear';
    }
  }

  async look(commandId: string, hostId: string): Promise<CommandLook> {
    try {
      return lookOf(
        await this.#client.send(new GetCommandInvocationCommand({ CommandId: commandId, InstanceId: hostId })),
      );
    } catch (error) {
      const name = nameOf(error);
      // Shortly after the send the service may know the command but not yet its one step.
      if (name === 'InvocationDoesNotExist' || name === 'InvalidPluginName') return { kind: 'notVisible' };
      return { kind: 'unclear', why: name };
    }
  }
}

function sendCommandOf(order: CommandOrder): SendCommandCommand {
  return new SendCommandCommand({
    DocumentName: order.documentName,
    InstanceIds: [order.hostId],
    Parameters: Object.fromEntries(Object.entries(order.parameters).map(([name, value]) => [name, [value]])),
    Comment: commentOf(order),
    TimeoutSeconds: DELIVERY_SECONDS,
    MaxConcurrency: '1',
    MaxErrors: '0',
  });
}

function listCommandsOf(order: CommandOrder, sinceMs: number, token: string | undefined): ListCommandsCommand {
  const after = new Date(sinceMs - CLOCK_DIFFERENCE_MS).toISOString();
  return new ListCommandsCommand({
    InstanceId: order.hostId,
    Filters: [
      { key: 'DocumentName', value: order.documentName },
      { key: 'InvokedAfter', value: `${after.slice(0, 19)}Z` },
    ],
    MaxResults: PAGE_SIZE,
    ...(token === undefined ? {} : { NextToken: token }),
  });
}

/** The only mark that a command carries of its run. */
function commentOf({ runId }: CommandOrder): string {
  const comment = `runbell ${runId}`;
  invariant(comment.length <= 100, 'the service takes comments of at most 100 characters');
  return comment;
}

function isOurs(command: Command, order: CommandOrder): boolean {
  return command.Comment === commentOf(order);
}

function lookOf(invocation: GetCommandInvocationCommandOutput): CommandLook {
  const { Status: status, ResponseCode: exitCode = -1, StandardOutputContent: output = '' } = invocation;
  switch (status) {
    case 'Pending':
    case 'InProgress':
    case 'Delayed':
    case 'Cancelling':
      return { kind: 'running' };
    case 'Success':
    case 'Failed':
    case 'TimedOut':
    case 'Cancelled':
      return {
        kind: 'ended',
        status: statusOf(status, invocation.StatusDetails ?? ''),
        exitCode,
        output,
        ranForMs: ranForMs(invocation),
      };
    default:
      return { kind: 'unclear', why: `an answer with the status ${status}` };
  }
}

/** Empty texts where nothing ran. */
export function ranForMs({
  ExecutionStartDateTime: start = '',
  ExecutionEndDateTime: end = '',
}: Pick<GetCommandInvocationCommandOutput, 'ExecutionStartDateTime' | 'ExecutionEndDateTime'>): number | null {
  const ms = Date.parse(end) - Date.parse(start);
  return Number.isFinite(ms) && ms >= 0 ? ms : null;
}

const STATUSES: Readonly<Record<string, CommandStatus>> = {
  Success: 'Success',
  Failed: 'Failed',
  TimedOut: 'TimedOut',
  ExecutionTimedOut: 'TimedOut',
  Cancelled: 'Cancelled',
  Canceled: 'Cancelled',
  Undeliverable: 'Undeliverable',
  AccessDenied: 'AccessDenied',
  DeliveryTimedOut: 'DeliveryTimedOut',
  Terminated: 'Terminated',
  InvalidPlatform: 'InvalidPlatform',
};

/** The details tell apart what never reached a host; the documentation writes them with and without spaces. */
function statusOf(status: string, details: string): CommandStatus {
  const known = STATUSES[details.replaceAll(' ', '')];
  return known ?? (details === '' ? STATUSES[status] : undefined) ?? 'Other';
}
