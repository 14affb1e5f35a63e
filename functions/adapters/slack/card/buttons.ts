import type {
  Button,
  ConfirmationDialog,
  KnownBlock,
  MrkdwnElement,
  PlainTextElement,
  PlainTextOption,
} from '@slack/types';
import type { Offer, UndoOffer } from '../../../core/model/notice.ts';
import { actionIdOf, encodeClickValue } from '../click-value.ts';
import { plain } from './text.ts';

type Asked = Parameters<typeof encodeClickValue>[0];

type Runnable = Extract<Offer, { readonly kind: 'runnable' }> | UndoOffer;

const HOSTS_NAMED_MAX = 5;

const TEXT_CHARS_MAX = 75;

const CONFIRM_CHARS_MAX = 300;

export function button(title: string, asked: Asked, actionId: string = actionIdOf(asked)): Button {
  return {
    type: 'button',
    action_id: actionId,
    value: encodeClickValue(asked),
    text: plainText(plain(title, TEXT_CHARS_MAX)),
  };
}

/** A runbook to start. Only the best fit has a colour, and it is as risky as it looks: three in red say nothing. */
export function offerButton(offer: Runnable, isBestFit: boolean): Button {
  const style = isBestFit ? (offer.risk === 'disrupt' ? 'danger' : 'primary') : null;
  const drawn = button(
    offer.confirm === 'form' ? `${offer.title}…` : offer.title,
    offer.request,
    actionIdOf(offer.request, offer.confirm === 'form' ? 'ask' : 'at once'),
  );
  return {
    ...drawn,
    ...(style === null ? {} : { style }),
    ...(offer.confirm === 'dialog' ? { confirm: startConfirmation(offer) } : {}),
  };
}

interface Question {
  readonly title: string;
  readonly text: string;
  readonly yes: string;
  readonly no: string;
}

export function confirmation({ title, text, yes, no }: Question, isDangerous: boolean): ConfirmationDialog {
  return {
    title: plainText(plain(title, 100)),
    text: plainText(text),
    confirm: plainText(plain(yes, 30)),
    deny: plainText(no),
    ...(isDangerous ? { style: 'danger' as const } : {}),
  };
}

/** Where, what, and what to beware of, so that nobody has to remember it at three in the morning. */
function startConfirmation(offer: Runnable): ConfirmationDialog {
  const where = plain(`On ${hostsText(offer.request.hosts)}:`, 130);
  const hazards = offer.hazards.length === 0 ? '' : plain(`⚠️ ${offer.hazards.join(' ')}`, 90);
  const what = plain(offer.says, CONFIRM_CHARS_MAX - where.length - hazards.length - 2);
  const text = [where, what, hazards].filter((line) => line !== '').join('\n');
  return confirmation({ title: `${offer.title}?`, text, yes: offer.title, no: 'Not now' }, offer.risk === 'disrupt');
}

export function hostsText(hosts: readonly string[]): string {
  const named = hosts.slice(0, HOSTS_NAMED_MAX).join(', ');
  return hosts.length <= HOSTS_NAMED_MAX ? named : `${named} and ${hosts.length - HOSTS_NAMED_MAX} more`;
}

/** `verbatim`: what looks like a link, a channel or a mention in a host name stays text. */
export function mrkdwn(text: string): MrkdwnElement {
  return { type: 'mrkdwn', text, verbatim: true };
}

/** `emoji: false`: what looks like an emoji code stays text. */
export function plainText(text: string): PlainTextElement {
  return { type: 'plain_text', text, emoji: false };
}

export function section(blockId: string, text: string): KnownBlock {
  // Expanded, because a card that hides its figures behind "see more" cannot be read at a glance.
  return { type: 'section', block_id: blockId, expand: true, text: mrkdwn(text) };
}

/** One line of a menu or a list of boxes. Slack gives its text and its value 75 characters each. */
export function option(title: string, value: string): PlainTextOption {
  return { text: plainText(plain(title, 75)), value };
}
