import { signRequest } from '../../functions/adapters/system/sign-request.ts';
import { environmentOf } from '../../local/aws/keys-file.ts';
import type { LocalAws } from '../../local/aws/local-aws.ts';

type Place = Pick<LocalAws, 'url' | 'region' | 'credentials'> & Partial<Pick<LocalAws, 'nowMs'>>;

/** For an SDK client of the local endpoint. */
export function clientOf({ url, region, credentials }: Place) {
  return { endpoint: url, region, credentials };
}

/** For a program that reads its place out of the environment, as `aws.env` of a session has it. */
export function environmentFor({ url, region, credentials }: Place) {
  return { ...environmentOf({ endpoint: url, region, credentials }) };
}

/** What came for another address goes on to the local endpoint: a signature is for one address, so it is signed anew. */
export function passOn(
  { url, region, credentials, nowMs = Date.now }: Place,
  path: string,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  body: string,
): Promise<Response> {
  const kept = ['content-type', 'x-amz-target', 'x-amz-invocation-type'].flatMap((name) =>
    headers[name] === undefined ? [] : [[name, String(headers[name])]],
  );
  const at = new URL(url + path);
  const unsigned = { service: serviceOf(path, String(headers['x-amz-target'] ?? ''), body), region, url: at, body };
  const keys = { ...credentials, sessionToken: undefined };
  const { host: _, ...signed } = signRequest({ ...unsigned, headers: Object.fromEntries(kept) }, keys, nowMs());
  return fetch(at, { method: 'POST', headers: signed, body });
}

function serviceOf(path: string, target: string, body: string): string {
  if (path.startsWith('/2015-03-31/functions/')) return 'lambda';
  if (target === '') return new URLSearchParams(body).get('Action') === 'AssumeRole' ? 'sts' : 'sns';
  if (target.startsWith('DynamoDB')) return 'dynamodb';
  return target.startsWith('AmazonSSM') ? 'ssm' : 'secretsmanager';
}
