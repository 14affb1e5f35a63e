import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { type Answer, failure, JSON_1_0, JSON_1_1, queryAnswer, queryFailure } from './answer.ts';
import type { DynamoEngine } from './dynamo-engine.ts';
import type { KeyRing } from './key-ring.ts';
import { type LocalFunctions, messageOf } from './local-functions.ts';
import type { SignedHead } from './signature.ts';

export interface PublishedMessage {
  readonly topicArn: string;
  readonly subject: string;
  readonly message: string;
}

export interface ServiceOptions {
  /** Answers `AmazonSSM.*`; the body is parsed JSON both ways. */
  readonly ssm?: {
    handle(target: string, body: unknown): Promise<{ readonly status: number; readonly body: unknown }>;
  };
  /** By ARN or name. Read at each call, so that a secret may change. */
  readonly secrets?: ReadonlyMap<string, string>;
  /** Called for SNS Publish; a throw becomes an error of the service. */
  readonly onPublish?: (message: PublishedMessage) => void | Promise<void>;
}

/** What stands behind the endpoint. */
export interface Services {
  readonly options: ServiceOptions;
  readonly functions: LocalFunctions;
  readonly dynamo: DynamoEngine;
  readonly keys: KeyRing;
  readonly nowMs: () => number;
}

const INVOCATION = /^\/2015-03-31\/functions\/([^/?]+)\/invocations/;
const SERVICES: Readonly<Record<string, string>> = {
  DynamoDB_20120810: 'dynamodb',
  AmazonSSM: 'ssm',
  secretsmanager: 'secretsmanager',
};

/** The service that a request has to be signed for; null where only its body or nobody knows. */
export function serviceOf({ target, headers }: SignedHead): string | null {
  if (INVOCATION.test(target)) return 'lambda';
  return SERVICES[targetOf(headers).split('.')[0] ?? ''] ?? null;
}

/** Carries out a request whose sender is known. `signedFor`: the service that its signature names. */
export async function answerService(
  { target: path, headers }: SignedHead,
  text: string,
  signedFor: string,
  services: Services,
): Promise<Answer> {
  const functionName = INVOCATION.exec(path)?.[1];
  if (functionName !== undefined) return invokeFunction(headers, services.functions, functionName, text);
  const target = targetOf(headers);
  if (target === '') return answerForm(new URLSearchParams(text), signedFor, services);
  const body = JSON.parse(text === '' ? '{}' : text) as Readonly<Record<string, unknown>>;
  const [service = '', operation = ''] = target.split('.');
  if (service === 'DynamoDB_20120810') {
    return { ...(await services.dynamo.handle(operation, body)), headers: JSON_1_0 };
  }
  if (service === 'AmazonSSM' && services.options.ssm !== undefined) {
    const { status, body: answer } = await services.options.ssm.handle(target, body);
    return { status, body: JSON.stringify(answer), headers: JSON_1_1 };
  }
  if (target === 'secretsmanager.GetSecretValue') return getSecretValue(String(body['SecretId']), services);
  return failure(400, 'UnknownOperationException', `${target} is not emulated`);
}

function targetOf(headers: IncomingHttpHeaders): string {
  return String(headers['x-amz-target'] ?? '');
}

async function invokeFunction(headers: IncomingHttpHeaders, functions: LocalFunctions, path: string, text: string) {
  // An ARN and a qualifier are accepted, as the service does.
  const name = decodeURIComponent(path)
    .replace(/^arn:.*:function:/, '')
    .replace(/:.*$/, '');
  if (!functions.has(name)) return failure(404, 'ResourceNotFoundException', `Function not found: ${name}`);
  const event: unknown = text === '' ? null : JSON.parse(text);
  if (headers['x-amz-invocation-type'] === 'Event') {
    void functions.send(name, event);
    return { status: 202, body: '' };
  }
  try {
    return { status: 200, body: JSON.stringify(await functions.invoke(name, event)) };
  } catch (error) {
    const errorType = error instanceof Error ? error.name : 'Error';
    const body = JSON.stringify({ errorMessage: messageOf(error), errorType });
    return { status: 200, body, headers: { 'x-amz-function-error': 'Unhandled' } };
  }
}

function getSecretValue(id: string, { options: { secrets } }: Services): Answer {
  const value = secrets?.get(id);
  if (value === undefined) {
    return failure(400, 'ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
  }
  return { status: 200, body: JSON.stringify({ ARN: id, Name: id, SecretString: value }), headers: JSON_1_1 };
}

async function answerForm(form: URLSearchParams, signedFor: string, services: Services): Promise<Answer> {
  const action = form.get('Action') ?? 'no action';
  if (action === 'Publish' && signedFor === 'sns') return publish(form, services);
  if (action === 'AssumeRole' && signedFor === 'sts') return openSession(form, services);
  return queryFailure(400, 'InvalidAction', `${action} is not emulated`);
}

/** What the session's policy allows is not looked at here; a test of the stack does. */
function openSession(form: URLSearchParams, { keys, nowMs }: Services): Answer {
  const seconds = form.get('DurationSeconds');
  const session = keys.open(seconds === null ? null : Number(seconds), nowMs());
  if (session === null) return queryFailure(400, 'ValidationError', 'DurationSeconds must be 900 to 43200');
  const { accessKeyId, secretAccessKey, sessionToken, endsAtMs } = session;
  return queryAnswer('AssumeRole', {
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    SessionToken: sessionToken,
    Expiration: new Date(endsAtMs).toISOString(),
  });
}

async function publish(form: URLSearchParams, { options: { onPublish } }: Services): Promise<Answer> {
  await onPublish?.({
    topicArn: form.get('TopicArn') ?? '',
    subject: form.get('Subject') ?? '',
    message: form.get('Message') ?? '',
  });
  return queryAnswer('Publish', { MessageId: randomUUID() });
}
