import { parseJson } from '../../core/invariant.ts';
import { createLightPost, type LightPost } from './light-post.ts';
import { type AwsCredentials, signRequest } from './sign-request.ts';

/** One signed JSON call to one AWS service, without the SDK: that costs the click path 40 ms of cold start. */
export type SignedAwsCall = (
  service: 'dynamodb' | 'secretsmanager',
  target: string,
  body: object,
) => Promise<AwsAnswer<unknown>>;

export type AwsAnswer<T> =
  | { readonly kind: 'done'; readonly body: T }
  /** The service said no; `code` is the short name of its exception. */
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  /** No usable answer: it may or may not have happened. */
  | { readonly kind: 'failed'; readonly why: string };

/** A signed POST to a service of this region; never throws, and never repeats. */
export type SignedPost = (
  service: AwsService,
  headers: Readonly<Record<string, string>>,
  payload: string,
) => ReturnType<LightPost>;

export type AwsService = keyof typeof endpointVariables;
type Environment = Readonly<Record<string, string | undefined>>;

const LIMIT_MS = 1500;
const MESSAGE_CHARS_MAX = 300;
const contentTypes = { dynamodb: 'application/x-amz-json-1.0', secretsmanager: 'application/x-amz-json-1.1' };
const endpointVariables = {
  dynamodb: 'AWS_ENDPOINT_URL_DYNAMODB',
  secretsmanager: 'AWS_ENDPOINT_URL_SECRETS_MANAGER',
  sts: 'AWS_ENDPOINT_URL_STS',
} as const;

/** Region, credentials and endpoints come from the environment, as for any AWS client in a Lambda. */
export function createSignedPost(environment: Environment, post: LightPost = createLightPost()): SignedPost {
  const region = environment['AWS_REGION'] ?? environment['AWS_DEFAULT_REGION'] ?? 'us-east-1';
  return async (service, given, payload) => {
    try {
      const url = endpointOf(service, region, environment);
      const headers = { ...given, 'content-length': String(Buffer.byteLength(payload)) };
      const unsigned = { service, region, url, headers, body: payload };
      return await post(url, signRequest(unsigned, credentialsOf(environment), Date.now()), payload, LIMIT_MS);
    } catch (error) {
      return { kind: 'failed', why: error instanceof Error ? error.message : String(error) };
    }
  };
}

export function createSignedAwsCall(environment: Environment, post?: LightPost): SignedAwsCall {
  const signedPost = createSignedPost(environment, post);
  return async (service, target, body) => {
    const headers = { 'content-type': contentTypes[service], 'x-amz-target': target };
    // Every call made here can be repeated without harm.
    const answer = await signedPost(service, headers, JSON.stringify(body));
    return answer.kind === 'failed' ? answer : answerOf(answer.statusCode, answer.text);
  };
}

/** As much of a refusal as is told. */
export function refused(code: string, message: string): AwsAnswer<never> {
  return { kind: 'refused', code, message: message.slice(0, MESSAGE_CHARS_MAX) };
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

function answerOf(statusCode: number, text: string): AwsAnswer<unknown> {
  const body = parseJson(text);
  if (typeof body !== 'object' || body === null) return { kind: 'failed', why: `HTTP ${statusCode}` };
  if (statusCode === 200) return { kind: 'done', body };
  if (statusCode >= 400 && statusCode < 500 && '__type' in body) {
    const message = 'message' in body ? body.message : 'Message' in body ? body.Message : '';
    return refused(String(body.__type).split('#').at(-1) ?? '', String(message));
  }
  return { kind: 'failed', why: `HTTP ${statusCode}` };
}
