import * as z from 'zod';
import type { RequestRecord } from '../model/decision.ts';

/** Far above what a card, a form or the command line asks. */
const HOSTS_MAX = 1000;
const CHOICES_MAX = 50;

/** Half a character is no text that the table takes. */
const text = z.string().regex(/^\P{Surrogate}*$/u);
const name = text.max(200);
const words = text.max(3000);
const run = {
  targetId: name,
  incidentId: name,
  offerVersion: z.number(),
  runbookId: name,
  documentHash: name,
  applicationId: name,
  hosts: z.array(name).max(HOSTS_MAX),
  hostsTotal: z.number(),
  expiresAtMs: z.number(),
  choices: z.record(name, words).refine((choices) => Object.keys(choices).length <= CHOICES_MAX),
  dryRun: z.boolean(),
  breakGlass: words.optional(),
};
const scope = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('everything') }),
  z.strictObject({ kind: z.enum(['application', 'runbook', 'person']), id: name }),
]);
const runRequest = z.strictObject({ kind: z.literal('run'), ...run });
const undoRequest = z.strictObject({ kind: z.literal('undo'), ...run, undoes: name });
const named = { runbookId: name, applicationId: name, hosts: z.array(name).max(HOSTS_MAX).nullable() };
const of = z.discriminatedUnion('kind', [
  runRequest,
  undoRequest,
  z.strictObject({ kind: z.literal('named'), ...named }),
]);
const what = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('status') }),
  z.strictObject({ kind: z.literal('timeline'), incidentId: name.nullable() }),
]);

const request = z.discriminatedUnion('kind', [
  runRequest,
  undoRequest,
  z.strictObject({ kind: z.enum(['cancel', 'reject']), targetId: name, runId: name }),
  z.strictObject({
    kind: z.literal('approve'),
    targetId: name,
    incidentId: name,
    offerVersion: z.number(),
    runId: name,
  }),
  z.strictObject({ kind: z.literal('acknowledge'), targetId: name, incidentId: name }),
  z.strictObject({ kind: z.literal('silence'), targetId: name, forSeconds: z.number(), why: words }),
  z.strictObject({ kind: z.literal('unsilence'), targetId: name }),
  z.strictObject({ kind: z.literal('freeze'), scope, forSeconds: z.number().nullable(), why: words }),
  z.strictObject({ kind: z.literal('unfreeze'), scope }),
  z.strictObject({
    kind: z.literal('details'),
    targetId: name.nullable(),
    of: of.nullable(),
    viewId: name.nullable(),
  }),
  z.strictObject({ kind: z.literal('tell'), what }),
  z.strictObject({ kind: z.literal('unreadable'), problem: words }),
]);

/**
 * What stands in an inbox was put there by whoever may ask and no more than that. So it is read strictly: a request,
 * and nothing that only its decision may add. A field that this version does not know could change what is asked for.
 */
export const inboxShape = z.strictObject({
  schema: z.literal(1),
  id: z.string().regex(/^[\w-]{1,64}$/),
  receivedAtMs: z.number().min(0).max(Number.MAX_SAFE_INTEGER),
  by: z.strictObject({
    userId: name,
    teamId: name,
    kind: z.enum(['member', 'foreign', 'unknown', 'operator']),
    via: words.optional(),
    awsUserId: name.optional(),
  }),
  channel: name,
  messageTs: name.nullable(),
  request,
  decision: z.null(),
  answerOwed: z.boolean(),
  answerFailures: z.literal(0),
});

/**
 * Whose inbox a request belongs into: Slack's, or that of the AWS identity that asks for somebody. Who may write into
 * which is a matter of IAM, and by its key an item says who put it there.
 */
export function inboxIdOf({ id, by }: RequestRecord): string {
  return by.kind === 'operator' ? `operator#${by.awsUserId ?? ''}#${id}` : `slack#${id}`;
}

/** As it is decided: not from the future, and with the AWS identity that its key proves behind the one it names. */
export function receivedRequest(record: RequestRecord, nowMs: number): RequestRecord {
  const { by } = record;
  const via = by.kind === 'operator' ? { via: `${by.via ?? 'an unnamed identity'} (${by.awsUserId})` } : {};
  return { ...record, by: { ...by, ...via }, receivedAtMs: Math.min(record.receivedAtMs, nowMs) };
}
