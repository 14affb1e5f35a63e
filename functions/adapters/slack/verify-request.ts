import { isUtf8 } from 'node:buffer';
import { createHmac, timingSafeEqual } from 'node:crypto';
import * as v from 'valibot';
import { parseJson } from '../../core/invariant.ts';

/** What Slack is told to call; the bare root serves somebody who left the path out. */
export const INTERACT_PATHS = ['/slack/events', '/'];
/** A payload carries the message it was pressed on, form-encoded; the largest we have seen is a tenth of this. */
const BODY_BYTES_MAX = 512 * 1024;
const AGE_SECONDS_MAX = 300;
const FORM = 'application/x-www-form-urlencoded';

/** The payload of a click or a form, or the fields of a slash command. */
export type RequestContent = Readonly<Record<string, unknown>>;

export type VerifiedRequest =
  | { readonly kind: 'verified'; readonly content: RequestContent }
  | { readonly kind: 'refused'; readonly reason: RequestRefusal; readonly statusCode: number };

const statusCodes = {
  notHttp: 400,
  wrongMethod: 405,
  unknownPath: 404,
  wrongContentType: 415,
  tooLarge: 413,
  missingHeaders: 401,
  tooOldOrAhead: 401,
  notUtf8: 400,
  badSignature: 401,
  malformed: 400,
} as const;

export type RequestRefusal = keyof typeof statusCodes;

const httpEvent = v.object({
  rawPath: v.string(),
  requestContext: v.object({ http: v.object({ method: v.string() }) }),
  headers: v.record(v.string(), v.string()),
  body: v.nullish(v.string()),
  isBase64Encoded: v.optional(v.boolean()),
});

type HttpEvent = v.InferOutput<typeof httpEvent>;

/**
 * Everything that has to be true before anybody looks at the content. Stricter than Bolt's own check, which
 * parses first, throws on what it cannot parse, and accepts any instant in the future.
 */
export function verifyRequest(event: unknown, signingSecret: string, nowMs: number): VerifiedRequest {
  const parsed = v.safeParse(httpEvent, event);
  if (!parsed.success) return refused('notHttp');
  const { rawPath, requestContext, headers: given } = parsed.output;
  if (requestContext.http.method !== 'POST') return refused('wrongMethod');
  if (!INTERACT_PATHS.includes(rawPath)) return refused('unknownPath');
  const headers = Object.fromEntries(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]));
  if (headers['content-type']?.split(';')[0]?.trim().toLowerCase() !== FORM) return refused('wrongContentType');
  const bytes = bodyOf(parsed.output);
  if (bytes === null) return refused('tooLarge');
  const signature = headers['x-slack-signature'];
  const timestamp = headers['x-slack-request-timestamp'];
  if (signature === undefined || timestamp === undefined) return refused('missingHeaders');
  if (!isRecent(timestamp, nowMs)) return refused('tooOldOrAhead');
  if (!isUtf8(bytes)) return refused('notUtf8');
  if (!matches(signature, timestamp, bytes, signingSecret)) return refused('badSignature');
  const content = contentOf(bytes.toString('utf8'));
  return content === null ? refused('malformed') : { kind: 'verified', content };
}

function refused(reason: RequestRefusal): VerifiedRequest {
  return { kind: 'refused', reason, statusCode: statusCodes[reason] };
}

function bodyOf({ body, isBase64Encoded }: HttpEvent): Buffer | null {
  const text = body ?? '';
  if (text.length > BODY_BYTES_MAX * (isBase64Encoded ? 4 / 3 : 1) + 4) return null;
  const bytes = Buffer.from(text, isBase64Encoded ? 'base64' : 'utf8');
  return bytes.length > BODY_BYTES_MAX ? null : bytes;
}

function isRecent(timestamp: string, nowMs: number): boolean {
  return /^\d{1,12}$/.test(timestamp) && Math.abs(nowMs / 1000 - Number(timestamp)) <= AGE_SECONDS_MAX;
}

function matches(signature: string, timestamp: string, bytes: Buffer, signingSecret: string): boolean {
  const expected = `v0=${createHmac('sha256', signingSecret).update(`v0:${timestamp}:`).update(bytes).digest('hex')}`;
  const [given, wanted] = [Buffer.from(signature), Buffer.from(expected)];
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

/** null: what should be a JSON object is none. */
function contentOf(body: string): RequestContent | null {
  const fields = new URLSearchParams(body);
  const [payload, another] = fields.getAll('payload');
  if (payload === undefined) return Object.fromEntries(fields);
  const value = another === undefined ? parseJson(payload) : null;
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
}
