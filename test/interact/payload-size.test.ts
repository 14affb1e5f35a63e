import { describe, expect, it } from 'vitest';
import { renderCard } from '../../functions/adapters/slack/card/render-card.ts';
import { renderFreeze, renderSummary } from '../../functions/adapters/slack/card/summary-card.ts';
import { filledForm } from '../../functions/adapters/slack/forms/filled-form.ts';
import { BODY_BYTES_MAX } from '../../functions/adapters/slack/verify-request.ts';
import type { Details } from '../../functions/core/model/details.ts';
import type { Message } from '../../functions/core/model/notice.ts';
import { RUNBOOKS_FOLDER } from '../../lib/read-deployment.ts';
import { loadCatalogue } from '../../lib/runbook-catalogue.ts';
import { cardStates, runDetails, stormOf } from '../adapters/slack/support/card-states.ts';
import { allFaces, nastyNotice, runRequest } from '../adapters/slack/support/notices.ts';
import { blockActions, form, formOfSlack, viewSubmission } from './signed-request.ts';

/** Whoever writes a payload this way or that, it has to fit. */
const bytesOf = (payload: object) => Math.max(form(payload).length, formOfSlack(payload).length);

const drawn = (message: Message) => {
  if (message.kind === 'summary') return renderSummary(message);
  return message.kind === 'freeze' ? renderFreeze(message) : renderCard(message, { withChart: true });
};

/** Slack stores what we leave out as what it means. */
function asStored(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asStored);
  if (typeof value !== 'object' || value === null) return value;
  const inner = Object.fromEntries(Object.entries(value).map(([name, one]) => [name, asStored(one)]));
  if (inner['type'] === 'plain_text') return { emoji: true, ...inner };
  return inner['type'] === 'mrkdwn' ? { verbatim: false, ...inner } : inner;
}

/** What a message has beside its blocks: who posted it, what it is about, who follows its thread. */
const aroundMessage = {
  ...{ bot_id: 'B0BOT00001', app_id: 'A0APP00001', user: 'U0BOT00001', team: 'T0AAAAAAA1' },
  ...{ ts: '1773457000.000100', thread_ts: '1773457000.000100', latest_reply: '1773457000.000100' },
  metadata: { event_type: 'runbell_incident', event_payload: { id: 'inc-a1b2c3d4e5', more: 'x'.repeat(500) } },
  reply_users: Array.from({ length: 5 }, () => 'U0AAAAAAA1'),
};
const pressed = (message: Message) =>
  blockActions(runRequest, { message: { ...aroundMessage, type: 'message', ...Object(asStored(drawn(message))) } });

const choicesMax = Math.max(
  ...loadCatalogue('runbell', RUNBOOKS_FOLDER).map(
    ({ manifest }) => manifest.parameters.filter(({ from }) => from === 'person').length,
  ),
);
const sent = (details: Details, typed: string) => {
  const values = Object.fromEntries(
    Array.from({ length: choicesMax }, (_, at) => [
      `choice:${at}`,
      { value: { type: 'plain_text_input', value: typed.slice(0, 1000) } },
    ]),
  );
  const view = Object(asStored(filledForm(details, { channel: 'C0ALARMS01', messageTs: '1773457000.000100' })));
  return { ...viewSubmission, view: { ...viewSubmission.view, ...view, state: { values } } };
};

/** Every text as long as it can be, of the characters that grow most on the way. */
const growing = ['漢'.repeat(4000), '😀'.repeat(2000), '"'.repeat(4000), '\\'.repeat(4000), '&'.repeat(4000)];

describe('what Slack sends fits into what is taken', () => {
  it.each(cardStates.map(({ name, card }) => [name, card] as const))('a press on the card %s', (_, card) => {
    expect(bytesOf(pressed(card))).toBeLessThan(BODY_BYTES_MAX / 4);
  });

  it.each(growing.map((text) => [text.slice(0, 2), text] as const))('whatever it is made of: %s', (_, text) => {
    const storm = stormOf(200);
    const cards = [
      ...allFaces.map((face) => nastyNotice(face, text)),
      { ...storm, title: text, lines: storm.lines.map((line) => ({ ...line, title: text })) },
    ];
    const some = (count: number) => Array.from({ length: count }, () => text);
    const forms: readonly Details[] = [
      { kind: 'refused', sentence: text },
      { kind: 'incident', notice: nastyNotice('relapsed', text), timeline: some(50) },
      {
        ...runDetails,
        ...{ title: text, says: text, summary: text, processes: some(40), impact: some(9), hazards: some(9) },
        parameters: some(20).map((name) => ({ name, value: name, says: name })),
        choices: some(choicesMax).map((says, at) => ({
          ...{ name: `Choice${at}`, says, pattern: '^x$', preset: text.slice(0, 900) },
        })),
        preview: { kind: 'read', hostId: text, lines: some(10) },
        lastOutcomes: some(5),
      },
    ];
    const bytes = [...cards.map((card) => bytesOf(pressed(card))), ...forms.map((one) => bytesOf(sent(one, text)))];
    expect(Math.max(...bytes)).toBeLessThan(BODY_BYTES_MAX);
  });
});
