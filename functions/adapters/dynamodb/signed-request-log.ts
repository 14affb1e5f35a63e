import type { RequestLog, RequestRecord } from '../../core/model/decision.ts';

/** One signed call, as `adapters/system/signed-aws-call.ts` makes it. */
type PutCall = (
  service: 'dynamodb',
  target: string,
  body: object,
) => Promise<
  | { readonly kind: 'done' }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | { readonly kind: 'failed'; readonly why: string }
>;

/** Says what went wrong; the click path only needs to know that it did. */
type OnProblem = (why: string) => void;

const DECIDE_WITHIN_MS = 15_000;
const KEPT_SECONDS = 30 * 86_400;

/**
 * Stores requests without the SDK. The item is the one of `state-item.ts`, which would bring all of zod into the
 * click path; a test keeps the two equal.
 */
export class SignedRequestLog implements RequestLog {
  readonly #call: PutCall;
  readonly #table: string;
  readonly #onProblem: OnProblem;

  constructor(call: PutCall, table: string, onProblem: OnProblem) {
    this.#call = call;
    this.#table = table;
    this.#onProblem = onProblem;
  }

  async record(request: RequestRecord): Promise<'written' | 'exists' | 'failed'> {
    const answer = await this.#call('dynamodb', 'DynamoDB_20120810.PutItem', {
      TableName: this.#table,
      Item: itemOf(request),
      ConditionExpression: 'attribute_not_exists(pk)',
    });
    if (answer.kind === 'done') return 'written';
    if (answer.kind === 'refused' && answer.code === 'ConditionalCheckFailedException') return 'exists';
    this.#onProblem(answer.kind === 'refused' ? `${answer.code}: ${answer.message}` : answer.why);
    return 'failed';
  }
}

function itemOf(request: RequestRecord) {
  return {
    pk: { S: `inbox#slack#${request.id}` },
    sk: { S: 'STATE' },
    entity: { S: 'inbox' },
    id: { S: `slack#${request.id}` },
    revision: { N: '1' },
    body: { S: JSON.stringify(request) },
    owes: { S: 'decision' },
    waiting: { S: 'inbox' },
    dueAtMs: { N: String(request.receivedAtMs + DECIDE_WITHIN_MS) },
    expiresAtS: { N: String(Math.ceil(request.receivedAtMs / 1000) + KEPT_SECONDS) },
  };
}
