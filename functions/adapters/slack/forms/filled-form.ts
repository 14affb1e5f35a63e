import type { KnownBlock, ModalView } from '@slack/types';
import type { Details, Preview, RunDetails } from '../../../core/model/details.ts';
import type { Notice } from '../../../core/model/notice.ts';
import { mrkdwn, option, plainText, section } from '../card/buttons.ts';
import { headBlock, holderLines, runLines, summaryLines, triedLines } from '../card/render-card.ts';
import { code, plain, prose, stack } from '../card/text.ts';
import type { FormPlace } from './sent-form.ts';
import { CHOICE, DRY_RUN, encodeSent, GLASS, HOSTS } from './sent-form.ts';

const SECTION_CHARS_MAX = 2900;
const TITLE_CHARS_MAX = 24;
/** Slack's list of boxes takes ten; more hosts are all or none. */
const HOSTS_CHOSEN_MAX = 10;
/** As much of the hash as a click carries and the decision compares. */
const HASH_CHARS = 16;

/** What the open form shows once it is known. */
export function filledForm(details: Details, place: FormPlace): ModalView {
  switch (details.kind) {
    case 'run':
      return runForm(details, place);
    case 'incident':
      return readingForm(
        plain(details.notice.targetId, TITLE_CHARS_MAX),
        incidentBlocks(details.notice, details.timeline),
      );
    case 'refused':
      return readingForm('Not possible now', [section('refused', `⛔ ${prose(details.sentence, 1500)}`)]);
  }
}

function readingForm(title: string, blocks: KnownBlock[]): ModalView {
  return { type: 'modal', callback_id: 'reading', title: plainText(title), close: plainText('Close'), blocks };
}

function runForm(details: RunDetails, place: FormPlace): ModalView {
  const { request, title, says, summary, hazards, impact, needsApproval, isObserved } = details;
  const others = details.second ?? (needsApproval ? 'A second person has to agree before it starts' : null);
  const second = others === null ? [] : [`✋ ${prose(others, 400)}.`];
  const observed = '👁️ *Observe mode*: it says on the hosts what would be done, and changes nothing.';
  return {
    type: 'modal',
    callback_id: 'run',
    private_metadata: encodeSent(request, place, details.choices),
    title: plainText(plain(title, TITLE_CHARS_MAX)),
    submit: plainText(isObserved ? 'Try it (changes nothing)' : needsApproval ? 'Ask for agreement' : 'Start'),
    close: plainText('Not now'),
    blocks: [
      ...lines('summary', [...(isObserved ? [observed] : []), `*${prose(summary, 400)}*`]),
      ...lines('impact', [prose(says, 300), ...impact.map((line) => `• ${prose(line, 300)}`), ...second]),
      ...lines(
        'hazards',
        hazards.map((hazard) => `⚠️ ${prose(hazard, 300)}`),
      ),
      ...lines('where', where(details)),
      ...lines('preview', previewLines(details.preview ?? null)),
      ...lines('before', [
        '*What it did before*',
        ...(details.record ?? []).map((line) => `• ${prose(line, 300)}`),
        ...(details.lastOutcomes.length === 0
          ? ['It has not run here yet.']
          : details.lastOutcomes.map((line) => `• ${prose(line, 300, { withDay: true })}`)),
      ]),
      ...inputs(details),
      ...lines('parameters', parameterLines(details)),
      { type: 'context', block_id: 'document', elements: [mrkdwn(documentLine(details))] },
    ],
  };
}

/** Leaves out what there is nothing to say about. */
function lines(blockId: string, given: readonly string[]): KnownBlock[] {
  return given.length === 0 ? [] : [section(blockId, stack(given, SECTION_CHARS_MAX))];
}

function where({ hosts, processes }: RunDetails): string[] {
  const named = (names: readonly string[]): string =>
    stack(
      names.map((name) => code(name, 70)),
      1200,
    ).replaceAll('\n', ', ');
  // Where they can be chosen they stand beside their boxes.
  return [
    ...(isChoosable(hosts) ? [] : [`*Hosts* ${named(hosts)}`]),
    ...(processes.length === 0 ? [] : [`*Processes* ${named(processes)}`]),
  ];
}

