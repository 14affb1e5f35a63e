import * as z from 'zod/mini';
import type { Wish } from '../../core/act/click.ts';
import type { DetailsRequest, Request, RunRequest, UndoRequest } from '../../core/act/request.ts';
import { invariant } from '../../core/invariant.ts';
import { once } from '../../core/once.ts';

/** What a button, or a form that is sent, can ask for by itself. */
export type ClickRequest = Extract<
  Request,
  { kind: 'run' | 'undo' | 'cancel' | 'approve' | 'reject' | 'acknowledge' | 'unsilence' }
>;
/** What a button opens a form about. */
export type FormSubject =
  | RunRequest
  | UndoRequest
  | (DetailsRequest & { readonly targetId: string; readonly of: null })
  | { readonly kind: 'silence'; readonly targetId: string };

/** Slack refuses a longer value; the configuration's limit of 50 hosts keeps ours below. */
const VALUE_CHARS_MAX = 2000;
/** The version that this code writes; that of the release before is read as well. */
const VERSION = 2;

const id = z.string().check(z.regex(/^[a-z][a-z0-9-]{0,63}$/));
const wholeNumber = z.int().check(z.gte(0));
const versioned = { v: z.literal(VERSION), targetId: id };
const runV1 = () => ({
  incidentId: id,
  offerVersion: wholeNumber,
  runbookId: id,
  documentHash: z.string().check(z.regex(/^[0-9a-f]{16}$/)),
  applicationId: id,
  hosts: z.array(z.string().check(z.regex(/^[A-Za-z0-9._-]{1,64}$/))).check(z.maxLength(50)),
  expiresAtMs: wholeNumber,
});
const run = () => ({
  ...versioned,
  ...runV1(),
  hostsTotal: wholeNumber,
  choices: z.record(z.string().check(z.maxLength(40)), z.string().check(z.maxLength(1000))),
  dryRun: z.boolean(),
});
/**
 * Strict: a field that this version does not know could mean something else than what it would do. Each is made when
 * it is first needed, because a cold click needs one of them and making all takes longer than checking it.
 */
const clickValues = {
  run: once(() => z.strictObject({ ...run(), kind: z.literal('run') })),
  undo: once(() => z.strictObject({ ...run(), kind: z.literal('undo'), undoes: id })),
  cancel: once(() => z.strictObject({ ...versioned, kind: z.literal('cancel'), runId: id })),
  approve: once(() =>
    z.strictObject({
      ...versioned,
      kind: z.literal('approve'),
      incidentId: id,
      offerVersion: wholeNumber,
      runId: id,
    }),
  ),
  reject: once(() => z.strictObject({ ...versioned, kind: z.literal('reject'), runId: id })),
  acknowledge: once(() => z.strictObject({ ...versioned, kind: z.literal('acknowledge'), incidentId: id })),
  unsilence: once(() => z.strictObject({ ...versioned, kind: z.literal('unsilence') })),
  silence: once(() => z.strictObject({ ...versioned, kind: z.literal('silence') })),
  details: once(() => z.strictObject({ ...versioned, kind: z.literal('details'), of: z.null(), viewId: z.null() })),
};
const formerValue = once(() =>
  z.discriminatedUnion('kind', [
    z.strictObject({ v: z.literal(1), targetId: id, ...runV1(), kind: z.literal('run') }),
    z.strictObject({ v: z.literal(1), targetId: id, kind: z.literal('acknowledge'), incidentId: id }),
  ]),
);

type Decoded = ClickRequest | FormSubject;

/** What a button carries: everything that a click stands for, so that it is valid for what was shown and nothing else. */
export function encodeClickValue(asked: Decoded): string {
  const value = JSON.stringify({ v: VERSION, ...asked });
  invariant(value.length <= VALUE_CHARS_MAX, 'a button value fits into what Slack takes');
  return value;
}

