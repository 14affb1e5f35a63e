import { SSMClient } from '@aws-sdk/client-ssm';
import type { CommandOrder } from '../../core/ports.ts';
import type { SenderOf } from './ssm-command-runner.ts';

export interface RunSessionDeps {
  /** Assumes the runner role; asked again only where it is safe. */
  assumeRole(request: {
    readonly roleArn: string;
    readonly sessionName: string;
    readonly policy: object;
  }): Promise<
    | { readonly kind: 'done'; readonly body: SessionCredentials }
    | { readonly kind: 'refused'; readonly code: string }
    | { readonly kind: 'failed'; readonly why: string }
  >;
  readonly runnerRoleArn: string;
  readonly region: string;
  readonly hostTag: { readonly key: string; readonly value: string };
  /** Only where it is not the region's own endpoint. */
  readonly endpoint?: string;
}

interface SessionCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/**
 * Sends each order in a session of its own, named by its run: CloudTrail, the command's comment and the card then
 * carry one id, and what the session is good for is this one command.
 */
export function inRunSession(deps: RunSessionDeps): SenderOf {
  const { runnerRoleArn: roleArn, region, endpoint } = deps;
  const place = { region, ...(endpoint === undefined ? {} : { endpoint }) };
  return async (order) => {
    const opened = await deps.assumeRole({ roleArn, sessionName: order.runId, policy: sessionPolicyOf(order, deps) });
    switch (opened.kind) {
      case 'done':
        return { kind: 'ready', client: createSsmClient({ ...place, credentials: opened.body }) };
      case 'refused':
        return {
          kind: 'notSent',
          why: `Runbell may not assume its runner role (${opened.code}); deploy the stack again.`,
        };
      case 'failed':
        return { kind: 'notSent', why: `no session could be opened for this run (${opened.why}); ask for it again.` };
    }
  };
}

/** This document to this host, while the host carries the tag: the role itself allows each of ours on each tagged host. */
function sessionPolicyOf({ documentName, hostId }: CommandOrder, { runnerRoleArn, region, hostTag }: RunSessionDeps) {
  const [, partition = 'aws', , , account = ''] = runnerRoleArn.split(':');
  const arnOf = (service: string, resource: string) => `arn:${partition}:${service}:${region}:${account}:${resource}`;
  const send = { Effect: 'Allow', Action: 'ssm:SendCommand' };
  return {
    Version: '2012-10-17',
    Statement: [
      { ...send, Resource: arnOf('ssm', `document/${documentName}`) },
      {
        ...send,
        Resource: hostId.startsWith('mi-')
          ? arnOf('ssm', `managed-instance/${hostId}`)
          : arnOf('ec2', `instance/${hostId}`),
        Condition: { StringEquals: { [`ssm:resourceTag/${hostTag.key}`]: hostTag.value } },
      },
    ],
  };
}

const CONNECT_MS_MAX = 2_000;

const REQUEST_MS_MAX = 5_000;

export interface SsmClientSettings {
  /** Only where it is not the region's own endpoint. */
  readonly endpoint?: string;
  readonly region?: string;
  readonly requestMsMax?: number;
  /** Only where they are not the function's own. */
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
}

/** A client that never sends a request twice: SendCommand has no client token, so a repeat would be a second command. */
export function createSsmClient({ requestMsMax = REQUEST_MS_MAX, ...place }: SsmClientSettings = {}): SSMClient {
  return new SSMClient({
    ...place,
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: Math.min(CONNECT_MS_MAX, requestMsMax),
      requestTimeout: requestMsMax,
      // Without it the handler only warns and waits on.
      throwOnRequestTimeout: true,
    },
  });
}
