import { SSMServiceException } from '@aws-sdk/client-ssm';
import type { CommandOrder, SendAnswer } from '../../core/ports.ts';

/** Answers by which the service says that it took nothing because it was asked too often. */
const THROTTLING = new Set([
  'ThrottlingException',
  'Throttling',
  'ThrottledException',
  'RequestThrottled',
  'RequestThrottledException',
  'RequestLimitExceeded',
  'TooManyRequestsException',
]);

/** 4xx answers that do not say whether the request was carried out, or come from something that is not the service. */
const NO_ANSWER = new Set(['RequestTimeout', 'RequestTimeoutException', 'UnknownError', 'Unknown', 'Error']);

const MESSAGE_CHARS_MAX = 200;

/** Only a refusal in the service's own words means that nothing runs; everything else has to be looked up. */
export function classifySendFailure(error: unknown, order: CommandOrder): SendAnswer {
  if (!(error instanceof SSMServiceException)) return { kind: 'unclear', why: nameOf(error) };
  const status = error.$metadata.httpStatusCode ?? 0;
  if (status < 400 || status > 499 || NO_ANSWER.has(error.name)) {
    return { kind: 'unclear', why: `${error.name} (${status})` };
  }
  if (THROTTLING.has(error.name)) return { kind: 'throttled' };
  return { kind: 'notSent', why: refusalSentence(error, order) };
}

/** The name of what went wrong on the way; messages can hold endpoints and are left out. */
export function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'an unknown error';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

function refusalSentence(error: SSMServiceException, { documentName, hostId }: CommandOrder): string {
  switch (error.name) {
    case 'InvalidDocument':
      return `Systems Manager has no document ${documentName} with the content that was shown; deploy the stack again.`;
    case 'InvalidInstanceId':
      return `Systems Manager does not reach ${hostId}: the machine or its agent is not running, or it is not registered.`;
    case 'UnsupportedPlatformType':
      return `${documentName} is not for the platform of ${hostId}.`;
    case 'AccessDeniedException':
      return `Runbell's role may not send ${documentName} to ${hostId}; check the host's tag and the role's policy.`;
    case 'InvalidParameters':
    case 'ValidationException':
      return `Systems Manager refused the parameters: ${shorten(error.message)}`;
    default:
      return `Systems Manager refused the command (${error.name}): ${shorten(error.message)}`;
  }
}

function shorten(message: string): string {
  return message.length > MESSAGE_CHARS_MAX ? `${message.slice(0, MESSAGE_CHARS_MAX - 1)}…` : message;
}
