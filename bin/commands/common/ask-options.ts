import { plainTokens } from '../../../functions/core/text/tokens.ts';
import type { SentRequest } from '../../flows/requests/send-request.ts';
import { PLACE_HELP, placeOptions } from './at-endpoint.ts';
import type { Console } from './console.ts';
import { Failure } from './failure.ts';
import { CONFIG_FILE } from './read-config.ts';

/** What every command takes that asks for something to be done. */
export const askOptions = {
  ...placeOptions,
  as: { type: 'string' },
  config: { type: 'string', default: CONFIG_FILE },
  json: { type: 'boolean', default: false },
} as const;

export const ASK_HELP = `  --as U012AB3CD    who asks, by Slack member id; default: RUNBELL_AS, or the only person in ${CONFIG_FILE}
  --json            {"decision": "permitted" | "refused", "reason", "sentence", "request"}
${PLACE_HELP}

It works without Slack: the wish goes into the table, and is decided, limited and kept in the timeline like a click.
Needs what grantRequest gives: reading the table, and putting requests under your own AWS identity. Ends with 0 (permitted), 1 (refused) or 2 (not asked).`;

/** Tells what was decided. `otherwise`: what to say where the decision has no words of its own. */
export function tellDecision({ id, decision }: SentRequest, otherwise: string, isJson: boolean, io: Console): number {
  if (decision === null) {
    throw new Failure(
      `No decision came in time. The wish is stored and may still be carried out; npx runbell explain ${id.slice(0, 16)} ` +
        'says what became of it. Does act run? npx runbell doctor looks.',
    );
  }
  const isRefused = decision.kind === 'refused';
  const sentence = plainTokens(isRefused ? decision.sentence : (decision.says ?? otherwise));
  const reason = isRefused ? decision.reason : null;
  if (isJson) io.out(JSON.stringify({ decision: decision.kind, reason, sentence, request: id }));
  else io.out(isRefused ? `Refused (${decision.reason}): ${sentence}` : sentence);
  return isRefused ? 1 : 0;
}