/** The value comes back through a client, so it is checked like anything from outside. */
export function decodeClickValue(value: string | undefined): Decoded | { readonly problem: string } {
  if (value === undefined || value === '') return { problem: 'the button carries no value' };
  if (value.length > VALUE_CHARS_MAX) return { problem: 'the value is too long' };
  const given = parseJson(value);
  const kind = kindOf(given);
  const parsed = kind === null ? null : clickValues[kind]().safeParse(given);
  if (parsed?.success) {
    const { v: _, ...asked } = parsed.data;
    return asked;
  }
  const former = formerValue().safeParse(given);
  if (!former.success) return { problem: 'the value was drawn by another version of Runbell or altered' };
  const { v: _, ...asked } = former.data;
  return asked.kind === 'run' ? { ...asked, hostsTotal: asked.hosts.length, choices: {}, dryRun: false } : asked;
}

/** The button's `action_id`, by which Bolt routes the click. `ask`: a form comes first. */
export function actionIdOf(asked: Decoded, how: 'at once' | 'ask' = 'at once'): string {
  if (asked.kind !== 'run' && asked.kind !== 'undo') return asked.kind;
  const verb = how === 'ask' ? (asked.kind === 'run' ? 'ask' : 'ask-undo') : asked.kind;
  return `${verb}:${asked.runbookId}:${asked.applicationId}`;
}

/** What a press of this button stands for. */
export function wishOf(actionId: string, value: string | undefined, triggerId: string): Wish {
  const asked = decodeClickValue(value);
  if ('problem' in asked) return unreadable(asked.problem);
  const form = (request: DetailsRequest): Wish => ({ kind: 'form', triggerId, form: { kind: 'details', request } });
  if (asked.kind === 'silence') return { kind: 'form', triggerId, form: asked };
  if (asked.kind === 'details') return form(asked);
  if (asked.kind === 'run' || asked.kind === 'undo') {
    if (actionId === actionIdOf(asked, 'ask')) {
      return form({ kind: 'details', targetId: asked.targetId, of: asked, viewId: null });
    }
    // Cards of the former version had one button per runbook and row.
    if (actionId === `run:${asked.runbookId}`) return { kind: 'request', request: asked };
  }
  if (actionId !== actionIdOf(asked)) return unreadable('the button and its value do not belong together');
  return { kind: 'request', request: asked };
}

/** A menu of runbooks: what it is about stands in its id, because an option has room for a name only. */
export function menuActionId(applicationId: string, targetId: string): string {
  return `more:${applicationId}:${targetId}`;
}

export const DETAILS_MENU = 'pick';

/** What a pick from a menu stands for: always a form, which shows what was picked before it can be sent. */
export function wishOfOption(actionId: string, value: string, triggerId: string): Wish {
  const [menu = '', applicationId = '', menuTargetId = ''] = actionId.split(':');
  const isMore = menu === 'more';
  const picked = z.tuple([id, id]).safeParse([value, isMore ? menuTargetId : 'none']);
  if (!picked.success || (isMore ? !id.safeParse(applicationId).success : menu !== DETAILS_MENU)) {
    return unreadable('the menu was drawn by another version of Runbell or altered');
  }
  const request: DetailsRequest = isMore
    ? {
        kind: 'details',
        targetId: menuTargetId,
        of: { kind: 'named', runbookId: value, applicationId, hosts: null },
        viewId: null,
      }
    : { kind: 'details', targetId: value, of: null, viewId: null };
  return { kind: 'form', triggerId, form: { kind: 'details', request } };
}

export function unreadable(problem: string): Wish {
  return { kind: 'request', request: { kind: 'unreadable', problem } };
}

function kindOf(given: unknown): keyof typeof clickValues | null {
  const kind = typeof given === 'object' && given !== null && 'kind' in given ? String(given.kind) : '';
  return Object.hasOwn(clickValues, kind) ? (kind as keyof typeof clickValues) : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
