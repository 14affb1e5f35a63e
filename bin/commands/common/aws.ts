import { SSMClient } from '@aws-sdk/client-ssm';
import { createLightPost } from '../../../functions/adapters/system/light-post.ts';
import { type AwsCredentials, signRequest } from '../../../functions/adapters/system/sign-request.ts';
import { parseXml, type XmlElement } from './parse-xml.ts';

/**
 * A signed call to any AWS service, with the caller's own credentials. One of these instead of a client for each
 * service: the commands ask six services one question each, and only ssm's client is installed anyway.
 */
export interface Aws {
  readonly region: string;
  /** The JSON protocol: `target` as in X-Amz-Target. */
  json(service: JsonService, target: string, body: object): Promise<AwsAnswer<unknown>>;
  /** The query protocol, which answers in XML. */
  query(
    service: QueryService,
    action: string,
    parameters?: Readonly<Record<string, string>>,
  ): Promise<AwsAnswer<XmlElement>>;
  /** A service that is read by GET and answers in JSON. */
  get(
    service: 'scheduler' | 'lambda',
    path: string,
    query: Readonly<Record<string, string>>,
  ): Promise<AwsAnswer<unknown>>;
}

export type AwsAnswer<T> =
  | { readonly kind: 'done'; readonly body: T }
  /** `code` is the service's own; the message is its too, and never holds what was sent. */
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | { readonly kind: 'failed'; readonly why: string };

type JsonService = 'ssm' | 'secretsmanager' | 'dynamodb';
type QueryService = keyof typeof VERSIONS;
type Environment = Readonly<Record<string, string | undefined>>;

const VERSIONS = {
  cloudformation: '2010-05-15',
  rds: '2014-10-31',
  ec2: '2016-11-15',
  monitoring: '2010-08-01',
  sts: '2011-06-15',
} as const;
/** Where the endpoint's variable is not simply the service's name. */
const ENDPOINT_IDS: Readonly<Record<string, string>> = { secretsmanager: 'SECRETS_MANAGER', monitoring: 'CLOUDWATCH' };
const LIMIT_MS = 8_000;

/** `why` says what to do: nothing else here works without credentials. */
export type ConnectedAws =
  | { readonly kind: 'connected'; readonly aws: Aws }
  | { readonly kind: 'noCredentials'; readonly why: string };

/** Finds region and credentials as every AWS tool does: environment, profile, single sign-on, instance. */
export async function connectAws(environment: Environment): Promise<ConnectedAws> {
  // Profiles, single sign-on and instances are those of this process; an environment that was given stands alone.
  const finder = environment === process.env ? new SSMClient({}) : null;
  const named = environment['AWS_REGION'] ?? environment['AWS_DEFAULT_REGION'];
  const region = named ?? (await finder?.config.region().catch(() => null)) ?? null;
  if (region === null) {
    return {
      kind: 'noCredentials',
      why: 'No AWS region is set: export AWS_REGION=eu-central-1, or whichever is yours',
    };
  }
  const credentials = given(environment) ?? (await finder?.config.credentials().catch(() => null)) ?? null;
  if (credentials === null) {
    return {
      kind: 'noCredentials',
      why: 'No AWS credentials were found: aws sso login, or export AWS_PROFILE=<profile>',
    };
  }
  return { kind: 'connected', aws: createAws(region, { sessionToken: undefined, ...credentials }, environment) };
}

function given(environment: Environment): AwsCredentials | null {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = environment;
  if (accessKeyId === undefined || secretAccessKey === undefined) return null;
  return { accessKeyId, secretAccessKey, sessionToken: environment['AWS_SESSION_TOKEN'] };
}

