import type { RefusalReason } from '../model/decision.ts';

const FRESH: Hint = () => 'The card shows what is possible now.';

const UNCHANGED = 'Nothing was started or changed.';

const SENTENCE_CHARS_MAX = 600;

type More = Readonly<Record<string, string>>;

/** A fact of this case, or what to say without it. */
type Say = (name: string, otherwise: string) => string;

type Hint = (say: Say) => string;

/** What happened, what was not changed, what to do next. `more` may hold the tokens of `notify/tokens.ts`. */
export function refusalSentence(reason: RefusalReason, more: More): string {
  const say: Say = (name, otherwise) => more[name] ?? otherwise;
  return `${WHAT[reason](say)} ${UNCHANGED} ${(NEXT[reason] ?? FRESH)(say)}`.trim().slice(0, SENTENCE_CHARS_MAX);
}

const WHAT: Readonly<Record<RefusalReason, Hint>> = {
  unreadableClick: (say) => `This click could not be understood (${say('problem', 'its value is not one of ours')}).`,
  foreignWorkspace: () => 'Only members of the workspace that Runbell is set up for may press its buttons.',
  guest: () => 'Guests may do this only when they are listed by name.',
  bot: () => 'Programs may do this only when they are listed by name.',
  unknownPerson: () => 'Slack did not say whether you are a member of this workspace, and without that nobody gets in.',
  unknownTarget: () => 'Runbell knows no such database.',
  unknownApplication: (say) => `Runbell knows no application "${say('application', '')}" that uses this database.`,
  unknownIncident: () => 'Runbell knows no such incident.',
  stateUnreadable: (say) => `Runbell cannot read its own state of this (${say('problem', 'an item is damaged')}).`,
  nobodyConfigured: () => 'Nobody is allowed to do this yet.',
  notAllowed: () => 'You are not on the list of people who may do this.',
  membersUnknown: () => 'Slack did not say who is in the user group that may do this, and without that nobody gets in.',
  glassClosed: () => 'You are not listed for starting this without a second person.',
  askerNotAllowed: (say) => `${say('who', 'Whoever')}, who asked for it, may not do this any more.`,
  incidentClosed: () => 'The incident on this card is over.',
  unknownRunbook: () => 'This runbook does not exist any more.',
  runbookChanged: () => 'The runbook was changed by a deployment after this card was drawn.',
  frozen: (say) =>
    `${say('who', 'Somebody')} froze ${say('scope', 'this')} at ${say('at', 'an unknown time')}: "${say('why', 'no reason given')}".`,
  freezeUnknown: () => 'Whether somebody has frozen this cannot be read, and so nothing may run.',
  alreadyWaiting: (say) =>
    `"${say('runbook', 'A runbook')}", asked for by ${say('who', 'somebody')} at ${say('at', 'an unknown time')}, is waiting for a second person.`,
  alreadyRunning: (say) =>
    `"${say('runbook', 'A runbook')}" was already started by ${say('who', 'somebody')} at ${say('at', 'an unknown time')}.`,
  applicationBusy: (say) =>
    `Another run on this application was started by ${say('who', 'somebody')} at ${say('at', 'an unknown time')} and has not ended.`,
  expired: () => 'This button is too old to be trusted.',
  tooLate: () => 'Runbell gets to this only now, too late to be sure that it is still wanted.',
  stale: () => 'The situation changed after this card was drawn.',
  coolingDown: (say) => `This ran at ${say('at', 'a moment ago')} and is cooling down.`,
  budgetSpent: (say) =>
    `This has run ${say('runs', 'as often as it may')} times on this application in ${say('span', 'the last while')}, which is all it may.`,
  tooManyHosts: (say) =>
    `This would run on ${say('hosts', 'too many')} of ${say('total', 'all')} hosts; at most ${say('limit', 'a few')} are allowed at once.`,
  noHosts: (say) => `The application ${say('application', '')} has no hosts to run on.`,
  parametersInvalid: (say) => `The parameters do not fit this runbook: ${say('problems', 'one is missing')}.`,
  nothingToUndo: () =>
    'That run is not one that can be taken back: it has not ended, changed nothing, or was taken back already.',
  notNewestRun: (say) =>
    `"${say('runbook', 'Another runbook')}", started by ${say('who', 'somebody')} at ${say('at', 'a later time')}, came after that run and may build on what it did.`,
  nothingToCancel: () => 'That run is not running any more.',
  nothingToApprove: () => 'Nothing is waiting for a second person any more.',
  approvalExpired: () => 'The wish has waited too long for a second person and has expired.',
  samePerson: () => 'You asked for it yourself, so somebody else has to agree.',
  alreadyAgreed: () => 'You have agreed to it already, and somebody else has to as well.',
  notFromHere: () => 'A second person agrees in Slack, where it is certain who that is.',
  alreadyAcknowledged: (say) => `${say('who', 'Somebody')} has had it since ${say('at', 'a while ago')}.`,
  alreadySilenced: (say) =>
    `${say('who', 'Somebody')} has silenced this database already: "${say('why', 'no reason given')}".`,
  notSilenced: () => 'This database is not silenced.',
  notFrozen: () => 'Nothing is frozen in just that scope.',
  frozenLonger: (say) => `${say('who', 'Somebody')} froze this for longer than that.`,
  tooManyFreezes: () => 'There are more freezes in force than anybody can keep in mind.',
  badWish: (say) => `This cannot be done as asked: ${say('problem', 'a value is missing')}.`,
};

