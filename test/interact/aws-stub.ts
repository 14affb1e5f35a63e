import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface StubCall {
  readonly target: string;
  readonly contentType: string;
  readonly body: Record<string, unknown>;
  readonly isSigned: boolean;
  readonly headers: IncomingMessage['headers'];
}

export type Answering = (call: StubCall, response: ServerResponse) => void;

/** Answers as DynamoDB (a table that keeps no second item of a key) and Secrets Manager do, and checks signatures. */
export class AwsStub {
  readonly calls: StubCall[] = [];
  readonly keys = new Set<string>();
  secretString = '{}';
  url = '';
  /** Answers instead of the service while it is set. */
  instead: Answering | null = null;
  readonly server: Server = createServer((request, response) => void this.#serve(request, response));

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return this;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  environment(): Record<string, string> {
    return { ...stubCredentials, AWS_ENDPOINT_URL: this.url };
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString('utf8');
    const call = {
      target: String(request.headers['x-amz-target']),
      contentType: String(request.headers['content-type']),
      body: JSON.parse(text) as Record<string, unknown>,
      isSigned: isSigned(request, text),
      headers: request.headers,
    };
    this.calls.push(call);
    if (this.instead !== null) this.instead(call, response);
    else this.#answer(call, response);
  }

  #answer({ target, body }: StubCall, response: ServerResponse): void {
    if (target.endsWith('.GetSecretValue')) {
      response.end(JSON.stringify({ SecretString: this.secretString }));
      return;
    }
    const key = JSON.stringify((body['Item'] as { pk?: unknown }).pk);
    if (this.keys.has(key)) refuse(response, 'com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException');
    else response.end('{}');
    this.keys.add(key);
  }
}

export function refuse(response: ServerResponse, type: string, message = 'no'): void {
  response.writeHead(400).end(JSON.stringify({ __type: type, message }));
}

export const stubCredentials = {
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'test-key-id',
  AWS_SECRET_ACCESS_KEY: 'test-key',
  AWS_SESSION_TOKEN: 'test-session',
};

/** Signature version 4 as its documentation describes it, by other means than the code under test. */
function isSigned({ headers, method, url }: IncomingMessage, body: string): boolean {
  const authorization = /^AWS4-HMAC-SHA256 Credential=([^,]+), SignedHeaders=([^,]+), Signature=(\w+)$/.exec(
    headers.authorization ?? '',
  );
  const [, credential = '', names = '', signature = ''] = authorization ?? [];
  const [keyId, date = '', region = '', service = ''] = credential.split('/');
  const canonicalHeaders = names.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`);
  const canonical = [method, url, '', canonicalHeaders.join(''), names, sha256(body)].join('\n');
  const scope = [date, region, service, 'aws4_request'].join('/');
  const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical)].join('\n');
  const start = Buffer.from(`AWS4${stubCredentials.AWS_SECRET_ACCESS_KEY}`);
  const key = [date, region, service, 'aws4_request'].reduce<Buffer>((secret, part) => hmac(secret, part), start);
  const needed = ['host', 'x-amz-date', 'x-amz-target', 'x-amz-security-token'].every((name) =>
    names.split(';').includes(name),
  );
  return keyId === stubCredentials.AWS_ACCESS_KEY_ID && needed && hmac(key, toSign).toString('hex') === signature;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
