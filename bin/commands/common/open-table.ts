import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createDynamoStores } from '../../../functions/adapters/dynamodb/dynamo-store.ts';
import type { SetAside } from '../../../functions/core/ports.ts';

/** The deployed table, or that of a local loop, with the caller's credentials and patience. */
export function openTable(
  tableName: string,
  region: string,
  environment: Readonly<Record<string, string | undefined>>,
) {
  const endpoint = environment['AWS_ENDPOINT_URL_DYNAMODB'] ?? environment['AWS_ENDPOINT_URL'];
  const key = environment['AWS_ACCESS_KEY_ID'];
  const secret = environment['AWS_SECRET_ACCESS_KEY'];
  const token = environment['AWS_SESSION_TOKEN'];
  const client = new DynamoDBClient({
    region,
    maxAttempts: 2,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(key === undefined || secret === undefined
      ? {}
      : {
          credentials: {
            accessKeyId: key,
            secretAccessKey: secret,
            ...(token === undefined ? {} : { sessionToken: token }),
          },
        }),
  });
  /** What was found and cannot be read, as far as anybody has read. */
  const setAside: SetAside[] = [];
  return { ...createDynamoStores({ client, tableName, onSetAside: (aside) => setAside.push(aside) }), setAside };
}
