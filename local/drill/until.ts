import { setTimeout as wait } from 'node:timers/promises';

const LOOK_MS = 100;

/** Looks again and again until there is something to see. null: it did not come in time. */
export async function until<T>(msMax: number, look: () => Promise<T | null>): Promise<T | null> {
  const untilMs = Date.now() + msMax;
  while (Date.now() < untilMs) {
    const seen = await look();
    if (seen !== null) return seen;
    await wait(LOOK_MS);
  }
  return null;
}