const LISTED: Hint = (say) =>
  `Ask ${say('who', 'one of the people listed')}, or have yourself added in runbell.config.ts.`;

const BY_NAME: Hint = () => 'List the account by its member id under "people" in runbell.config.ts and deploy.';

const CORRECT: Hint = () => 'Correct the wish, or the application in runbell.config.ts and deploy.';

const LATER: Hint = (say) => `Try again in ${say('wait', 'a while')}, or look at what the last runs did first.`;

const WATCH: Hint = () => 'Watch the card: it says how that run ends.';

const LIFT: Hint = (say) => `${say('until', 'It lasts until somebody lifts it.')} /runbell unfreeze lifts it.`;

const STATUS: Hint = () => '/runbell status says what is frozen.';

/** What is not here is a matter of looking at the card. */
const NEXT: Readonly<Partial<Record<RefusalReason, Hint>>> = {
  notAllowed: LISTED,
  samePerson: LISTED,
  membersUnknown: LISTED,
  glassClosed: (say) => `Leave the reason out to ask ${say('who', 'somebody who is listed')} to agree.`,
  askerNotAllowed: () => 'Whoever may do this can ask for it anew.',
  alreadyAgreed: (say) => `Ask ${say('who', 'one of the people listed')}.`,
  nobodyConfigured: () => 'List a person under "people" in runbell.config.ts and deploy.',
  guest: BY_NAME,
  bot: BY_NAME,
  unknownPerson: () => 'Try again in a minute, or have yourself listed under "people" in runbell.config.ts.',
  noHosts: CORRECT,
  parametersInvalid: CORRECT,
  unknownApplication: CORRECT,
  coolingDown: LATER,
  budgetSpent: LATER,
  tooManyHosts: () => 'Choose fewer hosts with /runbell run, or raise the limit in runbell.config.ts.',
  foreignWorkspace: () => 'Ask a member of that workspace.',
  frozen: LIFT,
  frozenLonger: LIFT,
  freezeUnknown: () => 'npx runbell doctor says what is wrong with the table.',
  stateUnreadable: () => 'npx runbell status names the item and says what to do about it.',
  alreadyWaiting: () => 'Somebody else may agree to it on the card.',
  alreadyRunning: WATCH,
  applicationBusy: WATCH,
  approvalExpired: () => 'Ask for it again.',
  tooLate: () => 'Look at the card and press again.',
  notFromHere: () => 'Press the button on the card.',
  notFrozen: STATUS,
  tooManyFreezes: STATUS,
  badWish: () => '/runbell help says what can be asked.',
  notNewestRun: () => 'Take that one back first: the card has its button.',
};
