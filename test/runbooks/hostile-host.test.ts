import { describe, expect, it } from 'vitest';
import { problemsOf } from './hostile/judge.ts';
import { MANIFESTS, onHostile } from './hostile/on-hostile.ts';
import { EVERYTHING } from './hostile/payloads.ts';

const IDS = MANIFESTS.map(({ id }) => id);
/** Of the details that programs keep time for: enough for one slow answer, and over soon. */
const SHORT_SECONDS = 20;

/** As root, because that is what the attacker wants to be. */
describe.runIf(process.getuid?.() === 0).concurrent('a host whose user is an attacker', () => {
  it.each(IDS)(
    '%s ends well while he is honest, hands him no file of root’s, and takes no program of his for the system’s',
    (id) =>
      onHostile(id, {}, async (host) => {
        const ran = await host.run(id);
        expect(problemsOf(host, ran)).toEqual([]);
        expect(ran.result?.ending, ran.stdout).toBe('done');
      }),
  );

  it.each(IDS)('%s evaluates, keeps and tells nothing of what all his programs say', (id) =>
    onHostile(id, { payload: EVERYTHING, mode: 'text', liars: 'all' }, async (host) => {
      expect(problemsOf(host, await host.run(id))).toEqual([]);
    }),
  );

  it.each(['restart-workers', 'clear-caches', 'rollback-config'])(
    '%s takes no size of a file from a stat that lies beside his node',
    (id) =>
      onHostile(id, { payload: EVERYTHING, mode: 'text', liars: 'stat' }, async (host) => {
        expect(problemsOf(host, await host.run(id))).toEqual([]);
      }),
  );

  it.each(['count', 'sleepers', 'again', 'connected'])(
    'end-idle-connections calculates with nothing that his PHP says of the database: %s',
    (question) =>
      onHostile(
        'end-idle-connections',
        { payload: EVERYTHING, mode: 'text', liars: `rows-${question}` },
        async (host) => {
          expect(problemsOf(host, await host.run('end-idle-connections'))).toEqual([]);
        },
      ),
  );

  it.each(IDS)('%s ends in time though his programs leave somebody behind who holds their output', (id) =>
    onHostile(id, { mode: 'holder', liars: 'all' }, async (host) => {
      expect(problemsOf(host, await host.run(id, SHORT_SECONDS))).toEqual([]);
    }),
  );
});
