import type { Button, ConfirmationDialog, KnownBlock } from '@slack/types';
import type { Notice, Offer } from '../../../core/notify/notice.ts';
import { actionIdOf, type ClickRequest, encodeClickValue } from '../click-value.ts';
import { mrkdwn, plainText, section } from './blocks.ts';
import { code, plain, prose, stack } from './text.ts';

type Runnable = Extract<Offer, { readonly kind: 'runnable' }>;
type Suggested = Extract<Offer, { readonly kind: 'suggested' }>;

/** More buttons than this are a list to study, not something to press; the best fit comes first. */
const BUTTONS_MAX = 4;
const HOSTS_NAMED_MAX = 5;
const charsMax = { suggested: 600, advice: 300, explained: 900, buttonText: 75, confirmText: 300 };

/** What can be done now: buttons with what they would do, and what only fits. */
export function offerBlocks(notice: Notice): KnownBlock[] {
  const runnable = notice.offers.filter((offer) => offer.kind === 'runnable').slice(0, BUTTONS_MAX);
  const suggested = notice.offers.filter((offer) => offer.kind === 'suggested');
  const said = new Set(suggested.map((offer) => offer.why));
  const advice = notice.advice.filter((sentence) => !said.has(sentence));
  return [
    ...(suggested.length === 0 ? [] : [section('suggested', stack(suggestedLines(suggested), charsMax.suggested))]),
    ...(advice.length === 0
      ? []
      : [
          section(
            'advice',
            stack(
              advice.map((text) => prose(text, 300)),
              charsMax.advice,
            ),
          ),
        ]),
    ...buttonBlocks(notice, runnable),
    ...(runnable.length === 0
      ? []
      : [
          {
            type: 'context' as const,
            block_id: 'explained',
            elements: [mrkdwn(stack(runnable.map(explained), charsMax.explained))],
          },
        ]),
  ];
}

/** One row per application, because an action id has to be unique within its row. */
function buttonBlocks(notice: Notice, runnable: readonly Runnable[]): KnownBlock[] {
  const rows = new Map<string, Button[]>();
  for (const offer of runnable) {
    const { applicationId } = offer.request;
    rows.set(applicationId, [...(rows.get(applicationId) ?? []), runButton(offer, offer === runnable[0])]);
  }
  if (notice.resolvedAtMs === null && notice.acknowledgedBy === null) {
    const lastRow = [...rows.keys()].at(-1) ?? 'none';
    rows.set(lastRow, [...(rows.get(lastRow) ?? []), acknowledgeButton(notice)]);
  }
  return [...rows].map(([id, elements]) => ({ type: 'actions', block_id: `act:${id}`, elements }));
}

function runButton(offer: Runnable, isBestFit: boolean): Button {
  const style = offer.risk === 'disrupt' ? 'danger' : isBestFit ? 'primary' : null;
  return {
    ...button(offer.title, offer.request),
    ...(style === null ? {} : { style }),
    // Reading changes nothing, so it needs no second thought.
    ...(offer.risk === 'read' ? {} : { confirm: confirmation(offer) }),
  };
}

function acknowledgeButton({ targetId, incidentId }: Notice): Button {
  return button('Acknowledge', { kind: 'acknowledge', targetId, incidentId });
}

function button(title: string, request: ClickRequest): Button {
  return {
    type: 'button',
    action_id: actionIdOf(request),
    value: encodeClickValue(request),
    text: plainText(plain(title, charsMax.buttonText)),
  };
}

/** Where, what, and what to beware of, so that nobody has to remember it at three in the morning. */
function confirmation(offer: Runnable): ConfirmationDialog {
  const where = plain(`On ${hostsText(offer.request.hosts)}:`, 130);
  const hazards = offer.hazards.length === 0 ? '' : plain(`⚠️ ${offer.hazards.join(' ')}`, 90);
  const what = plain(offer.says, charsMax.confirmText - where.length - hazards.length - 2);
  return {
    title: plainText(plain(`${offer.title}?`, 100)),
    text: plainText([where, what, hazards].filter((line) => line !== '').join('\n')),
    confirm: plainText(plain(offer.title, 30)),
    deny: plainText('Not now'),
    ...(offer.risk === 'disrupt' ? { style: 'danger' as const } : {}),
  };
}

function hostsText(hosts: readonly string[]): string {
  const named = hosts.slice(0, HOSTS_NAMED_MAX).join(', ');
  return hosts.length <= HOSTS_NAMED_MAX ? named : `${named} and ${hosts.length - HOSTS_NAMED_MAX} more`;
}

function explained(offer: Runnable): string {
  const hazards = offer.hazards.map((hazard) => ` ⚠️ ${prose(hazard, 220)}`).join('');
  return `*${prose(offer.title, 80)}* on ${code(hostsText(offer.request.hosts), 130)}: ${prose(offer.says, 220)}${hazards}`;
}

function suggestedLines(offers: readonly Suggested[]): string[] {
  return [
    '*What fits, but has no button*',
    ...offers.map((offer) => `• *${prose(offer.title, 80)}*: ${prose(offer.says, 200)} _${prose(offer.why, 200)}_`),
  ];
}
