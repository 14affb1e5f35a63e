import type { ModalView } from '@slack/types';
import type { Form } from '../../../core/model/decision.ts';
import type { DetailsRequest } from '../../../core/model/request.ts';
import { hostsText, option, plainText, section } from '../card/buttons.ts';
import { code } from '../card/text.ts';
import type { FormPlace } from './sent-form.ts';
import { encodeSent } from './sent-form.ts';

const HOUR_S = 3600;
const ENDS = [
  ['30 minutes', HOUR_S / 2],
  ['1 hour', HOUR_S],
  ['4 hours', 4 * HOUR_S],
  ['8 hours', 8 * HOUR_S],
  ['24 hours', 24 * HOUR_S],
  ['3 days', 72 * HOUR_S],
] as const;
export const REASON_CHARS_MAX = 200;

/** What comes up at the click itself, made of nothing but what was pressed. */
export function openingForm(form: Form, place: FormPlace): ModalView {
  return form.kind === 'silence' ? silenceForm(form.targetId, place) : waitingForm(form.request);
}

/** Without a button to send it: nothing can be started that was not shown. */
function waitingForm({ of, targetId }: DetailsRequest): ModalView {
  const about =
    of === null
      ? `everything about ${code(targetId ?? 'this', 64)}`
      : `what ${code(of.runbookId, 64)} would do on ${code(of.hosts === null ? of.applicationId : hostsText(of.hosts), 130)}`;
  return {
    type: 'modal',
    callback_id: 'waiting',
    title: plainText('Runbell'),
    close: plainText('Close'),
    blocks: [section('waiting', `⏳ Reading ${about}. Nothing has been started.`)],
  };
}

function silenceForm(targetId: string, place: FormPlace): ModalView {
  const options = ENDS.map(([title, seconds]) => option(title, String(seconds)));
  const usual = option('1 hour', String(HOUR_S));
  return {
    type: 'modal',
    callback_id: 'silence',
    private_metadata: encodeSent({ kind: 'silence', targetId }, place),
    title: plainText('Silence'),
    submit: plainText('Silence it'),
    close: plainText('Cancel'),
    blocks: [
      section(
        'what',
        `Until then Runbell says nothing new about ${code(targetId, 64)} and pages nobody. It goes on sampling, and the card shows the silence to everybody.`,
      ),
      {
        type: 'input',
        block_id: 'why',
        label: plainText('Reason'),
        hint: plainText('The others see it on the card.'),
        element: { type: 'plain_text_input', action_id: 'value', max_length: REASON_CHARS_MAX },
      },
      {
        type: 'input',
        block_id: 'for',
        label: plainText('For how long'),
        element: { type: 'static_select', action_id: 'value', options, initial_option: usual },
      },
    ],
  };
}
