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
const LOOK_EVERY_MS = 60_000;
const ATTEMPTS_MAX = 2;

const nonEmpty = v.pipe(v.string(), v.minLength(1));
const stored = v.object({ SecretString: nonEmpty });
const slackSecret = v.object({ botToken: nonEmpty, signingSecret: nonEmpty });

/** Reads the Slack secret, with one more try where there was no answer. Its content never goes into a message. */
export async function fetchSlackSecret(
  call: SecretCall,
  arn: string,
): Promise<SlackSecret | { readonly problem: string }> {
  const ask = () => call('secretsmanager', 'secretsmanager.GetSecretValue', { SecretId: arn });
  let answer = await ask();
  for (let attempt = 1; answer.kind === 'failed' && attempt < ATTEMPTS_MAX; attempt += 1) answer = await ask();
  if (answer.kind !== 'done') {
    return { problem: answer.kind === 'refused' ? `${answer.code}: ${answer.message}` : answer.why };
  }
  const secret = v.is(stored, answer.body) ? parseJson(answer.body.SecretString) : null;
  const parsed = v.safeParse(slackSecret, secret);
  return parsed.success
    ? parsed.output
    : { problem: 'the Slack secret is not JSON with "botToken" and "signingSecret"' };
}

/**
 * Looks at once, and keeps what it found. It looks again once a minute at most: where nothing was found, and where a
 * signature did not match. A click with the secret that is kept waits for no look.
 */
export function slackSecretSource(
  fetch: () => Promise<SlackSecret | { readonly problem: string }>,
  clock: Pick<Clock, 'nowMs'>,
  log: Log,
): SlackSecretSource {
  let kept: SlackSecret | null = null;
  let lookedAtMs = clock.nowMs();
  const look = async (): Promise<void> => {
    const found = await fetch();
    // What worked so far is kept when a later look fails.
    if ('problem' in found) log.error('slackSecret.unavailable', { problem: found.problem });
    else kept = found;
  };
  let looking = look();
  return async (why) => {
    if (why === 'use' && kept !== null) return kept;
    await looking;
    if (why === 'use' && kept !== null) return kept;
    // Also where the clock was put back.
    if (Math.abs(clock.nowMs() - lookedAtMs) >= LOOK_EVERY_MS) {
      lookedAtMs = clock.nowMs();
      looking = look();
    }
    await looking;
    return kept;
  };
}
