import { randomBytes } from 'node:crypto';
import type { Keys } from './signature.ts';

const SESSION_SECONDS_MIN = 900;
const SESSION_SECONDS_MAX = 43_200;
const SESSION_SECONDS = 3_600;

/** Who may sign: one identity with keys of its own for each start, and the sessions that it opens. */
export class KeyRing {
  readonly own: Keys = newKeys('LOCAL');
  readonly #sessions = new Map<string, Keys & { readonly endsAtMs: number }>();

  find(accessKeyId: string): Keys | undefined {
    return accessKeyId === this.own.accessKeyId ? this.own : this.#sessions.get(accessKeyId);
  }

  /** null: the service gives no session of this length. */
  open(seconds: number | null, nowMs: number) {
    const given = seconds ?? SESSION_SECONDS;
    if (!Number.isInteger(given) || given < SESSION_SECONDS_MIN || given > SESSION_SECONDS_MAX) return null;
    for (const [id, { endsAtMs }] of this.#sessions) {
      // A while longer, so that who comes late hears why.
      if (nowMs > endsAtMs + SESSION_SECONDS * 1000) this.#sessions.delete(id);
    }
    const token = randomBytes(48).toString('base64');
    const session = { ...newKeys('LOCALSESSION'), sessionToken: token, endsAtMs: nowMs + given * 1000 };
    this.#sessions.set(session.accessKeyId, session);
    return session;
  }
}

function newKeys(prefix: string) {
  return {
    accessKeyId: prefix + randomBytes(8).toString('hex').toUpperCase(),
    secretAccessKey: randomBytes(30).toString('base64'),
  };
}
