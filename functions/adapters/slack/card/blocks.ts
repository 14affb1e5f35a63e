import type { KnownBlock, MrkdwnElement, PlainTextElement, PlainTextOption } from '@slack/types';
import { plain } from './text.ts';

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
