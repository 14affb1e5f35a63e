import http from 'node:http';
import https from 'node:https';
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';

/** One signed JSON call to one AWS service, without the SDK: that costs the click path 40 ms of cold start. */
export type SignedAwsCall = (service: AwsService, target: string, body: object) => Promise<AwsAnswer>;

export type AwsService = 'dynamodb' | 'secretsmanager';

export type AwsAnswer =
  | { readonly kind: 'done'; readonly body: unknown }
  /** The service said no; `code` is the short name of its exception. */
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  /** No usable answer: it may or may not have happened. */
  | { readonly kind: 'failed'; readonly why: string };

type Environment = Readonly<Record<string, string | undefined>>;

const LIMIT_MS = 1500;
const ANSWER_BYTES_MAX = 1024 * 1024;
const contentTypes = { dynamodb: 'application/x-amz-json-1.0', secretsmanager: 'application/x-amz-json-1.1' };
const endpointVariables = { dynamodb: 'AWS_ENDPOINT_URL_DYNAMODB', secretsmanager: 'AWS_ENDPOINT_URL_SECRETS_MANAGER' };

/** Region, credentials and endpoints come from the environment, as for any AWS client in a Lambda. Never throws. */
export function createSignedAwsCall(environment: Environment): SignedAwsCall {
  const region = environment['AWS_REGION'] ?? environment['AWS_DEFAULT_REGION'] ?? 'us-east-1';
  const plain = new http.Agent({ keepAlive: true });
  const secure = new https.Agent({ keepAlive: true });
  return async (service, target, body) => {
    try {
      const url = endpointOf(service, region, environment);
      const payload = JSON.stringify(body);
      const signer = signerOf(service, region, environment);
      const { headers } = await signer.sign(requestOf(service, target, url, payload));
      const options = { method: 'POST', headers };
      return await exchange(payload, (signal) =>
        url.protocol === 'http:'
          ? http.request(url, { ...options, agent: plain, signal })
          : https.request(url, { ...options, agent: secure, signal }),
      );
    } catch (error) {
      return { kind: 'failed', why: error instanceof Error ? error.message : String(error) };
    }
  };
}

function requestOf(service: AwsService, target: string, { protocol, hostname, host, pathname }: URL, body: string) {
  const headers = {
    host,
    'content-type': contentTypes[service],
    'content-length': String(Buffer.byteLength(body)),
    'x-amz-target': target,
  };
  return { method: 'POST', protocol, hostname, path: pathname, headers, body };
}

function endpointOf(service: AwsService, region: string, environment: Environment): URL {
  const given = environment[endpointVariables[service]] ?? environment['AWS_ENDPOINT_URL'];
  return new URL(
    given ?? `https://${service}.${region}.${region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'}/`,
  );
}

function signerOf(service: AwsService, region: string, environment: Environment): SignatureV4 {
  const sessionToken = environment['AWS_SESSION_TOKEN'];
  const credentials = {
    accessKeyId: environment['AWS_ACCESS_KEY_ID'] ?? '',
    secretAccessKey: environment['AWS_SECRET_ACCESS_KEY'] ?? '',
    ...(sessionToken === undefined ? {} : { sessionToken }),
  };
  return new SignatureV4({ service, region, credentials, sha256: Sha256 });
}

async function exchange(payload: string, open: (signal: AbortSignal) => http.ClientRequest): Promise<AwsAnswer> {
  const signal = AbortSignal.timeout(LIMIT_MS);
  const first = await once(open(signal), payload);
  // A container that slept finds its kept connection closed. Every call made here can be repeated without harm.
  const answer = first.kind === 'stale' ? await once(open(signal), payload) : first;
  return answer.kind === 'stale' ? { kind: 'failed', why: 'the connection was closed twice' } : answer;
}

function once(request: http.ClientRequest, payload: string): Promise<AwsAnswer | { readonly kind: 'stale' }> {
  return new Promise((resolve) => {
    request.on('error', (error: NodeJS.ErrnoException) => {
      const isStale = request.reusedSocket && ['ECONNRESET', 'EPIPE'].includes(error.code ?? '');
      resolve(isStale ? { kind: 'stale' } : { kind: 'failed', why: error.message });
    });
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      let length = 0;
      response.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length <= ANSWER_BYTES_MAX) chunks.push(chunk);
        else request.destroy(new Error('the answer is too long'));
      });
      response.on('error', (error) => resolve({ kind: 'failed', why: error.message }));
      response.on('end', () => resolve(answerOf(response.statusCode ?? 0, Buffer.concat(chunks).toString('utf8'))));
    });
    request.end(payload);
  });
}

function answerOf(statusCode: number, text: string): AwsAnswer {
  const body = parseJson(text);
  if (statusCode === 200 && body !== null) return { kind: 'done', body };
  if (statusCode >= 400 && statusCode < 500 && body !== null && '__type' in body) {
    const code = String(body.__type).split('#').at(-1) ?? '';
    const message = 'message' in body ? body.message : 'Message' in body ? body.Message : '';
    return { kind: 'refused', code, message: String(message).slice(0, 300) };
  }
  return { kind: 'failed', why: `HTTP ${statusCode}` };
}

function parseJson(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}
