import * as z from 'zod/mini';
import type { Click } from '../../../core/act/click.ts';
import type { Request, RunRequest, UndoRequest } from '../../../core/act/request.ts';
import type { Choice } from '../../../core/notify/details.ts';
import { matchesPattern } from '../../../core/runbook/pattern-problem.ts';
import { decodeClickValue, encodeClickValue } from '../click-value.ts';
import { person, requesterOf, text } from '../requester.ts';
import type { FormPlace } from './form-place.ts';

type Sent = Parameters<typeof encodeClickValue>[0];

const check = z.object({ name: z.string(), pattern: z.string(), says: z.string() });
const metadata = z.object({
  channel: text,
  messageTs: z.nullable(text),
  value: z.string(),
  checks: z.optional(z.array(check)),
});
const chosen = z.nullable(z.object({ value: z.optional(z.string()) }));
const field = z.object({
  value: z.optional(z.nullable(z.string())),
  selected_option: z.optional(chosen),
  selected_options: z.optional(z.array(z.object({ value: z.string() }))),
});
const submission = z.object({
  ...person,
  view: z.object({
    id: text,
    hash: z.optional(z.string()),
    private_metadata: z.string(),
    state: z.object({ values: z.record(z.string(), z.record(z.string(), field)) }),
  }),
});

type Values = z.output<typeof submission>['view']['state']['values'];

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
  const parsed = submission.safeParse(body);
  if (!parsed.success) return {};
  const { private_metadata: carried, state } = parsed.data.view;
  const { checks = [] } = metadata.safeParse(parseJson(carried)).data ?? {};
  const wrong = checks.flatMap(({ name, pattern, says }) => {
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
  const parsed = submission.safeParse(body);
  if (!parsed.success) return null;
  const { view } = parsed.data;
  const carried = metadata.safeParse(parseJson(view.private_metadata));
  if (!carried.success) return null;
  const { channel, messageTs, value } = carried.data;
  const request = requestOf(decodeClickValue(value), view.state.values);
  if (request === null) return null;
  return {
    by: requesterOf(parsed.data),
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

function parseJson(given: string): unknown {
  try {
    return JSON.parse(given);
  } catch {
    return null;
  }
}
