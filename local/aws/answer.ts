import { errorBody } from './dynamo-engine.ts';

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** How a service is spoken to, which also decides how it refuses. */
export type Protocol = 'json' | 'rest' | 'query';

export const JSON_1_0 = { 'content-type': 'application/x-amz-json-1.0' };
export const JSON_1_1 = { 'content-type': 'application/x-amz-json-1.1' };
const XML = { 'content-type': 'text/xml' };

/** What is wrong with who asks. */
export interface SignatureRefusal {
  readonly fault: 'missing' | 'incomplete' | 'unknownKey' | 'mismatch' | 'expiredToken';
  readonly message: string;
}

/** AWS's names: the clients decide by them whether to correct their clock, to ask again or to give up. */
const FAULTS = {
  missing: ['MissingAuthenticationTokenException', 'MissingAuthenticationToken'],
  incomplete: ['IncompleteSignatureException', 'IncompleteSignature'],
  unknownKey: ['UnrecognizedClientException', 'InvalidClientTokenId'],
  mismatch: ['InvalidSignatureException', 'SignatureDoesNotMatch'],
  expiredToken: ['ExpiredTokenException', 'ExpiredToken'],
} as const;

export function refusal(protocol: Protocol, { fault, message }: SignatureRefusal): Answer {
  const [name, queryName] = FAULTS[fault];
  if (protocol !== 'query') return failure(protocol === 'json' ? 400 : 403, name, message);
  return queryFailure(fault === 'incomplete' ? 400 : 403, queryName, message);
}

export function failure(status: number, type: string, message: string): Answer {
  return { status, body: errorBody(type, message), headers: { ...JSON_1_1, 'x-amzn-errortype': type } };
}

export function queryFailure(status: number, code: string, message: string): Answer {
  const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${escapeXml(message)}</Message></Error>`;
  return { status, body: `<ErrorResponse>${error}</ErrorResponse>`, headers: XML };
}

/** What a query service answers: elements of text in its result. */
export function queryAnswer(name: string, elements: Readonly<Record<string, string>>): Answer {
  const parts = Object.entries(elements).map(([tag, text]) => `<${tag}>${escapeXml(text)}</${tag}>`);
  const body = `<${name}Response><${name}Result>${parts.join('')}</${name}Result></${name}Response>`;
  return { status: 200, body, headers: XML };
}

function escapeXml(text: string): string {
  return text.replace(/[&<>]/g, (char) => `&#${char.charCodeAt(0)};`);
}
