import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { checkParameters } from './check-parameters.ts';
import type { Command, Invocation } from './command.ts';
import type { Dispatcher } from './dispatcher.ts';
import { type SsmDocument, stepTimeoutSeconds } from './document.ts';
import type { LocalHost } from './host.ts';
import { filterHosts } from './inventory.ts';
import { parseInput, ServiceError } from './service-error.ts';
import { commandView } from './views.ts';

export interface ServiceContext {
  readonly documents: ReadonlyMap<string, SsmDocument>;
  readonly hosts: readonly LocalHost[];
  readonly dispatcher: Dispatcher;
  readonly nowMs: () => number;
  readonly visibleAfterMs: number;
  /** Oldest first. */
  readonly commands: Command[];
}

/** A filter or target as the service's requests have it. */
export const target = z.strictObject({ Key: z.string(), Values: z.array(z.string()) });
const limit = (pattern: RegExp, usual: string) => z.string().regex(pattern).default(usual);

const sendInput = z.strictObject({
  DocumentName: z.string(),
  DocumentHash: z.string().optional(),
  DocumentHashType: z.literal('Sha256').optional(),
  InstanceIds: z.array(z.string()).max(50).default([]),
  Targets: z.array(target).max(5).default([]),
  Parameters: z.record(z.string(), z.array(z.string())).default({}),
  Comment: z.string().max(100).default(''),
  TimeoutSeconds: z.int().min(30).max(2_592_000).default(3600),
  MaxConcurrency: limit(/^([1-9]\d{0,6}|[1-9]\d?%|100%)$/, '50'),
  MaxErrors: limit(/^(0|[1-9]\d{0,6}|\d{1,2}%|100%)$/, '0'),
});

const COMMANDS_KEPT_MAX = 1000;

/** Checks everything before anything is kept or started. */
export function sendCommand(context: ServiceContext, body: unknown): object {
  const input = parseInput(sendInput, body);
  const document = context.documents.get(input.DocumentName);
  if (document === undefined)
    throw new ServiceError('InvalidDocument', `Document ${input.DocumentName} does not exist.`);
  if (input.DocumentHash !== undefined && input.DocumentHash !== document.sha256) {
    throw new ServiceError('InvalidDocument', `document hash ${input.DocumentHash} does not match Sha256.`);
  }
  const hosts = resolveHosts(context, input.InstanceIds, input.Targets);
  const check = checkParameters(document, input.Parameters);
  if (check.kind === 'refused') throw new ServiceError('InvalidParameters', check.why);
  const executionSeconds = document.steps.reduce((sum, step) => sum + stepTimeoutSeconds(step, check.values), 0);
  const nowMs = context.nowMs();
  const command: Command = {
    id: randomUUID(),
    document,
    parameters: input.Parameters,
    values: check.values,
    comment: input.Comment,
    instanceIds: input.InstanceIds,
    targets: input.Targets,
    requestedAtMs: nowMs,
    expiresAtMs: nowMs + (input.TimeoutSeconds + executionSeconds) * 1000,
    maxConcurrency: input.MaxConcurrency,
    maxErrors: input.MaxErrors,
    invocations: hosts.map(
      (host): Invocation => ({
        host,
        cancel: new AbortController(),
        details: 'Pending',
        startedAtMs: null,
        endedAtMs: null,
        steps: [],
      }),
    ),
  };
  context.commands.push(command);
  if (context.commands.length > COMMANDS_KEPT_MAX) context.commands.shift();
  const answer = { Command: commandView(command) };
  context.dispatcher.start(command);
  return answer;
}

function resolveHosts(
  { hosts }: ServiceContext,
  ids: readonly string[],
  targets: readonly z.output<typeof target>[],
): readonly LocalHost[] {
  if ((ids.length === 0) === (targets.length === 0)) {
    throw new ServiceError('ValidationException', 'Name either InstanceIds or Targets.');
  }
  if (targets.length > 0) return filterHosts(hosts, targets);
  if (new Set(ids).size < ids.length) throw new ServiceError('DuplicateInstanceId', 'An instance is named twice.');
  const known = hosts.filter((host) => ids.includes(host.id));
  if (known.length < ids.length) {
    throw new ServiceError('InvalidInstanceId', 'Instances not in a valid state for the account.');
  }
  return known;
}
