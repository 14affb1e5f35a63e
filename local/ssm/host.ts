import { release, type } from 'node:os';
import type { SsmDocument, Values } from './document.ts';

/** A machine as SSM sees it; its commands run on this one. */
export interface LocalHost {
  readonly id: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly agentVersion: string;
  readonly platform: 'Linux' | 'Windows' | 'MacOS';
  /** `silent`: the agent answers nothing; `undeliverable`: the service gives up at once. */
  readonly reach?: 'online' | 'silent' | 'undeliverable';
  /** What a script finds in its environment beyond the agent's own variables. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface RunContext {
  readonly commandId: string;
  readonly region: string;
  readonly host: LocalHost;
  readonly document: SsmDocument;
  readonly values: Values;
}

const ENV_VAR_SINCE = '3.3.2746.0';

/** Exactly the agent's variables: HOME, USER and TERM are unset, and older agents know nothing of ENV_VAR. */
export function agentEnvironment({ commandId, region, host, document, values }: RunContext): Record<string, string> {
  const environment: Record<string, string> = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin',
    AWS_SSM_INSTANCE_ID: host.id,
    AWS_SSM_REGION_NAME: region,
    AWS_SSM_PLATFORM_NAME: type(),
    AWS_SSM_PLATFORM_VERSION: release(),
    SSM_COMMAND_ID: commandId,
    ...host.env,
  };
  if (host.agentVersion.localeCompare(ENV_VAR_SINCE, 'en', { numeric: true }) < 0) return environment;
  for (const [name, parameter] of Object.entries(document.parameters)) {
    const value = values.get(name);
    if (parameter.interpolationType === 'ENV_VAR' && value !== undefined) environment[`SSM_${name}`] = value;
  }
  return environment;
}
