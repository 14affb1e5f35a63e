import type { ClientRequest } from 'node:http';

/** One POST without any client library: those cost the click path more of its cold start than everything else. */
export type LightPost = (
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: string,
  limitMs: number,
) => Promise<PostAnswer>;

export type PostAnswer =
  | { readonly kind: 'answered'; readonly statusCode: number; readonly text: string }
  /** No usable answer: it may or may not have arrived. */
  | { readonly kind: 'failed'; readonly why: string };

const ANSWER_BYTES_MAX = 1024 * 1024;

/** Keeps its connections for the next call. Never throws. */
export function createLightPost(): LightPost {
  const openers = new Map<string, Promise<Opener>>();
  return async (url, headers, body, limitMs) => {
    try {
      const opener = openers.get(url.protocol) ?? openerOf(url.protocol);
      openers.set(url.protocol, opener);
      const open = await opener;
      const untilMs = Date.now() + limitMs;
      const first = await once(open(url, headers), body, limitMs);
      // A container that slept finds its kept connection closed, before anything was taken from it.
      const answer = first.kind === 'stale' ? await once(open(url, headers), body, untilMs - Date.now()) : first;
      return answer.kind === 'stale' ? { kind: 'failed', why: 'the connection was closed twice' } : answer;
    } catch (error) {
      return { kind: 'failed', why: error instanceof Error ? error.message : String(error) };
    }
  };
}

type Opener = (url: URL, headers: Readonly<Record<string, string>>) => ClientRequest;

/** Loads only the module that the address needs: TLS alone takes milliseconds of a cold start. */
async function openerOf(protocol: string): Promise<Opener> {
  const { Agent, request } = protocol === 'http:' ? await import('node:http') : await import('node:https');
  const agent = new Agent({ keepAlive: true });
  return (url, headers) => request(url, { method: 'POST', headers, agent });
}

function once(request: ClientRequest, body: string, limitMs: number): Promise<PostAnswer | { readonly kind: 'stale' }> {
  return new Promise((resolve) => {
    // A timer, because an AbortSignal takes a millisecond more of a cold start.
    const limit = setTimeout(() => request.destroy(new Error('no answer in time')), limitMs);
    request.on('close', () => clearTimeout(limit));
    request.on('error', (error: NodeJS.ErrnoException) => {
      const isStale = request.reusedSocket && ['ECONNRESET', 'EPIPE'].includes(error.code ?? '');
      resolve(isStale ? { kind: 'stale' } : { kind: 'failed', why: error.message });
    });
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      let length = 0;
      response.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length <= ANSWER_BYTES_MAX) chunks.push(chunk);
        else request.destroy(new Error('the answer is too long'));
      });
      response.on('error', (error) => resolve({ kind: 'failed', why: error.message }));
      response.on('end', () =>
        resolve({
          kind: 'answered',
          statusCode: response.statusCode ?? 0,
          text: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    request.end(body);
  });
}
