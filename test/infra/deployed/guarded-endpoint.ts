import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import * as z from 'zod';
import type { LocalAws } from '../../../local/aws/local-aws.ts';
import { passOn } from '../../support/signed.ts';
import { type Call, isAllowed, type Statement } from './access.ts';
import { ACCOUNT, type DeployedTemplate, REGION } from './template.ts';

export interface RecordedCall extends Call {
  readonly roleArn: string;
  readonly isAllowed: boolean;
}

/** Who signs with which key: the role, and for a session the policy that narrows it. */
export interface Principal {
  readonly roleArn: string;
  readonly session: readonly Statement[] | null;
  readonly functionArn: string | null;
  /** What `aws:userid` is for it, where a policy asks. */
  readonly userId?: string;
}

type Spoilt = 'lost' | 'refused';

export interface GuardedEndpoint {
  readonly url: string;
  readonly calls: readonly RecordedCall[];
  /** The next SendCommand reaches the service and its answer never comes back, or the service refuses it. */
  spoilNextSend(how: Spoilt): void;
  close(): Promise<void>;
}

const order = z.object({ DocumentName: z.string(), InstanceIds: z.array(z.string()) });
const policyShape = z.object({
  Statement: z.array(
    z.object({
      Effect: z.literal('Allow'),
      Action: z.string(),
      Resource: z.string(),
      Condition: z.record(z.string(), z.record(z.string(), z.string())).default({}),
    }),
  ),
});

