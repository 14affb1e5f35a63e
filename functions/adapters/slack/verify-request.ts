import { isUtf8 } from 'node:buffer';
import { createHmac, timingSafeEqual } from 'node:crypto';
import * as v from 'valibot';
import { parseJson } from '../../core/invariant.ts';

/** What Slack is told to call; the bare root serves somebody who left the path out. */
export const INTERACT_PATHS = ['/slack/events', '/'];
/**
 * A click brings the whole message or form that it was made in, as escaped JSON, form-encoded: 15 KB as a rule, nine
 * bytes a character for names in other scripts. The largest that our limits of characters allow is 150 KB.
 */
export const BODY_BYTES_MAX = 256 * 1024;
const AGE_SECONDS_MAX = 300;
const FORM = 'application/x-www-form-urlencoded';
const SIGNATURE = /^v0=[0-9a-f]{64}$/;

/** The payload of a click or a form, or the fields of a slash command. */
export type RequestContent = Readonly<Record<string, unknown>>;

/** May be Slack's, as far as can be told without its body. */
export interface ScreenedRequest {
  readonly kind: 'screened';
  /** At most `BODY_BYTES_MAX` when decoded. */
  readonly body: string;
  readonly isBase64: boolean;
  readonly signature: string;
  readonly timestamp: string;
}

interface RefusedRequest {
  readonly kind: 'refused';
  readonly reason: RequestRefusal;
}

export type VerifiedRequest = { readonly kind: 'verified'; readonly content: RequestContent } | RefusedRequest;

export const STATUS_CODES = {
  notHttp: 400,
  wrongMethod: 405,
  unknownPath: 404,
  wrongContentType: 415,
  tooLarge: 413,
  missingHeaders: 401,
  tooOldOrAhead: 401,
  noSigningSecret: 503,
  badSignature: 401,
  notUtf8: 400,
  malformed: 400,
} as const;

export type RequestRefusal = keyof typeof STATUS_CODES;

const httpEvent = v.object({
  rawPath: v.string(),
  requestContext: v.object({ http: v.object({ method: v.string() }) }),
  headers: v.record(v.string(), v.string()),
  body: v.nullish(v.string()),
  isBase64Encoded: v.optional(v.boolean()),
});

/**
 * All that costs next to nothing: anybody can send requests by the thousand, so what is none of Slack's is refused
 * before its body is decoded or hashed, and before the secret is asked for.
 */
export function screenRequest(event: unknown, nowMs: number): ScreenedRequest | RefusedRequest {
  const parsed = v.safeParse(httpEvent, event);
  if (!parsed.success) return refused('notHttp');
  const { rawPath, requestContext, headers: given, body, isBase64Encoded: isBase64 = false } = parsed.output;
  if (requestContext.http.method !== 'POST') return refused('wrongMethod');
  if (!INTERACT_PATHS.includes(rawPath)) return refused('unknownPath');
  const headers = Object.fromEntries(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]));
  if (headers['content-type']?.split(';')[0]?.trim().toLowerCase() !== FORM) return refused('wrongContentType');
  if (isTooLarge(body ?? '', isBase64)) return refused('tooLarge');
  const signature = headers['x-slack-signature'];
  const timestamp = headers['x-slack-request-timestamp'];
  if (signature === undefined || timestamp === undefined) return refused('missingHeaders');
  if (!isRecent(timestamp, nowMs)) return refused('tooOldOrAhead');
  if (!SIGNATURE.test(signature)) return refused('badSignature');
  return { kind: 'screened', body: body ?? '', isBase64, signature, timestamp };
}

/** Decodes a body and computes what Slack would have signed it with: what a request costs, it costs here. */
export type Digest = (
  request: Pick<ScreenedRequest, 'body' | 'isBase64' | 'timestamp'>,
  signingSecret: string,
) => { readonly bytes: Buffer; readonly signature: string };

export const nodeDigest: Digest = ({ body, isBase64, timestamp }, signingSecret) => {
  const bytes = Buffer.from(body, isBase64 ? 'base64' : 'utf8');
  const hash = createHmac('sha256', signingSecret).update(`v0:${timestamp}:`).update(bytes).digest('hex');
  return { bytes, signature: `v0=${hash}` };
};

/**
 * What has to be true before anybody looks at the content. Stricter than Bolt's own check, which parses first, throws
 * on what it cannot parse, and accepts any instant in the future.
 */
export function verifyRequest(request: ScreenedRequest, signingSecret: string, digest: Digest): VerifiedRequest {
  const { bytes, signature } = digest(request, signingSecret);
  if (!timingSafeEqual(Buffer.from(request.signature), Buffer.from(signature))) return refused('badSignature');
  if (!isUtf8(bytes)) return refused('notUtf8');
  const content = contentOf(bytes.toString('utf8'));
  return content === null ? refused('malformed') : { kind: 'verified', content };
}

function refused(reason: RequestRefusal): RefusedRequest {
  return { kind: 'refused', reason };
}

/** By its length alone; Lambda hands forms over as base64. */
function isTooLarge(body: string, isBase64: boolean): boolean {
  const padding = body.endsWith('==') ? 2 : body.endsWith('=') ? 1 : 0;
  if (isBase64) return Math.ceil(body.length / 4) * 3 - padding > BODY_BYTES_MAX;
  return body.length > BODY_BYTES_MAX || Buffer.byteLength(body) > BODY_BYTES_MAX;
}

function isRecent(timestamp: string, nowMs: number): boolean {
  return /^\d{1,12}$/.test(timestamp) && Math.abs(nowMs / 1000 - Number(timestamp)) <= AGE_SECONDS_MAX;
}

/** null: what should be a JSON object is none. */
function contentOf(body: string): RequestContent | null {
  const fields = new URLSearchParams(body);
  const [payload, another] = fields.getAll('payload');
  if (payload === undefined) return Object.fromEntries(fields);
  const value = another === undefined ? parseJson(payload) : null;
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
}
