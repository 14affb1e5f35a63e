import * as v from 'valibot';
import { invariant, parseJson } from '../../core/invariant.ts';
import type { Wish } from '../../core/model/decision.ts';
import type { DetailsRequest, Request, RunRequest, UndoRequest } from '../../core/model/request.ts';

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

const id = v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,63}$/));
const wholeNumber = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const ofIncident = { incidentId: id, offerVersion: wholeNumber };
const versioned = { v: v.literal(VERSION), targetId: id };
const runV1 = {
  ...ofIncident,
  runbookId: id,
  documentHash: v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/)),
  applicationId: id,
  hosts: v.pipe(v.array(v.pipe(v.string(), v.regex(/^[A-Za-z0-9._-]{1,64}$/))), v.maxLength(50)),
  expiresAtMs: wholeNumber,
};
const run = {
  ...versioned,
  ...runV1,
  hostsTotal: wholeNumber,
  choices: v.record(v.pipe(v.string(), v.maxLength(40)), v.pipe(v.string(), v.maxLength(1000))),
  dryRun: v.boolean(),
};
/** Strict: a field that this version does not know could mean something else than what it would do. */
const clickValues = {
  run: v.strictObject({ ...run, kind: v.literal('run') }),
  undo: v.strictObject({ ...run, kind: v.literal('undo'), undoes: id }),
  cancel: v.strictObject({ ...versioned, kind: v.literal('cancel'), runId: id }),
  approve: v.strictObject({ ...versioned, ...ofIncident, kind: v.literal('approve'), runId: id }),
  reject: v.strictObject({ ...versioned, kind: v.literal('reject'), runId: id }),
  acknowledge: v.strictObject({ ...versioned, kind: v.literal('acknowledge'), incidentId: id }),
  unsilence: v.strictObject({ ...versioned, kind: v.literal('unsilence') }),
  silence: v.strictObject({ ...versioned, kind: v.literal('silence') }),
  details: v.strictObject({ ...versioned, kind: v.literal('details'), of: v.null(), viewId: v.null() }),
};
const formerValue = v.variant('kind', [
  v.strictObject({ v: v.literal(1), targetId: id, ...runV1, kind: v.literal('run') }),
  v.strictObject({ v: v.literal(1), targetId: id, kind: v.literal('acknowledge'), incidentId: id }),
]);

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
  const parsed = kind === null ? null : v.safeParse(clickValues[kind], given);
  if (parsed?.success) {
    const { v: _, ...asked } = parsed.output;
    return asked;
  }
  const former = v.safeParse(formerValue, given);
  if (!former.success) return { problem: 'the value was drawn by another version of Runbell or altered' };
  const { v: _, ...asked } = former.output;
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
  const named = isMore ? [value, menuTargetId, applicationId] : [value];
  if (!named.every((name) => v.is(id, name)) || (!isMore && menu !== DETAILS_MENU)) {
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
