import { PACE_ID, PACED } from '../core/model/channel.ts';
import { newPaceState, paced, type Urgency } from '../core/notify/pace.ts';
import type { Basics, Stores } from '../core/ports.ts';

/** Another card takes a token at the same instant; past this the edit waits like one without a token. */
const ATTEMPTS_MAX = 5;
const CONTENDED_MS = 2000;

/** Takes one edit out of the minute's budget; null: go on. */
export async function takeEdit(
  { stores, clock }: Pick<Basics, 'clock'> & { readonly stores: Pick<Stores, 'pace'> },
  urgency: Urgency,
): Promise<{ readonly kind: 'later'; readonly notBeforeMs: number; readonly why: string } | null> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const nowMs = clock.nowMs();
    const current = await stores.pace.read(PACE_ID);
    const taken = paced(current?.value ?? newPaceState(nowMs), urgency, nowMs);
    if (taken.kind === 'wait') return { kind: 'later', notBeforeMs: taken.notBeforeMs, why: PACED };
    if ((await stores.pace.write(PACE_ID, taken.state, current?.revision ?? null)) === 'written') return null;
  }
  return { kind: 'later', notBeforeMs: clock.nowMs() + CONTENDED_MS, why: PACED };
}