function createAws(region: string, credentials: AwsCredentials, environment: Environment): Aws {
  const post = createLightPost();
  const send = async (service: string, headers: Readonly<Record<string, string>>, body: string) => {
    const url = endpointOf(service, region, environment);
    const all = { 'content-length': String(Buffer.byteLength(body)), ...headers };
    return post(
      url,
      signRequest({ service, region, url, headers: all, body }, credentials, Date.now()),
      body,
      LIMIT_MS,
    );
  };
  return {
    region,
    async json(service, target, body) {
      const version = service === 'dynamodb' ? '1.0' : '1.1';
      const headers = { 'content-type': `application/x-amz-json-${version}`, 'x-amz-target': target };
      const answer = await send(service, headers, JSON.stringify(body));
      if (answer.kind === 'failed') return answer;
      return answer.statusCode === 200
        ? { kind: 'done', body: JSON.parse(answer.text) as unknown }
        : jsonRefusal(answer.statusCode, answer.text);
    },
    async get(service, path, query) {
      const url = endpointOf(service, region, environment);
      url.pathname = path;
      url.search = new URLSearchParams(query).toString();
      const request = { service, region, method: 'GET', url, headers: {}, body: '' } as const;
      try {
        const headers = signRequest(request, credentials, Date.now());
        const answer = await fetch(url, { headers, signal: AbortSignal.timeout(LIMIT_MS) });
        if (answer.ok) return { kind: 'done', body: await answer.json() };
        const code = answer.headers.get('x-amzn-errortype')?.split(':')[0];
        return refusal(answer.status, code, '');
      } catch (error) {
        return { kind: 'failed', why: error instanceof Error ? error.message : String(error) };
      }
    },
    async query(service, action, parameters = {}) {
      const body = new URLSearchParams({ Action: action, Version: VERSIONS[service], ...parameters }).toString();
      const answer = await send(service, { 'content-type': 'application/x-www-form-urlencoded' }, body);
      if (answer.kind === 'failed') return answer;
      const xml = parseXml(answer.text);
      return answer.statusCode === 200 ? { kind: 'done', body: xml } : xmlRefusal(answer.statusCode, answer.text);
    },
  };
}

function endpointOf(service: string, region: string, environment: Environment): URL {
  const id = ENDPOINT_IDS[service] ?? service.toUpperCase();
  const given = environment[`AWS_ENDPOINT_URL_${id}`] ?? environment['AWS_ENDPOINT_URL'];
  return new URL(given ?? `https://${service}.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}/`);
}

function jsonRefusal(status: number, text: string): AwsAnswer<never> {
  const code = /"__type"\s*:\s*"(?:[^"]*#)?([^"]+)"/.exec(text)?.[1];
  return refusal(status, code, /"[mM]essage"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(text)?.[1]);
}

/** EC2 calls its outer elements differently; these two are the same everywhere. */
function xmlRefusal(status: number, text: string): AwsAnswer<never> {
  return refusal(status, /<Code>([^<]+)<\/Code>/.exec(text)?.[1], /<Message>([^<]+)<\/Message>/.exec(text)?.[1]);
}

function refusal(status: number, code: string | undefined, message = ''): AwsAnswer<never> {
  if (code === undefined) return { kind: 'failed', why: `HTTP ${status}` };
  return { kind: 'refused', code, message: message.slice(0, 300) };
}

/** What went wrong, for a person, with what to do where it is the same whatever was asked. */
export function problemText(answer: Exclude<AwsAnswer<unknown>, { kind: 'done' }>): string {
  if (answer.kind === 'failed') return `${answer.why}: is there a way to AWS from here, and is AWS_REGION right?`;
  const fix = credentialFix(answer.code);
  return `${answer.code}: ${answer.message}${fix === null ? '' : ` ${fix}`}`;
}

/** What to do where the credentials themselves are what is wrong; null: they are not. */
export function credentialFix(code: string): string | null {
  if (/^(Expired|RequestExpired|TokenRefreshRequired)/.test(code)) {
    return 'The credentials have expired: aws sso login, or new ones from where these came from.';
  }
  return /^(InvalidClientTokenId|UnrecognizedClient|InvalidAccessKeyId|SignatureDoesNotMatch|InvalidSignature|IncompleteSignature)/.test(
    code,
  )
    ? 'AWS does not know these credentials: look at AWS_PROFILE, AWS_ACCESS_KEY_ID and the clock of this machine.'
    : null;
}