/** Stands before the local AWS and lets through what the synthesized roles allow, as the services would. */
export async function guard(
  aws: LocalAws,
  template: DeployedTemplate,
  hostTags: Readonly<Record<string, string>>,
  others: ReadonlyMap<string, Principal> = new Map(),
): Promise<GuardedEndpoint> {
  const calls: RecordedCall[] = [];
  const principals = new Map<string, Principal>([
    ...template
      .functions()
      .map(({ name, roleArn, arn }) => [name, { roleArn, session: null, functionArn: arn }] as const),
    ...others,
  ]);
  let spoilt: Spoilt | null = null;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await textOf(request);
    const signedBy = /Credential=([^/]+)\//.exec(request.headers.authorization ?? '')?.[1] ?? '';
    const principal = principals.get(signedBy);
    const form = new URLSearchParams(body);
    const wanted = form.get('Action') === 'AssumeRole' ? [] : callsOf(request, body, hostTags);
    const judged = wanted.map((call) => judge(principal, call));
    if (form.get('Action') === 'AssumeRole') judged.push(assume(principal, form));
    calls.push(...judged);
    if (judged.length === 0 || judged.some((one) => !one.isAllowed)) return deny(request, response);
    const isSend = String(request.headers['x-amz-target']).endsWith('SendCommand');
    const how = spoilt;
    if (isSend && how === 'refused') {
      spoilt = null;
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.1' });
      return void response.end(JSON.stringify({ __type: 'InvalidInstanceId', message: 'not reached' }));
    }
    const answer = await passOn(aws, request.url ?? '/', request.headers, body);
    const text = await answer.text();
    if (form.get('Action') === 'AssumeRole' && answer.ok) opened(form, text);
    if (isSend) spoilt = null;
    if (isSend && how === 'lost') {
      request.socket.destroy();
      return;
    }
    const answered = [...answer.headers].filter(
      ([name]) => !/^(content-length|transfer-encoding|connection)$/.test(name),
    );
    response.writeHead(answer.status, Object.fromEntries(answered)).end(text);
  }

  function judge(principal: Principal | undefined, call: Call): RecordedCall {
    const roleArn = principal?.roleArn ?? 'nobody';
    // Lambda adds it to whatever a function's own code asks for.
    const from = principal?.functionArn ?? null;
    const userId = principal?.userId;
    const context = {
      ...call.context,
      ...(from === null ? {} : { 'lambda:SourceFunctionArn': [from] }),
      ...(userId === undefined ? {} : { 'aws:userid': [userId] }),
    };
    const whole = { ...call, context };
    const session = principal?.session ?? null;
    const allowed = isAllowed(template.statementsOf(roleArn), whole) && (session === null || isAllowed(session, whole));
    return { ...whole, roleArn, isAllowed: allowed };
  }

  function assume(principal: Principal | undefined, form: URLSearchParams): RecordedCall {
    const roleArn = form.get('RoleArn') ?? '';
    const name = form.get('RoleSessionName') ?? '';
    const call = {
      action: 'sts:AssumeRole',
      resource: principal?.roleArn ?? 'nobody',
      context: { 'sts:RoleSessionName': [name] },
    };
    return { ...call, roleArn, isAllowed: isAllowed(template.trustOf(roleArn), call) };
  }

  /** From now on the session's key stands for the role and the policy that narrows it. */
  function opened(form: URLSearchParams, answer: string): void {
    const roleArn = form.get('RoleArn') ?? '';
    const session = policyShape.parse(JSON.parse(form.get('Policy') ?? '')).Statement.map((one) => ({
      effect: one.Effect,
      actions: [one.Action],
      resources: [one.Resource],
      conditions: Object.fromEntries(
        Object.entries(one.Condition).map(([operator, keys]) => [
          operator,
          Object.fromEntries(Object.entries(keys).map(([of, value]) => [of, [value]])),
        ]),
      ),
    }));
    const accessKeyId = /<AccessKeyId>(\w+)</.exec(answer)?.[1] ?? '';
    principals.set(accessKeyId, { roleArn, session, functionArn: null });
  }

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    spoilNextSend: (how) => {
      spoilt = how;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function deny(request: IncomingMessage, response: ServerResponse): void {
  const isForm = request.headers['x-amz-target'] === undefined;
  const xml =
    '<ErrorResponse><Error><Code>AccessDenied</Code><Message>not authorized</Message></Error></ErrorResponse>';
  const json = JSON.stringify({ __type: 'AccessDeniedException', message: 'not authorized' });
  response.writeHead(isForm ? 403 : 400, { 'content-type': isForm ? 'text/xml' : 'application/x-amz-json-1.1' });
  response.end(isForm ? xml : json);
}

/** The actions and resources that the service authorizes for one request; none where this test does not know it. */
function callsOf(request: IncomingMessage, body: string, hostTags: Readonly<Record<string, string>>): readonly Call[] {
  const functionName = /\/functions\/([^/]+)\/invocations/.exec(request.url ?? '')?.[1];
  if (functionName !== undefined) {
    return [call('lambda:InvokeFunction', arn('lambda', `function:${decodeURIComponent(functionName)}`))];
  }
  const target = request.headers['x-amz-target'];
  if (typeof target !== 'string') {
    const form = new URLSearchParams(body);
    return form.get('Action') === 'Publish' ? [call('sns:Publish', form.get('TopicArn') ?? '')] : [];
  }
  const [service = '', operation = ''] = target.split('.');
  const json: unknown = JSON.parse(body);
  if (service.startsWith('DynamoDB')) return tableCalls(operation, json);
  if (service === 'secretsmanager') {
    return [call(`secretsmanager:${operation}`, z.object({ SecretId: z.string() }).parse(json).SecretId)];
  }
  if (service !== 'AmazonSSM') return [];
  return operation === 'SendCommand' ? sendCalls(order.parse(json), hostTags) : [call(`ssm:${operation}`, '*')];
}

const values = z.record(z.string(), z.record(z.string(), z.unknown()));
const tableShape = z.object({
  TableName: z.string(),
  IndexName: z.string().optional(),
  Item: values.optional(),
  Key: values.optional(),
  KeyConditionExpression: z.string().optional(),
  ConditionExpression: z.string().optional(),
  ExpressionAttributeValues: values.default({}),
  ExpressionAttributeNames: z.record(z.string(), z.string()).default({}),
});
type TableRequest = z.output<typeof tableShape>;
const transaction = z.object({ TransactItems: z.array(z.object({ Put: tableShape })) });

/** A transaction is authorized as the puts that it holds. */
function tableCalls(operation: string, body: unknown): readonly Call[] {
  if (operation !== 'TransactWriteItems') return [tableCall(operation, tableShape.parse(body))];
  return transaction.parse(body).TransactItems.map(({ Put }) => tableCall('PutItem', Put));
}

function tableCall(operation: string, request: TableRequest): Call {
  const { TableName, IndexName } = request;
  const leading = leadingOf(request);
  const attributes = [...Object.keys(request.Item ?? request.Key ?? {}), ...attributesIn(request)];
  const resource = arn('dynamodb', `table/${TableName}${IndexName === undefined ? '' : `/index/${IndexName}`}`);
  return call(`dynamodb:${operation}`, resource, {
    ...(leading === undefined ? {} : { 'dynamodb:LeadingKeys': [leading] }),
    ...(attributes.length === 0 ? {} : { 'dynamodb:Attributes': [...new Set(attributes)] }),
  });
}

/** The partition that is touched; of an index nothing is said, because nothing of ours depends on it. */
function leadingOf({ IndexName, Item, Key, KeyConditionExpression, ExpressionAttributeValues }: TableRequest) {
  const value = /^pk = (:\w+)/.exec(KeyConditionExpression ?? '')?.[1];
  const queried = IndexName === undefined && value !== undefined ? ExpressionAttributeValues[value]?.['S'] : undefined;
  return z
    .string()
    .optional()
    .parse(Item?.['pk']?.['S'] ?? Key?.['pk']?.['S'] ?? queried);
}

/** Attributes that a condition reads are accessed as well. */
function attributesIn({ ConditionExpression = '', ExpressionAttributeNames }: TableRequest): readonly string[] {
  const words = ConditionExpression.match(/(?<![:\w])#?[a-z]\w*/gi) ?? [];
  return words
    .filter((word) => !/^(attribute_not_exists|attribute_exists|and|or|not)$/i.test(word))
    .map((word) => ExpressionAttributeNames[word] ?? word);
}

/** Authorized for the document and for each host, whose tags the service looks up. */
function sendCalls({ DocumentName, InstanceIds }: z.output<typeof order>, hostTags: Readonly<Record<string, string>>) {
  const tags = Object.entries(hostTags).map(([name, value]) => [`ssm:resourceTag/${name}`, [value]]);
  const hosts = InstanceIds.map((id) =>
    id.startsWith('mi-') ? arn('ssm', `managed-instance/${id}`) : arn('ec2', `instance/${id}`),
  );
  return [
    call('ssm:SendCommand', arn('ssm', `document/${DocumentName}`)),
    ...hosts.map((host) => call('ssm:SendCommand', host, Object.fromEntries(tags))),
  ];
}

function call(action: string, resource: string, context: Call['context'] = {}): Call {
  return { action, resource, context };
}

function arn(service: string, resource: string): string {
  return `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`;
}
