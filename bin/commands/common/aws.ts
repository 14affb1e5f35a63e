import { SSMClient } from '@aws-sdk/client-ssm';

/** AWS as whoever types the command may use it. */
export interface Aws {
  readonly region: string;
  /** A client of the SDK for the service that `AWS_ENDPOINT_URL_{service}` would name. */
  client<T>(service: Service, Client: new (settings: ClientSettings) => T): T;
}

export type AwsAnswer<T> =
  | { readonly kind: 'done'; readonly body: T }
  /** `code` is the service's own; the message is its too, and never holds what was sent. */
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | { readonly kind: 'failed'; readonly why: string };

type Service =
  | 'CLOUDFORMATION'
  | 'CLOUDWATCH'
  | 'EC2'
  | 'LAMBDA'
  | 'RDS'
  | 'SCHEDULER'
  | 'SECRETS_MANAGER'
  | 'SSM'
  | 'STS';
type Environment = Readonly<Record<string, string | undefined>>;

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

interface ClientSettings {
  region: string;
  credentials: Credentials;
  endpoint?: string;
  maxAttempts: number;
  requestHandler: { requestTimeout: number; throwOnRequestTimeout: boolean; connectionTimeout: number };
}

/** Somebody waits at a terminal: one attempt, and an answer or a reason soon. */
const ATTEMPTS_MAX = 1;
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
  return { kind: 'connected', aws: createAws(region, credentials, environment) };
}

function given(environment: Environment): Credentials | null {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = environment;
  if (accessKeyId === undefined || secretAccessKey === undefined) return null;
  const sessionToken = environment['AWS_SESSION_TOKEN'];
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}

function createAws(region: string, credentials: Credentials, environment: Environment): Aws {
  return {
    region,
    client: (service, Client) => {
      const endpoint = environment[`AWS_ENDPOINT_URL_${service}`] ?? environment['AWS_ENDPOINT_URL'];
      return new Client({
        region,
        credentials,
        maxAttempts: ATTEMPTS_MAX,
        requestHandler: { requestTimeout: LIMIT_MS, throwOnRequestTimeout: true, connectionTimeout: LIMIT_MS },
        ...(endpoint === undefined ? {} : { endpoint }),
      });
    },
  };
}

/** What the SDK throws, as an answer: the service's own refusal, or no usable answer at all. */
export async function answerOf<T>(call: Promise<T>): Promise<AwsAnswer<T>> {
  try {
    return { kind: 'done', body: await call };
  } catch (error) {
    if (!(error instanceof Error)) return { kind: 'failed', why: String(error) };
    // The SDK calls an answer without a code of the service so.
    const status = isServiceError(error) ? error.$metadata.httpStatusCode : undefined;
    if (status === undefined) return { kind: 'failed', why: error.message.slice(0, 300) || error.name };
    if (/^(Unknown|UnknownError|Error|SyntaxError)$/.test(error.name)) return { kind: 'failed', why: `HTTP ${status}` };
    return { kind: 'refused', code: error.name, message: error.message.slice(0, 300) };
  }
}

function isServiceError(error: Error): error is Error & { readonly $metadata: { readonly httpStatusCode?: number } } {
  return '$metadata' in error && typeof error.$metadata === 'object' && error.$metadata !== null;
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
