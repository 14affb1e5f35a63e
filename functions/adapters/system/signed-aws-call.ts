import { createLightPost, type LightPost } from './light-post.ts';
import { type AwsCredentials, signRequest } from './sign-request.ts';

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
const contentTypes = { dynamodb: 'application/x-amz-json-1.0', secretsmanager: 'application/x-amz-json-1.1' };
const endpointVariables = { dynamodb: 'AWS_ENDPOINT_URL_DYNAMODB', secretsmanager: 'AWS_ENDPOINT_URL_SECRETS_MANAGER' };

/** Region, credentials and endpoints come from the environment, as for any AWS client in a Lambda. Never throws. */
export function createSignedAwsCall(environment: Environment, post: LightPost = createLightPost()): SignedAwsCall {
  const region = environment['AWS_REGION'] ?? environment['AWS_DEFAULT_REGION'] ?? 'us-east-1';
  return async (service, target, body) => {
    try {
      const url = endpointOf(service, region, environment);
      const payload = JSON.stringify(body);
      const headers = {
        'content-type': contentTypes[service],
        'content-length': String(Buffer.byteLength(payload)),
        'x-amz-target': target,
      };
      const unsigned = { service, region, url, headers, body: payload };
      const signed = signRequest(unsigned, credentialsOf(environment), Date.now());
      // Every call made here can be repeated without harm.
      const answer = await post(url, signed, payload, LIMIT_MS);
      return answer.kind === 'failed' ? answer : answerOf(answer.statusCode, answer.text);
    } catch (error) {
      return { kind: 'failed', why: error instanceof Error ? error.message : String(error) };
    }
  };
}

function endpointOf(service: AwsService, region: string, environment: Environment): URL {
  const given = environment[endpointVariables[service]] ?? environment['AWS_ENDPOINT_URL'];
  return new URL(
    given ?? `https://${service}.${region}.${region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'}/`,
  );
}

function credentialsOf(environment: Environment): AwsCredentials {
  return {
    accessKeyId: environment['AWS_ACCESS_KEY_ID'] ?? '',
    secretAccessKey: environment['AWS_SECRET_ACCESS_KEY'] ?? '',
    sessionToken: environment['AWS_SESSION_TOKEN'],
  };
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
