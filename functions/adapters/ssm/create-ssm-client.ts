import { SSMClient } from '@aws-sdk/client-ssm';

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
    readonly sessionToken: string;
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
