import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isSame } from '../loopback.ts';
import type { Reply } from './web-api.ts';

const PARAMETER = 'token';

export const LOCKED: Reply = {
  status: 403,
  body: 'This page opens by the address that npm start prints, which ends with a token. It is another one at every start.',
};

/**
 * Who may look at the channel and press in it: whoever has the address that was printed. The token goes into a cookie
 * that no script reads and no other site sends, and out of the address.
 */
export class PageKey {
  readonly #token = randomBytes(24).toString('base64url');

  /** The address to print. */
  address(url: string, user?: string): string {
    return `${url}/?${new URLSearchParams({ ...(user === undefined ? {} : { user }), [PARAMETER]: this.#token })}`;
  }

  /** What a script sends in place of a browser. Cookies know no port, so the name tells two loops apart. */
  headers(port: number): { readonly cookie: string } {
    return { cookie: `${cookieName(port)}=${this.#token}` };
  }

  isHeldBy({ headers: { cookie = '' }, socket: { localPort = 0 } }: IncomingMessage): boolean {
    const pairs = cookie.split(';').map((pair) => pair.trim().split('='));
    return pairs.some(([name, value = '']) => name === cookieName(localPort) && isSame(value, this.#token));
  }

  /** Lets in who comes by the printed address; undefined: this is not such an address. */
  admit({ socket: { localPort = 0 } }: IncomingMessage, { pathname, searchParams }: URL): Reply | undefined {
    const token = searchParams.get(PARAMETER);
    if (token === null) return undefined;
    if (!isSame(token, this.#token)) return LOCKED;
    const rest = new URLSearchParams(searchParams);
    rest.delete(PARAMETER);
    const headers = {
      location: rest.size === 0 ? pathname : `${pathname}?${rest}`,
      'set-cookie': `${cookieName(localPort)}=${this.#token}; Path=/; HttpOnly; SameSite=Strict`,
    };
    return { status: 303, headers, body: '' };
  }
}

function cookieName(port: number): string {
  return `runbell-${port}`;
}
