import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { SignatureV4 } from '@smithy/signature-v4';
import { isSame } from '../loopback.ts';
import type { SignatureRefusal } from './answer.ts';

/** What somebody signs with. A session's have a token and an end. */
export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly endsAtMs?: number;
}

export interface SignedHead {
  readonly method: string;
  /** As it came: path and query, encoded. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
}

export interface SignaturePlace {
  readonly keysOf: (accessKeyId: string) => Keys | undefined;
  readonly region: string;
  /** Of what is asked for; null: nothing known, so that any will do. */
  readonly service: string | null;
  readonly nowMs: number;
}

/** Who a request says it is from, and until when that holds, with nothing looked at yet that needs the body. */
export interface Claim {
  readonly kind: 'claim';
  readonly keys: Keys;
  readonly service: string;
  readonly region: string;
  readonly signedHeaders: readonly string[];
  readonly signedAtMs: number;
  readonly signature: string;
}

const AGE_MS_MAX = 5 * 60_000;
const CREDENTIAL = /\bCredential=([\w-]+)\/(\d{8})\/([\w-]+)\/([\w-]+)\/aws4_request(?:,|$)/;
const SIGNED_HEADERS = /\bSignedHeaders=([a-z0-9;-]+)(?:,|$)/;
const SIGNATURE = /\bSignature=([0-9a-f]{64})$/;
const TIME = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;
const INVALID_TOKEN = 'The security token included in the request is invalid.';

/** Reads the Authorization header as the services do, in their order: form, key, token, time, scope. */
export function readClaim({ headers }: SignedHead, place: SignaturePlace): Claim | SignatureRefusal {
  const { authorization } = headers;
  if (authorization === undefined) return refuse('missing', 'Request is missing Authentication Token');
  const [, accessKeyId, date, region, service] = CREDENTIAL.exec(authorization) ?? [];
  const signedHeaders = SIGNED_HEADERS.exec(authorization)?.[1]?.split(';');
  const signature = SIGNATURE.exec(authorization)?.[1];
  const time = String(headers['x-amz-date'] ?? '');
  const signedAtMs = TIME.test(time) ? Date.parse(time.replace(TIME, '$1-$2-$3T$4:$5:$6Z')) : Number.NaN;
  if (!authorization.startsWith('AWS4-HMAC-SHA256 ')) return refuse('incomplete', 'Only AWS4-HMAC-SHA256 is known.');
  if (accessKeyId === undefined || region === undefined || service === undefined) return incomplete('Credential');
  if (signedHeaders === undefined) return incomplete('SignedHeaders');
  if (signature === undefined) return incomplete('Signature');
  if (Number.isNaN(signedAtMs)) return refuse('incomplete', 'The request has no usable X-Amz-Date header.');
  const keys = place.keysOf(accessKeyId);
  if (keys === undefined) return refuse('unknownKey', INVALID_TOKEN);
  const claim: Claim = { kind: 'claim', keys, service, region, signedHeaders, signedAtMs, signature };
  return (
    tokenFault(keys, headers, place.nowMs) ??
    timeFault(time, date ?? '', signedAtMs, place.nowMs) ??
    scopeFault(claim, place) ??
    unsignedFault(claim, headers) ??
    claim
  );
}

/** Whether the whole request was signed with the keys that it names: AWS's own signer signs it again. */
export async function isSigned(head: SignedHead, body: Buffer, claim: Claim): Promise<boolean> {
  const { keys, region, service, signedHeaders, signedAtMs } = claim;
  const bodyHash = head.headers['x-amz-content-sha256'];
  if (bodyHash !== undefined && bodyHash !== createHash('sha256').update(body).digest('hex')) return false;
  const { pathname, searchParams } = new URL(head.target, 'http://localhost');
  const { sessionToken, accessKeyId, secretAccessKey } = keys;
  const signer = new SignatureV4({
    region,
    service,
    sha256: Sha256,
    applyChecksum: false,
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
  });
  const headers = Object.fromEntries(signedHeaders.map((name) => [name, String(head.headers[name] ?? '')]));
  const query = Object.fromEntries([...new Set(searchParams.keys())].map((key) => [key, searchParams.getAll(key)]));
  const request = { method: head.method, protocol: 'http:', hostname: '', path: pathname, headers, query, body };
  const options = { signingDate: new Date(signedAtMs), signableHeaders: new Set(signedHeaders) };
  const again = await signer.sign(request, options);
  return isSame(SIGNATURE.exec(again.headers['authorization'] ?? '')?.[1] ?? '', claim.signature);
}

export const MISMATCH = refuse(
  'mismatch',
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key.',
);

function tokenFault({ sessionToken, endsAtMs }: Keys, headers: IncomingHttpHeaders, nowMs: number) {
  const given = String(headers['x-amz-security-token'] ?? '');
  if (!isSame(given, sessionToken ?? '')) return refuse('unknownKey', INVALID_TOKEN);
  if (endsAtMs === undefined || nowMs <= endsAtMs) return null;
  return refuse('expiredToken', 'The security token included in the request is expired');
}

function timeFault(time: string, date: string, signedAtMs: number, nowMs: number): SignatureRefusal | null {
  if (!time.startsWith(date)) return refuse('mismatch', `The credential's date ${date} is not that of ${time}.`);
  const now = timeText(nowMs);
  if (signedAtMs < nowMs - AGE_MS_MAX)
    return refuse(
      'mismatch',
      `Signature expired: ${time} is now earlier than ${timeText(nowMs - AGE_MS_MAX)} (${now} - 5 min.)`,
    );
  if (signedAtMs > nowMs + AGE_MS_MAX)
    return refuse(
      'mismatch',
      `Signature not yet current: ${time} is still later than ${timeText(nowMs + AGE_MS_MAX)} (${now} + 5 min.)`,
    );
  return null;
}

function scopeFault(claim: Claim, { region, service }: SignaturePlace): SignatureRefusal | null {
  if (claim.region !== region) return refuse('mismatch', `Credential should be scoped to a valid region: ${region}.`);
  if (service === null || claim.service === service) return null;
  return refuse('mismatch', `Credential should be scoped to correct service: '${service}'.`);
}

/** What decides over a request has to be signed: where it goes, and everything that AWS itself reads. */
function unsignedFault({ signedHeaders }: Claim, headers: IncomingHttpHeaders): SignatureRefusal | null {
  const needed = ['host', ...Object.keys(headers).filter((name) => name.startsWith('x-amz-'))];
  const unsigned = needed.find((name) => !signedHeaders.includes(name));
  return unsigned === undefined ? null : refuse('mismatch', `'${unsigned}' must be a 'SignedHeader'.`);
}

function timeText(atMs: number): string {
  return new Date(atMs).toISOString().replaceAll(/[-:]|\.\d{3}/g, '');
}

function incomplete(part: string): SignatureRefusal {
  return refuse('incomplete', `Authorization header requires '${part}' parameter.`);
}

function refuse(fault: SignatureRefusal['fault'], message: string): SignatureRefusal {
  return { fault, message };
}

type Data = string | ArrayBuffer | ArrayBufferView;

/** Node's hash in the shape that AWS's signer asks for. */
export class Sha256 {
  readonly #hash: Hash | Hmac;

  constructor(secret?: Data) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret));
  }

  update(data: Data): void {
    this.#hash.update(bytesOf(data));
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
}

function bytesOf(data: Data): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
