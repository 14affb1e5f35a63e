import { randomBytes } from 'node:crypto';
import type { Login } from './open-database.ts';

/** An account with a password that nobody has to know. */
export function newLogin(user: string): Login {
  return { user, password: randomBytes(18).toString('base64url') };
}
