import * as v from 'valibot';
import { parseJson } from '../../core/invariant.ts';
import type { Clock, Log } from '../../core/ports.ts';

export interface SlackSecret {
  readonly botToken: string;
  readonly signingSecret: string;
}

/** `afterMismatch`: a signature did not match, so the secret may have been changed in the meantime. */
export type SlackSecretSource = (why: 'use' | 'afterMismatch') => Promise<SlackSecret | null>;

/** One signed call, as `adapters/system/signed-aws-call.ts` makes it. */
export type SecretCall = (
  service: 'secretsmanager',
  target: string,
  body: object,
) => Promise<
  | { readonly kind: 'done'; readonly body: unknown }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | { readonly kind: 'failed'; readonly why: string }
>;

/** Anybody can send a wrong signature; that must not become a way to have us call Secrets Manager. */
const REFETCH_MS_MIN = 60_000;

const nonEmpty = v.pipe(v.string(), v.minLength(1));
const stored = v.object({ SecretString: nonEmpty });
const slackSecret = v.object({ botToken: nonEmpty, signingSecret: nonEmpty });

/** Reads the Slack secret. Its content never goes into a message. */
export async function fetchSlackSecret(
  call: SecretCall,
  arn: string,
): Promise<SlackSecret | { readonly problem: string }> {
  const answer = await call('secretsmanager', 'secretsmanager.GetSecretValue', { SecretId: arn });
  if (answer.kind !== 'done') {
    return { problem: answer.kind === 'refused' ? `${answer.code}: ${answer.message}` : answer.why };
  }
  const secret = v.is(stored, answer.body) ? parseJson(answer.body.SecretString) : null;
  const parsed = v.safeParse(slackSecret, secret);
  return parsed.success
    ? parsed.output
    : { problem: 'the Slack secret is not JSON with "botToken" and "signingSecret"' };
}

/** Fetches once, at once, and keeps the answer; a failed fetch is tried again by the next request. */
export function slackSecretSource(
  fetch: () => Promise<SlackSecret | { readonly problem: string }>,
  clock: Pick<Clock, 'nowMs'>,
  log: Log,
): SlackSecretSource {
  let fetchedAtMs = clock.nowMs();
  let held = fetch();
  return async (why) => {
    const before = await held;
    const isDue = 'problem' in before || (why === 'afterMismatch' && clock.nowMs() - fetchedAtMs >= REFETCH_MS_MIN);
    if (isDue) {
      fetchedAtMs = clock.nowMs();
      const fresh = fetch();
      // What worked so far is kept when the new fetch fails.
      held = fresh.then((answer) => ('problem' in answer && !('problem' in before) ? before : answer));
    }
    const secret = await held;
    if (!('problem' in secret)) return secret;
    log.error('slackSecret.unavailable', { problem: secret.problem });
    return null;
  };
}
