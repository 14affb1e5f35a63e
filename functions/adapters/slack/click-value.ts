import * as z from 'zod/mini';
import type { Request } from '../../core/act/request.ts';
import { invariant } from '../../core/invariant.ts';

/** What a button can ask for. */
export type ClickRequest = Exclude<Request, { readonly kind: 'unreadable' }>;

export type DecodedClick =
  | { readonly kind: 'read'; readonly request: ClickRequest }
  | { readonly kind: 'unreadable'; readonly problem: string };

/** Slack refuses a longer value; the configuration's limit of 50 hosts keeps ours below. */
const VALUE_CHARS_MAX = 2000;

const id = z.string().check(z.regex(/^[a-z][a-z0-9-]{0,63}$/));
const wholeNumber = z.int().check(z.gte(0));
const target = { v: z.literal(1), targetId: id, incidentId: id };
/** Strict: a field that this version does not know could mean something else than what it would do. */
const clickValue = z.discriminatedUnion('kind', [
  z.strictObject({
    ...target,
    kind: z.literal('run'),
    offerVersion: wholeNumber,
    runbookId: id,
    documentHash: z.string().check(z.regex(/^[0-9a-f]{16}$/)),
    applicationId: id,
    hosts: z.array(z.string().check(z.regex(/^[A-Za-z0-9._-]{1,64}$/))).check(z.maxLength(50)),
    expiresAtMs: wholeNumber,
  }),
  z.strictObject({ ...target, kind: z.literal('acknowledge') }),
]);

/** What a button carries: everything that a click stands for, so that it is valid for what was shown and nothing else. */
export function encodeClickValue(request: ClickRequest): string {
  const value = JSON.stringify({ v: 1, ...request });
  invariant(value.length <= VALUE_CHARS_MAX, 'a button value fits into what Slack takes');
  return value;
}

/** The value comes back through a client, so it is checked like anything from outside. */
export function decodeClickValue(value: string | undefined): DecodedClick {
  if (value === undefined || value === '') return unreadable('the button carries no value');
  if (value.length > VALUE_CHARS_MAX) return unreadable('the value is too long');
  const parsed = clickValue.safeParse(parseJson(value));
  if (!parsed.success) return unreadable('the value was drawn by another version of Runbell or altered');
  const { v: _, ...request } = parsed.data;
  return { kind: 'read', request };
}

/** The button's `action_id`, by which Bolt routes the click. */
export function actionIdOf(request: ClickRequest): string {
  return request.kind === 'run' ? `run:${request.runbookId}` : request.kind;
}

function unreadable(problem: string): DecodedClick {
  return { kind: 'unreadable', problem };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
