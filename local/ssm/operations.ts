import * as z from 'zod';
import type { Command } from './command.ts';
import { documentView, filterHosts, hostView } from './inventory.ts';
import { type ServiceContext, sendCommand, target } from './send-command.ts';
import { parseInput, ServiceError } from './service-error.ts';
import { commandView, invocationView, stepView } from './views.ts';

type Operation = (context: ServiceContext, body: unknown) => object;

const paged = { MaxResults: z.int().min(1).max(50).default(50), NextToken: z.string().regex(/^\d+$/).optional() };

const listInput = z.strictObject({
  ...paged,
  CommandId: z.string().optional(),
  InstanceId: z.string().optional(),
  Details: z.boolean().default(false),
  Filters: z.array(z.strictObject({ key: z.string(), value: z.string() })).default([]),
});
const getInput = z.strictObject({ CommandId: z.string(), InstanceId: z.string(), PluginName: z.string().optional() });
const cancelInput = z.strictObject({ CommandId: z.string(), InstanceIds: z.array(z.string()).default([]) });
const describeInput = z.strictObject({ ...paged, Filters: z.array(target).default([]) });
const namedInput = z.strictObject({ Name: z.string(), DocumentVersion: z.string().optional() });

/** What this service answers to; each takes the body of one request. */
export const operations: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  ['SendCommand', sendCommand],
  ['ListCommands', listCommands],
  ['ListCommandInvocations', listCommandInvocations],
  ['GetCommandInvocation', getCommandInvocation],
  ['CancelCommand', cancelCommand],
  ['DescribeInstanceInformation', describeInstanceInformation],
  ['DescribeDocument', describeDocument],
]);

function listCommands(context: ServiceContext, body: unknown): object {
  const input = parseInput(listInput, body);
  return page('Commands', matchingCommands(context, input).map(commandView), input);
}

function listCommandInvocations(context: ServiceContext, body: unknown): object {
  const input = parseInput(listInput, body);
  const views = matchingCommands(context, input).flatMap((command) =>
    command.invocations
      .filter(({ host }) => input.InstanceId === undefined || host.id === input.InstanceId)
      .map((invocation) => invocationView(command, invocation, input.Details)),
  );
  return page('CommandInvocations', views, input);
}

function getCommandInvocation(context: ServiceContext, body: unknown): object {
  const input = parseInput(getInput, body);
  const command = visibleCommands(context).find(({ id }) => id === input.CommandId);
  const invocation = command?.invocations.find(({ host }) => host.id === input.InstanceId);
  if (command === undefined || invocation === undefined) {
    throw new ServiceError('InvocationDoesNotExist', 'No such invocation, or not yet.');
  }
  const names = command.document.steps.map(({ name }) => name);
  const name = input.PluginName ?? (names.length === 1 ? names[0] : undefined);
  if (name === undefined || !names.includes(name)) throw new ServiceError('InvalidPluginName', `Name one of ${names}.`);
  return stepView(command, invocation, name);
}

function cancelCommand(context: ServiceContext, body: unknown): object {
  const input = parseInput(cancelInput, body);
  const command = context.commands.find(({ id }) => id === input.CommandId);
  if (command === undefined) throw new ServiceError('InvalidCommandId', 'There is no such command.');
  for (const invocation of command.invocations) {
    const isMeant = input.InstanceIds.length === 0 || input.InstanceIds.includes(invocation.host.id);
    if (isMeant) context.dispatcher.cancel(command, invocation);
  }
  return {};
}

function describeInstanceInformation(context: ServiceContext, body: unknown): object {
  const input = parseInput(describeInput, body);
  return page('InstanceInformationList', filterHosts(context.hosts, input.Filters).map(hostView), input);
}

function describeDocument(context: ServiceContext, body: unknown): object {
  const document = context.documents.get(parseInput(namedInput, body).Name);
  if (document === undefined) throw new ServiceError('InvalidDocument', 'The document does not exist.');
  return { Document: documentView(document) };
}

/** Newest first; a command shows only some time after it was accepted. */
function visibleCommands({ commands, nowMs, visibleAfterMs }: ServiceContext): Command[] {
  return commands.filter(({ requestedAtMs }) => nowMs() >= requestedAtMs + visibleAfterMs).reverse();
}

function matchingCommands(context: ServiceContext, input: z.output<typeof listInput>): Command[] {
  const passes = (command: Command, key: string, value: string): boolean => {
    if (key === 'DocumentName') return command.document.name === value;
    if (key === 'InvokedAfter') return command.requestedAtMs > Date.parse(value);
    throw new ServiceError('InvalidFilterKey', `${key} is not a filter here`);
  };
  return visibleCommands(context).filter(
    (command) =>
      (input.CommandId === undefined || command.id === input.CommandId) &&
      (input.InstanceId === undefined || command.invocations.some(({ host }) => host.id === input.InstanceId)) &&
      input.Filters.every(({ key, value }) => passes(command, key, value)),
  );
}

function page(
  name: string,
  items: readonly object[],
  { MaxResults, NextToken = '0' }: { readonly MaxResults: number; readonly NextToken?: string | undefined },
): object {
  const start = Number(NextToken);
  const end = start + MaxResults;
  return { [name]: items.slice(start, end), ...(end < items.length ? { NextToken: String(end) } : {}) };
}
