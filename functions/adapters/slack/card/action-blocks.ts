import type { ActionsBlockElement, KnownBlock, StaticSelect } from '@slack/types';
import type { Controls, Notice, Offer, UndoOffer } from '../../../core/model/notice.ts';
import { menuActionId } from '../click-value.ts';
import { button, confirmation, hostsText, mrkdwn, offerButton, option, plainText } from './buttons.ts';
import { code, plain, prose, stack } from './text.ts';

type Runnable = Extract<Offer, { readonly kind: 'runnable' }>;

/** More buttons than this are a list to study, not something to press; the best fit comes first. */
const BUTTONS_MAX = 3;
const OPTIONS_MAX = 100;
const EXPLAINED_CHARS_MAX = 900;

/** What can be done now: first what bears on the trouble, then what concerns the card. */
export function actionBlocks(notice: Notice): KnownBlock[] {
  const { controls } = notice;
  const runnable = notice.offers.filter((offer) => offer.kind === 'runnable');
  const pressed = runnable.filter((offer) => offer.fitsCause).slice(0, BUTTONS_MAX);
  const deeds = [
    ...runControls(controls),
    // Where nothing is wrong at present a coloured button would only tempt.
    ...pressed.map((offer, at) => offerButton(offer, at === 0 && notice.face !== 'settling')),
    ...(controls.undo === null ? [] : [offerButton(controls.undo, false)]),
    ...menus(
      notice.targetId,
      runnable.filter((offer) => !pressed.includes(offer)),
    ),
  ];
  const explained = explanations([...pressed, ...(controls.undo === null ? [] : [controls.undo])]);
  return [
    ...row('act', deeds),
    ...row('control', cardControls(controls)),
    ...(explained.length === 0
      ? []
      : [
          {
            type: 'context' as const,
            block_id: 'explained',
            elements: [mrkdwn(stack(explained, EXPLAINED_CHARS_MAX))],
          },
        ]),
  ];
}

function row(blockId: string, elements: readonly ActionsBlockElement[]): KnownBlock[] {
  return elements.length === 0 ? [] : [{ type: 'actions', block_id: blockId, elements: [...elements] }];
}

/** What a second person or a change of mind can do about a run. */
function runControls({ approve, reject, cancel, yesMissing }: Controls): ActionsBlockElement[] {
  const stop = {
    title: 'Cancel the run?',
    text: 'Hosts that have not begun are left out. What has been done stays done.',
    yes: 'Cancel the run',
    no: 'Let it run',
  };
  return [
    ...(approve === null
      ? []
      : [{ ...button(yesMissing === undefined ? 'Agree and start' : 'Agree', approve), style: 'primary' as const }]),
    ...(reject === null ? [] : [button('Refuse', reject)]),
    ...(cancel === null
      ? []
      : [{ ...button('Cancel the run', cancel), style: 'danger' as const, confirm: confirmation(stop, true) }]),
  ];
}

function cardControls({ acknowledge, silence, unsilence, details }: Controls): ActionsBlockElement[] {
  return [
    ...(acknowledge === null ? [] : [button('I have it', acknowledge)]),
    ...(silence === null ? [] : [button('Silence…', { kind: 'silence', targetId: silence.targetId })]),
    ...(unsilence === null ? [] : [button('End the silence', unsilence)]),
    ...(details.targetId === null
      ? []
      : [button('Details', { kind: 'details', targetId: details.targetId, of: null, viewId: null })]),
  ];
}

/** The rest, one menu per application: nothing that can be run is out of reach. */
function menus(targetId: string, rest: readonly Runnable[]): StaticSelect[] {
  const byApplication = new Map<string, Runnable[]>();
  for (const offer of rest) {
    const { applicationId } = offer.request;
    byApplication.set(applicationId, [...(byApplication.get(applicationId) ?? []), offer]);
  }
  return [...byApplication].map(([applicationId, offers]) => ({
    type: 'static_select',
    action_id: menuActionId(applicationId, targetId),
    placeholder: plainText(plain(byApplication.size > 1 ? `More for ${applicationId}…` : 'More…', 75)),
    options: offers.slice(0, OPTIONS_MAX).map((offer) => option(offer.title, offer.request.runbookId)),
  }));
}

/** Where all of them would run is said once. */
function explanations(offers: readonly (Runnable | UndoOffer)[]): string[] {
  const places = [...new Set(offers.map(({ request }) => hostsText(request.hosts)))];
  const [only] = places;
  return only === undefined || places.length > 1 || offers.length === 1
    ? offers.map((offer) => explanation(offer, ` on ${code(hostsText(offer.request.hosts), 130)}`))
    : [`All on ${code(only, 130)}:`, ...offers.map((offer) => explanation(offer, ''))];
}

function explanation(offer: Runnable | UndoOffer, where: string): string {
  // A form says the hazards at length before anything starts.
  const hazards = offer.confirm === 'form' ? '' : offer.hazards.map((hazard) => ` ⚠️ ${prose(hazard, 220)}`).join('');
  const others = offer.approversMin === undefined ? 'A second person has' : `${offer.approversMin} other people have`;
  const second = offer.needsApproval ? ` ${others} to agree.` : offer.isObserved ? ' It is only tried out.' : '';
  const isOwnUndo = offer.undoTitle === offer.title;
  const back =
    offer.undoTitle === null ? '' : ` Can be taken back${isOwnUndo ? '' : ` by “${prose(offer.undoTitle, 40)}”`}.`;
  return `*${prose(offer.title, 80)}*${where}: ${prose(offer.says, 220)}${second}${back}${hazards}`;
}
