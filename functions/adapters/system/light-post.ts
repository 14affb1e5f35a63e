import http from 'node:http';
import https from 'node:https';

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
  const plain = new http.Agent({ keepAlive: true });
  const secure = new https.Agent({ keepAlive: true });
  return async (url, headers, body, limitMs) => {
    const signal = AbortSignal.timeout(limitMs);
    const options = { method: 'POST', headers, signal };
    const open = (): http.ClientRequest =>
      url.protocol === 'http:'
        ? http.request(url, { ...options, agent: plain })
        : https.request(url, { ...options, agent: secure });
    try {
      const first = await once(open(), body);
      // A container that slept finds its kept connection closed, before anything was taken from it.
      const answer = first.kind === 'stale' ? await once(open(), body) : first;
      return answer.kind === 'stale' ? { kind: 'failed', why: 'the connection was closed twice' } : answer;
    } catch (error) {
      return { kind: 'failed', why: error instanceof Error ? error.message : String(error) };
    }
  };
}

function once(request: http.ClientRequest, body: string): Promise<PostAnswer | { readonly kind: 'stale' }> {
  return new Promise((resolve) => {
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
