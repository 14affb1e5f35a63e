import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalSsm, type LocalSsm, type LocalSsmOptions } from '../../../local/ssm/create-local-ssm.ts';
import type { LocalHost } from '../../../local/ssm/host.ts';

type Json = Record<string, unknown>;

/** What GetCommandInvocation and ListCommandInvocations say, as far as tests look at it. */
export interface Seen extends Json {
  readonly Status: string;
  readonly StatusDetails: string;
  readonly ResponseCode: number;
  readonly StandardOutputContent: string;
  readonly StandardErrorContent: string;
  readonly Output: string;
}

export interface Stage {
  readonly dir: string;
  readonly ssm: LocalSsm;
  /** The answer's body with its HTTP status as `status`. */
  call(operation: string, body: object): Promise<Json>;
  /** Sends to one host and gives the command's id; a refusal is thrown as `code: message`. */
  send(change?: object): Promise<string>;
  /** Waits for the end of a command's part on a host. */
  ended(commandId: string, hostId?: string): Promise<Seen>;
  /** Sends, waits, and gives each step's result by name. */
  run(change?: object): Promise<{ readonly invocation: Seen; readonly steps: Readonly<Record<string, Seen>> }>;
  close(): Promise<void>;
}

export const hostId = 'i-0123456789abcdef0';

export function hostOf(change: Partial<LocalHost> = {}): LocalHost {
  return { id: hostId, tags: { Runbell: 'yes' }, agentVersion: '3.3.3572.0', platform: 'Linux', ...change };
}

/** One shell step; `inputs` beside its lines. */
export function step(name: string, lines: readonly string[], inputs: object = {}): object {
  return { action: 'aws:runShellScript', name, inputs: { runCommand: lines, ...inputs } };
}

export function documentOf(mainSteps: readonly object[], parameters: object = {}): object {
  return { schemaVersion: '2.2', parameters, mainSteps };
}

/** A local Systems Manager with one host and one document named `doc`. */
export async function createStage(content: unknown, options: Partial<LocalSsmOptions> = {}): Promise<Stage> {
  const dir = await mkdtemp(join(tmpdir(), 'runbell-ssm-'));
  const documents = [{ name: 'doc', content }];
  const ssm = createLocalSsm({ documents, hosts: [hostOf()], dir, requiredTag: null, visibleAfterMs: 0, ...options });

  const call: Stage['call'] = async (operation, body) => {
    const answer = await ssm.handle(`AmazonSSM.${operation}`, JSON.parse(JSON.stringify(body)));
    return { ...answer.body, status: answer.status };
  };
  const send: Stage['send'] = async (change = {}) => {
    const answer = await call('SendCommand', { DocumentName: 'doc', InstanceIds: [hostId], ...change });
    if (answer['status'] !== 200) throw new Error(`${answer['__type']}: ${answer['message']}`);
    return (answer['Command'] as { CommandId: string }).CommandId;
  };
  const ended: Stage['ended'] = async (commandId, id = hostId) => {
    for (let looks = 0; looks < 3000; looks += 1) {
      const query = { CommandId: commandId, InstanceId: id, Details: true };
      const [seen] = (await call('ListCommandInvocations', query))['CommandInvocations'] as Seen[];
      if (seen !== undefined && !['Pending', 'InProgress', 'Cancelling'].includes(seen.Status)) return seen;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error('the command never ended');
  };
  return {
    dir,
    ssm,
    call,
    send,
    ended,
    async run(change) {
      const commandId = await send(change);
      const invocation = await ended(commandId);
      const plugins = invocation['CommandPlugins'] as (Seen & { Name: string })[];
      const steps = plugins.map(async (plugin) => {
        const query = { CommandId: commandId, InstanceId: hostId, PluginName: plugin.Name };
        return [plugin.Name, { ...plugin, ...(await call('GetCommandInvocation', query)) }] as const;
      });
      return { invocation, steps: Object.fromEntries(await Promise.all(steps)) };
    },
    async close() {
      await ssm.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
