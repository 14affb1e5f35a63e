import * as v from 'valibot';
import { parseJson } from '../../../core/invariant.ts';
import type { Click } from '../../../core/model/decision.ts';
import type { Choice } from '../../../core/model/details.ts';
import type { Request, RunRequest, UndoRequest } from '../../../core/model/request.ts';
import { matchesPattern } from '../../../core/runbook/pattern-problem.ts';
import { decodeClickValue, encodeClickValue } from '../click-value.ts';
import { person, requesterOf, text } from '../requester.ts';

type Sent = Parameters<typeof encodeClickValue>[0];

const check = v.object({ name: v.string(), pattern: v.string(), says: v.string() });

const metadata = v.object({
  channel: text,
  messageTs: v.nullable(text),
  value: v.string(),
  checks: v.optional(v.array(check), []),
});

const field = v.object({
  value: v.nullish(v.string()),
  selected_option: v.nullish(v.object({ value: v.optional(v.string()) })),
  selected_options: v.optional(v.array(v.object({ value: v.string() }))),
});

const submission = v.object({
  ...person,
  view: v.object({
    id: text,
    private_metadata: v.string(),
    state: v.object({ values: v.record(v.string(), v.record(v.string(), field)) }),
  }),
});

type Values = v.InferOutput<typeof submission>['view']['state']['values'];

/** Block ids of the inputs; each holds one element called `value`. */
export const CHOICE = 'choice:';

export const HOSTS = 'hosts';

export const DRY_RUN = 'dry-run';

export const GLASS = 'glass';

const METADATA_CHARS_MAX = 3000;

const ERROR_CHARS_MAX = 150;

/** What a form carries: the value of the button that it came from, where the answer goes, and what its fields take. */
export function encodeSent(
  asked: Sent,
  { channel, messageTs }: FormPlace,
  choices: readonly Pick<Choice, 'name' | 'pattern' | 'says'>[] = [],
): string {
  const carried = { channel, messageTs, value: encodeClickValue(asked) };
  const checks = choices.map(({ name, pattern, says }) => ({ name, pattern, says }));
  const whole = JSON.stringify({ ...carried, checks });
  // The decision checks them in any case; without room for it here, it alone does.
  return checks.length === 0 || whole.length > METADATA_CHARS_MAX ? JSON.stringify(carried) : whole;
}

/** What is wrong with the fields of a form that was sent, by block: said in the form, before anything is requested. */
export function wrongFields(body: unknown): Readonly<Record<string, string>> {
  const parsed = v.safeParse(submission, body);
  if (!parsed.success) return {};
  const { private_metadata, state } = parsed.output.view;
  const carried = v.safeParse(metadata, parseJson(private_metadata));
  const wrong = (carried.success ? carried.output.checks : []).flatMap(({ name, pattern, says }) => {
    const blockId = CHOICE + name;
    const typed = state.values[blockId]?.['value']?.value?.trim() ?? '';
    return typed === '' || matchesPattern(pattern, typed)
      ? []
      : [[blockId, `“${typed.slice(0, 20)}” is not possible here. ${says}`.slice(0, ERROR_CHARS_MAX)]];
  });
  return Object.fromEntries(wrong);
}

/** A form that was sent, out of a verified payload. null: it is not one of this version. */
export function readSubmission(body: unknown): Click | null {
  const parsed = v.safeParse(submission, body);
  if (!parsed.success) return null;
  const { view } = parsed.output;
  const carried = v.safeParse(metadata, parseJson(view.private_metadata));
  if (!carried.success) return null;
  const { channel, messageTs, value } = carried.output;
  const request = requestOf(decodeClickValue(value), view.state.values);
  if (request === null) return null;
  return {
    by: requesterOf(parsed.output),
    channel,
    messageTs,
    actionId: `form:${request.kind}`,
    // Sent twice it is still the one form.
    once: view.id,
    wish: { kind: 'request', request },
  };
}

function requestOf(asked: ReturnType<typeof decodeClickValue>, values: Values): Request | null {
  if ('problem' in asked) return { kind: 'unreadable', problem: asked.problem };
  if (asked.kind === 'run' || asked.kind === 'undo') return chosenRun(asked, values);
  if (asked.kind !== 'silence') return null;
  const forSeconds = Number(values['for']?.['value']?.selected_option?.value);
  const why = values['why']?.['value']?.value?.trim() ?? '';
  return { kind: 'silence', targetId: asked.targetId, forSeconds, why };
}

/** What was shown, with what the person chose of it. Whether that may be is for the decision. */
function chosenRun<T extends RunRequest | UndoRequest>(asked: T, values: Values): T {
  const hosts = values[HOSTS]?.['value']?.selected_options?.map((one) => one.value);
  const dryRun = (values[DRY_RUN]?.['value']?.selected_options ?? []).length > 0;
  const choices = Object.entries(values).flatMap(([blockId, fields]) => {
    const typed = fields['value']?.value?.trim();
    return blockId.startsWith(CHOICE) && typed ? [[blockId.slice(CHOICE.length), typed]] : [];
  });
  const breakGlass = values[GLASS]?.['value']?.value?.trim() ?? '';
  const sent = { ...asked, dryRun, choices: Object.fromEntries(choices), hosts: hosts ?? asked.hosts };
  return breakGlass === '' ? sent : { ...sent, breakGlass };
}

/** Where a form was asked for: the answer to what it sends goes there. */
export type FormPlace = Pick<Click, 'channel' | 'messageTs'>;

/** Slack's own id of a form, or the one that it was opened with where Slack's answer never came. */
type OpenForm = { readonly view_id: string } | { readonly external_id: string };

const OWN_ID = 'form-';

/** What a form is opened with, made of what is the same for each delivery of the click. */
export function ownFormId(unique: string): string {
  return `${OWN_ID}${unique.slice(0, 40)}`;
}

/** A form that is filled keeps it only when it is given again. */
export function externalIdOf(form: OpenForm): { readonly external_id?: string } {
  return 'external_id' in form ? { external_id: form.external_id } : {};
}

/** The id of an open form together with its place, because a form that is filled loses what it carried. */
export function formHandle(id: string, { channel, messageTs }: FormPlace): string {
  return [id, channel, messageTs ?? ''].join(' ');
}

export function readFormHandle(handle: string): { readonly form: OpenForm; readonly place: FormPlace } {
  const [id = '', channel = '', messageTs = ''] = handle.split(' ');
  const form = id.startsWith(OWN_ID) ? { external_id: id } : { view_id: id };
  return { form, place: { channel, messageTs: messageTs === '' ? null : messageTs } };
}