function isChoosable(hosts: readonly string[]): boolean {
  return hosts.length >= 2 && hosts.length <= HOSTS_CHOSEN_MAX;
}

/** What it would change, as a host says it: names and counts, never values. */
function previewLines(preview: Preview | null): string[] {
  if (preview === null) return [];
  const head = `*What it would change* on ${code(preview.hostId, 70)}`;
  switch (preview.kind) {
    case 'reading':
      return [`${head}: ⏳ being read; it will stand here within a minute`];
    case 'read':
      return [head, ...preview.lines.map((line) => `• ${prose(line, 250)}`)];
    case 'failed':
      return [`${head} could not be read: ${prose(preview.why, 300)}. You can still start it.`];
  }
}

function parameterLines({ parameters }: RunDetails): string[] {
  const told = parameters.map(
    ({ name, value, says }) => `${code(name, 44)} = ${code(value, 120)} · ${prose(says, 160)}`,
  );
  return told.length === 0 ? [] : ['*Parameters*', ...told];
}

function documentLine({ document }: RunDetails): string {
  return `Exactly this document: ${code(document.name, 130)}, SHA-256 ${code(`${document.sha256.slice(0, HASH_CHARS)}…`, 40)}`;
}

/** What is left to the person. The same block ids keep what was typed when the form is filled again. */
function inputs({ hosts, choices, canDryRun, mayBreakGlass }: RunDetails): KnownBlock[] {
  const boxes = hosts.map((host) => option(host, host));
  const dryRun = option('Only say what would be done, and change nothing', 'yes');
  return [
    ...(isChoosable(hosts)
      ? [
          {
            type: 'input' as const,
            block_id: HOSTS,
            label: plainText('On these hosts, one after the other'),
            element: { type: 'checkboxes' as const, action_id: 'value', options: boxes, initial_options: boxes },
          },
        ]
      : []),
    ...choices.map(({ name, says, preset }) => ({
      type: 'input' as const,
      block_id: CHOICE + name,
      optional: true,
      label: plainText(plain(name, 100)),
      hint: plainText(plain(says, 300)),
      element: {
        type: 'plain_text_input' as const,
        action_id: 'value',
        max_length: 1000,
        ...(preset === '' ? {} : { initial_value: preset }),
      },
    })),
    ...(mayBreakGlass
      ? [
          {
            type: 'input' as const,
            block_id: GLASS,
            optional: true,
            label: plainText('Break the glass: start without them'),
            hint: plainText(
              'Only when nobody can agree in time. Why goes to the thread, the page topic and the timeline.',
            ),
            element: { type: 'plain_text_input' as const, action_id: 'value', max_length: 200 },
          },
        ]
      : []),
    ...(canDryRun
      ? [
          {
            type: 'input' as const,
            block_id: DRY_RUN,
            optional: true,
            label: plainText('Try it (changes nothing)'),
            element: { type: 'checkboxes' as const, action_id: 'value', options: [dryRun] },
          },
        ]
      : []),
  ];
}

function incidentBlocks(notice: Notice, timeline: readonly string[]): KnownBlock[] {
  const offered = notice.offers.map((offer) => {
    const why = offer.kind === 'suggested' ? ` _Not now. ${prose(offer.why, 220)}_` : '';
    return `• *${prose(offer.title, 80)}*: ${prose(offer.says, 220)}${why}`;
  });
  return [
    headBlock(notice),
    ...lines('summary', summaryLines(notice, true)),
    ...lines('holders', notice.holders.length === 0 ? [] : holderLines(notice)),
    ...lines('run', notice.run === null ? [] : runLines(notice.run)),
    ...lines('tried', notice.tried.length === 0 ? [] : triedLines(notice.tried)),
    ...lines('offers', offered.length === 0 ? [] : ['*What can be run*', ...offered]),
    ...lines(
      'timeline',
      timeline.length === 0
        ? []
        : ['*Timeline*', ...timeline.map((line) => `• ${prose(line, 300, { withDay: true })}`)],
    ),
  ];
}
