import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import type { LocalAws } from '../../../local/aws/local-aws.ts';
import { passOn } from '../../support/signed.ts';

/** One call as it came over the wire: the action of the query protocol, the target of the JSON protocol, or the path of a GET. */
export interface StagedCall {
  readonly name: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** A string is XML, an object is JSON; `refuse` makes it an error of the service. */
export type StagedAnswer = string | object | { readonly refuse: string };

/** AWS as far as a test tells it; what it does not answer goes on to `elsewhere`, such as the local AWS. */
export async function startAwsStage(
  answer: (call: StagedCall) => StagedAnswer | null,
  elsewhere: LocalAws | null = null,
) {
  const calls: StagedCall[] = [];
  const server = createServer(async (request, response) => {
    const body = await textOf(request);
    const target = String(request.headers['x-amz-target'] ?? '');
    const form = Object.fromEntries(new URLSearchParams(body));
    const at = new URL(request.url ?? '/', 'http://unused');
    const asked = { name: at.pathname, parameters: Object.fromEntries(at.searchParams) };
    const call =
      request.method === 'GET'
        ? asked
        : target === ''
          ? { name: form['Action'] ?? '', parameters: form }
          : jsonCall(target, body);
    calls.push(call);
    const said = answer(call);
    if (said === null && elsewhere !== null) {
      const passed = await passOn(elsewhere, '/', request.headers, body);
      response.writeHead(passed.status, { 'content-type': 'application/json' }).end(await passed.text());
      return;
    }
    const code =
      said === null ? 'UnknownOperationException' : typeof said === 'object' && 'refuse' in said ? said.refuse : null;
    if (code !== null) response.writeHead(400).end(refusal(String(code), target === ''));
    else response.writeHead(200).end(typeof said === 'string' ? said : JSON.stringify(said));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    calls,
    environment: {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function jsonCall(target: string, body: string): StagedCall {
  return { name: target.split('.')[1] ?? target, parameters: JSON.parse(body) as Record<string, unknown> };
}

function refusal(code: string, isXml: boolean): string {
  return isXml
    ? `<ErrorResponse><Error><Code>${code}</Code><Message>No.</Message></Error></ErrorResponse>`
    : JSON.stringify({ __type: code, message: 'No.' });
}

/** What CloudFormation answers to DescribeStacks. */
export function stackXml(outputs: Readonly<Record<string, string>>, status = 'CREATE_COMPLETE'): string {
  const members = Object.entries(outputs)
    .map(([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`)
    .join('');
  return `<DescribeStacksResponse><DescribeStacksResult><Stacks><member>
    <Outputs>${members}</Outputs><StackStatus>${status}</StackStatus>
  </member></Stacks></DescribeStacksResult></DescribeStacksResponse>`;
}

/** What CloudFormation answers to DescribeStackResources. */
export function resourcesXml(
  resources: readonly { readonly type: string; readonly logicalId: string; readonly id: string }[],
): string {
  const members = resources.map(
    ({ type, logicalId, id }) =>
      `<member><ResourceType>${type}</ResourceType><LogicalResourceId>${logicalId}</LogicalResourceId><PhysicalResourceId>${id}</PhysicalResourceId></member>`,
  );
  return `<DescribeStackResourcesResponse><DescribeStackResourcesResult><StackResources>${members.join('')}</StackResources></DescribeStackResourcesResult></DescribeStackResourcesResponse>`;
}
