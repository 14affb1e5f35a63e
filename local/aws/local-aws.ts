import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { DynamoEngine, errorBody } from './dynamo-engine.ts';
import { LocalFunctions, type LocalLog, messageOf } from './local-functions.ts';

export interface LocalAwsOptions {
  readonly tableName: string;
  /** Answers `AmazonSSM.*`; the body is parsed JSON both ways. */
  readonly ssm?: {
    handle(target: string, body: unknown): Promise<{ readonly status: number; readonly body: unknown }>;
  };
  /** By ARN or name. Read at each call, so that a secret may change. */
  readonly secrets?: ReadonlyMap<string, string>;
  /** Called for SNS Publish; a throw becomes an error of the service. */
  readonly onPublish?: (message: PublishedMessage) => void | Promise<void>;
  readonly log?: LocalLog;
}

export interface PublishedMessage {
  readonly topicArn: string;
  readonly subject: string;
  readonly message: string;
}

/** One endpoint for all AWS clients, and the functions that it runs. */
export interface LocalAws {
  /** For AWS_ENDPOINT_URL. Loopback only. */
  readonly url: string;
  readonly functions: LocalFunctions;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const JSON_1_0 = { 'content-type': 'application/x-amz-json-1.0' };
const JSON_1_1 = { 'content-type': 'application/x-amz-json-1.1' };

/** Starts it on a free port of 127.0.0.1, with the table made. */
export async function createLocalAws(options: LocalAwsOptions): Promise<LocalAws> {
  const functions = new LocalFunctions(options.log ?? (() => undefined));
  const dynamo = new DynamoEngine((record) => functions.offer(record));
  await dynamo.createTable(options.tableName);
  const server = createServer((request, response) => {
    answerTo(request, { options, functions, dynamo }).then(
      (answer) => reply(response, answer),
      (error: unknown) => reply(response, failure(500, 'InternalFailure', messageOf(error))),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, functions, close: () => close(server, functions) };
}

async function close(server: Server, functions: LocalFunctions): Promise<void> {
  await functions.close();
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

interface Services {
  readonly options: LocalAwsOptions;
  readonly functions: LocalFunctions;
  readonly dynamo: DynamoEngine;
}

async function answerTo(request: IncomingMessage, services: Services): Promise<Answer> {
  const text = await textOf(request);
  // Any credentials will do, but there must be a signature: a page in a browser cannot send this header
  // across origins without asking first, so it cannot call functions on the machine of whoever reads it.
  if (!(request.headers.authorization ?? '').startsWith('AWS4-HMAC-SHA256 ')) {
    return failure(403, 'MissingAuthenticationTokenException', 'requests have to be signed');
  }
  const functionName = /^\/2015-03-31\/functions\/([^/]+)\/invocations/.exec(request.url ?? '')?.[1];
  if (functionName !== undefined) return invokeFunction(request, services.functions, functionName, text);
  const target = String(request.headers['x-amz-target'] ?? '');
  if (target === '') return answerForm(new URLSearchParams(text), services.options);
  const body = JSON.parse(text === '' ? '{}' : text) as Readonly<Record<string, unknown>>;
  const [service = '', operation = ''] = target.split('.');
  if (service.startsWith('DynamoDB_')) return { ...(await services.dynamo.handle(operation, body)), headers: JSON_1_0 };
  if (service === 'AmazonSSM' && services.options.ssm !== undefined) {
    const { status, body: answer } = await services.options.ssm.handle(target, body);
    return { status, body: JSON.stringify(answer), headers: JSON_1_1 };
  }
  if (target === 'secretsmanager.GetSecretValue') return getSecretValue(String(body['SecretId']), services.options);
  return failure(400, 'UnknownOperationException', `${target} is not emulated`);
}

async function invokeFunction(request: IncomingMessage, functions: LocalFunctions, path: string, text: string) {
  // An ARN and a qualifier are accepted, as the service does.
  const name = decodeURIComponent(path)
    .replace(/^arn:.*:function:/, '')
    .replace(/:.*$/, '');
  if (!functions.has(name)) return failure(404, 'ResourceNotFoundException', `Function not found: ${name}`);
  const event: unknown = text === '' ? null : JSON.parse(text);
  if (request.headers['x-amz-invocation-type'] === 'Event') {
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

function getSecretValue(id: string, { secrets }: LocalAwsOptions): Answer {
  const value = secrets?.get(id);
  if (value === undefined) {
    return failure(400, 'ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
  }
  return { status: 200, body: JSON.stringify({ ARN: id, Name: id, SecretString: value }), headers: JSON_1_1 };
}

const XML = { 'content-type': 'text/xml' };

async function answerForm(form: URLSearchParams, options: LocalAwsOptions): Promise<Answer> {
  const action = form.get('Action') ?? 'no action';
  if (action === 'Publish') return publish(form, options);
  if (action === 'AssumeRole') return session(form);
  return failure(400, 'InvalidAction', `${action} is not emulated`);
}

/** Credentials named after the session. What its policy allows is not looked at here; a test of the stack does. */
function session(form: URLSearchParams): Answer {
  const keys = { AccessKeyId: form.get('RoleSessionName') ?? '', SecretAccessKey: 'local', SessionToken: 'local' };
  const credentials = Object.entries(keys).map(([name, value]) => `<${name}>${value}</${name}>`);
  return { status: 200, body: `<AssumeRoleResponse>${credentials.join('')}</AssumeRoleResponse>`, headers: XML };
}

async function publish(form: URLSearchParams, { onPublish }: LocalAwsOptions): Promise<Answer> {
  await onPublish?.({
    topicArn: form.get('TopicArn') ?? '',
    subject: form.get('Subject') ?? '',
    message: form.get('Message') ?? '',
  });
  const result = `<PublishResult><MessageId>${randomUUID()}</MessageId></PublishResult>`;
  return { status: 200, body: `<PublishResponse>${result}</PublishResponse>`, headers: XML };
}

function failure(status: number, type: string, message: string): Answer {
  return { status, body: errorBody(type, message), headers: { ...JSON_1_1, 'x-amzn-errortype': type } };
}

function reply(response: ServerResponse, { status, body, headers }: Answer): void {
  response.writeHead(status, { ...headers, 'x-amzn-requestid': randomUUID() }).end(body);
}
