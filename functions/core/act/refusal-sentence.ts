import { unreachable } from '../invariant.ts';
import type { RefusalReason } from './request.ts';

const FRESH = 'The card shows what is possible now.';
const UNCHANGED = 'Nothing was started or changed.';

/** What happened, what was not changed, what to do next. `more` may hold the tokens of `notify/tokens.ts`. */
export function refusalSentence(reason: RefusalReason, more: Readonly<Record<string, string>>): string {
  return `${what(reason, more)} ${UNCHANGED} ${next(reason, more)}`.trim().slice(0, 600);
}

function what(reason: RefusalReason, more: Readonly<Record<string, string>>): string {
  switch (reason) {
    case 'unreadableClick':
      return `This click could not be understood (${more['problem'] ?? 'its value is not one of ours'}).`;
    case 'foreignWorkspace':
      return 'Only members of the workspace that Runbell is set up for may press its buttons.';
    case 'unknownTarget':
      return 'Runbell knows no such database any more.';
    case 'nobodyConfigured':
      return 'Nobody is allowed to run this yet.';
    case 'notAllowed':
      return 'You are not on the list of people who may run this.';
    case 'incidentClosed':
      return 'The incident on this card is over.';
    case 'unknownRunbook':
      return 'This runbook does not exist any more.';
    case 'runbookChanged':
      return 'The runbook was changed by a deployment after this card was drawn.';
    case 'stale':
      return 'The situation changed after this card was drawn.';
    case 'expired':
      return 'This button is too old to be trusted.';
    case 'alreadyRunning':
      return `"${more['runbook'] ?? 'A runbook'}" was already started by ${more['who'] ?? 'somebody'} at ${more['at'] ?? 'an unknown time'}.`;
    case 'applicationBusy':
      return `Another run on this application was started by ${more['who'] ?? 'somebody'} at ${more['at'] ?? 'an unknown time'} and has not ended.`;
    case 'coolingDown':
      return `This ran at ${more['at'] ?? 'a moment ago'} and is cooling down.`;
    case 'noHosts':
      return `The application ${more['application'] ?? ''} has no hosts to run on.`;
    case 'parametersInvalid':
      return `The configuration does not fit this runbook: ${more['problems'] ?? 'a parameter is missing'}.`;
    default:
      return unreachable(reason);
  }
}

function next(reason: RefusalReason, more: Readonly<Record<string, string>>): string {
  switch (reason) {
    case 'notAllowed':
      return `Ask one of ${more['who'] ?? 'the people listed'} to press it, or have yourself added in runbell.config.ts.`;
    case 'nobodyConfigured':
      return 'List a person under "people" in runbell.config.ts and deploy.';
    case 'noHosts':
    case 'parametersInvalid':
      return 'Correct the application in runbell.config.ts and deploy.';
    case 'coolingDown':
      return `Try again in ${more['wait'] ?? 'a while'}, or look at what the last run did first.`;
    case 'foreignWorkspace':
      return 'Ask a member of that workspace.';
    case 'alreadyRunning':
    case 'applicationBusy':
      return 'Watch the card: it says how that run ends.';
    case 'unreadableClick':
    case 'unknownTarget':
    case 'incidentClosed':
    case 'unknownRunbook':
    case 'runbookChanged':
    case 'stale':
    case 'expired':
      return FRESH;
    default:
      return unreachable(reason);
  }
}
