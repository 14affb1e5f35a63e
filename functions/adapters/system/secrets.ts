import * as z from 'zod';
import type { Clock } from '../../core/ports.ts';
import type { SignedAwsCall } from './signed-aws-call.ts';

const KEPT_MS = 5 * 60_000;
const ATTEMPTS_MAX = 2;

const answered = z.object({ SecretString: z.string() });

/** Secrets Manager, over the signed call that the click path has anyway: the SDK would add 300 KB for one request. */
export class Secrets {
  readonly #call: SignedAwsCall;
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #kept = new Map<string, { readonly text: string; readonly atMs: number }>();

  constructor(call: SignedAwsCall, clock: Pick<Clock, 'nowMs'>) {
    this.#call = call;
    this.#clock = clock;
  }

  /** The text of a secret, at most five minutes old. Throws without ever quoting it. */
  async read(arn: string): Promise<string> {
    const kept = this.#kept.get(arn);
    if (kept !== undefined && this.#clock.nowMs() - kept.atMs < KEPT_MS) return kept.text;
    return this.refresh(arn);
  }

  /** The text as it is now: what was kept has just been refused. */
  async refresh(arn: string): Promise<string> {
    let answer = await this.#ask(arn);
    for (let attempt = 1; answer.kind === 'failed' && attempt < ATTEMPTS_MAX; attempt += 1) {
      answer = await this.#ask(arn);
    }
    if (answer.kind === 'failed') throw new Error(`Secrets Manager gave no answer for ${arn}: ${answer.why}`);
    if (answer.kind === 'refused') throw new Error(`Secrets Manager refused ${arn}: ${answer.code} ${answer.message}`);
    const parsed = answered.safeParse(answer.body);
    if (!parsed.success) throw new Error(`The secret ${arn} has no text`);
    const text = parsed.data.SecretString;
    this.#kept.set(arn, { text, atMs: this.#clock.nowMs() });
    return text;
  }

  #ask(arn: string) {
    return this.#call('secretsmanager', 'secretsmanager.GetSecretValue', { SecretId: arn });
  }
}
