import { describe, expect, it } from 'vitest';
import type { Request, RunRequest } from '../../functions/core/model/request.ts';
import type { ChunkStore, SetAside, Stores } from '../../functions/core/ports.ts';
import type { RawItem } from '../../functions/core/store/item.ts';
import type { Markers } from '../../functions/core/store/markers.ts';
import { anIncident, aRequest, aTarget, SAMPLE_NOW_MS } from '../fakes/sample-state.ts';

/** Stores that a test can spoil, and what they set aside. */
export interface SpoiltStores {
  readonly stores: Stores & { readonly chunks: ChunkStore };
  readonly setAside: readonly SetAside[];
  /** Puts an item as whoever may write the table could. */
  putRaw(raw: RawItem, markers: Markers): Promise<unknown>;
  putRawChunk(shard: number, tickMs: number, ids: readonly string[], data: Uint8Array): Promise<unknown>;
}

const BAD_KEY = 'target#bad-db';
const OPEN: Markers = { open: 'target', dueAtMs: SAMPLE_NOW_MS };
const bad = aTarget({ targetId: 'bad-db', incident: anIncident() });
const troubled = aTarget({ targetId: 'shop-db', incident: anIncident() });

const ASKED = { kind: 'acknowledge', targetId: 'shop-db', incidentId: 'inc-1' } as const;
const RUN: RunRequest = {
  kind: 'run',
  targetId: 'shop-db',
  incidentId: 'inc-1',
  offerVersion: 3,
  runbookId: 'restart-workers',
  documentHash: 'ab'.repeat(8),
  applicationId: 'shop',
  hosts: ['i-1'],
  hostsTotal: 2,
  expiresAtMs: SAMPLE_NOW_MS,
  choices: { Wait: '10' },
  dryRun: false,
};

/** One of each kind, whole. */
const EVERY_REQUEST: { readonly [K in Request['kind']]: Extract<Request, { readonly kind: K }> } = {
  run: { ...RUN, breakGlass: 'nobody answers' },
  undo: { ...RUN, kind: 'undo', undoes: 'run-1' },
  cancel: { kind: 'cancel', targetId: 'shop-db', runId: 'run-1' },
  approve: { kind: 'approve', targetId: 'shop-db', incidentId: 'inc-1', offerVersion: 3, runId: 'run-1' },
  reject: { kind: 'reject', targetId: 'shop-db', runId: 'run-1' },
  acknowledge: ASKED,
  silence: { kind: 'silence', targetId: 'shop-db', forSeconds: 60, why: 'a migration' },
  unsilence: { kind: 'unsilence', targetId: 'shop-db' },
  freeze: { kind: 'freeze', scope: { kind: 'person', id: 'U0A' }, forSeconds: null, why: 'a release' },
  unfreeze: { kind: 'unfreeze', scope: { kind: 'everything' } },
  details: {
    kind: 'details',
    targetId: null,
    of: { kind: 'named', runbookId: 'x', applicationId: 'y', hosts: null },
    viewId: 'V1',
  },
  tell: { kind: 'tell', what: { kind: 'timeline', incidentId: null } },
  unreadable: { kind: 'unreadable', problem: 'it is no button of ours' },
};

const UNREADABLE: readonly (readonly [string, RawItem])[] = [
  ['of a newer schema', { key: BAD_KEY, revision: 1, body: JSON.stringify({ ...bad, schema: 2 }) }],
  ['whose body is no JSON', { key: BAD_KEY, revision: 1, body: '{"schema":1,' }],
  ['whose body is an array', { key: BAD_KEY, revision: 1, body: '[]' }],
  ['whose body is null', { key: BAD_KEY, revision: 1, body: 'null' }],
  ['without a body', { key: BAD_KEY, revision: 1, body: null }],
  ['without a revision', { key: BAD_KEY, revision: null, body: JSON.stringify(bad) }],
  ['of wrong types', { key: BAD_KEY, revision: 1, body: JSON.stringify({ ...bad, incident: { id: 'inc-1' } }) }],
  ['that is oversized', { key: BAD_KEY, revision: 1, body: JSON.stringify({ ...bad, offerKey: 'x'.repeat(310_000) }) }],
  ['that says it is another', { key: BAD_KEY, revision: 1, body: JSON.stringify(troubled) }],
];

/** What cannot be read, or is not what its key says, is set aside and told; everything else goes on. */
export function setAsideContract(name: string, create: () => Promise<SpoiltStores>): void {
  describe(`${name} sets aside what it cannot believe`, () => {
    it.each(UNREADABLE)('gives the other open targets beside one %s, and names it', async (_, raw) => {
      const { stores, setAside, putRaw } = await create();
      await stores.targets.write('shop-db', troubled, null);
      await putRaw(raw, OPEN);
      const open = await stores.open.openTargets();
      expect(open.items).toEqual([{ value: troubled, revision: 1 }]);
      expect(open.setAside).toEqual([{ item: BAD_KEY, why: expect.stringContaining('target#bad-db') }]);
      expect(setAside).toEqual(open.setAside);
      // Whoever is asked for it by its deadline finds out by reading it.
      expect(await stores.open.dueIds('target', SAMPLE_NOW_MS)).toEqual(['shop-db', 'bad-db']);
    });

    it.each(UNREADABLE)('reads the others beside one %s, and tells of each try to read that one', async (_, raw) => {
      const { stores, setAside, putRaw } = await create();
      await stores.targets.write('shop-db', troubled, null);
      await putRaw(raw, OPEN);
      await expect(stores.targets.read('bad-db')).rejects.toMatchObject({ code: 'unreadableItem', retryable: false });
      expect(setAside).toEqual([{ item: BAD_KEY, why: expect.stringContaining('target#bad-db') }]);
      expect((await stores.targets.read('shop-db'))?.value).toEqual(troubled);
    });

    it('believes no item of the index that stands under the key of another kind', async () => {
      const { stores, setAside, putRaw } = await create();
      await stores.targets.write('shop-db', troubled, null);
      const silence = { untilMs: SAMPLE_NOW_MS + 7 * 86_400_000, byUserId: 'U0EVIL', why: 'quiet' };
      const body = JSON.stringify({ ...troubled, silence });
      await putRaw({ key: 'request#evil', revision: 9, body }, OPEN);
      expect((await stores.open.openTargets()).items).toEqual([{ value: troubled, revision: 1 }]);
      expect(await stores.open.dueIds('target', SAMPLE_NOW_MS)).toEqual(['shop-db']);
      expect(setAside.map(({ item }) => item)).toEqual(['request#evil', 'request#evil']);
    });

    it('names no id that only an attribute says', async () => {
      const { stores, putRaw } = await create();
      await stores.requests.write('req-1', aRequest(), null);
      await putRaw({ key: 'run#run-1', revision: 1, body: '{}' }, { open: 'request', dueAtMs: SAMPLE_NOW_MS });
      expect(await stores.open.dueIds('request', SAMPLE_NOW_MS + 60_000)).toEqual(['req-1']);
    });

    it.each([
      [
        'that brings its decision along',
        { decision: { kind: 'permitted', atMs: 1, runId: 'run-1', says: 'x', shows: null } },
      ],
      [
        'of an operator in the inbox of Slack',
        { by: { userId: 'U0A', teamId: '', kind: 'operator', awsUserId: 'AROA:bob' } },
      ],
      ['with a field that could change what is asked for', { request: { ...ASKED, hosts: ['i-1'] } }],
      ['for something that there is not', { request: { kind: 'become', userId: 'U0ROOT' } }],
      ['under the key of another', { id: 'req-2' }],
      ['whose id could be no run', { id: 'a b' }],
      ['of a time that no table can keep', { receivedAtMs: -1e308 }],
      ['that names half a character', { request: { ...ASKED, targetId: '\ud800' } }],
      ['of a time after all times', { receivedAtMs: 1e308 }],
    ])('believes no request in an inbox %s', async (_, change) => {
      const { stores, putRaw, setAside } = await create();
      const body = JSON.stringify({ ...aRequest({ request: ASKED, answerOwed: true }), ...change });
      await putRaw({ key: 'inbox#slack#req-1', revision: 1, body }, { waiting: 'inbox', dueAtMs: SAMPLE_NOW_MS });
      await expect(stores.inbox.read('slack#req-1')).rejects.toMatchObject({ code: 'unreadableItem' });
      expect(setAside).toMatchObject([{ item: 'inbox#slack#req-1' }]);
    });

    it('believes whoever asks from the command line only under the AWS identity that it names', async () => {
      const { stores, putRaw } = await create();
      const by = { userId: 'U0A', teamId: '', kind: 'operator', via: 'arn', awsUserId: 'AROA:bob' } as const;
      const asked = aRequest({ request: ASKED, by, answerOwed: true });
      const open = { waiting: 'inbox', dueAtMs: SAMPLE_NOW_MS } as const;
      for (const key of ['inbox#operator#AROA:alice#req-1', 'inbox#operator#AROA:bob#req-1']) {
        await putRaw({ key, revision: 1, body: JSON.stringify(asked) }, open);
      }
      await expect(stores.inbox.read('operator#AROA:alice#req-1')).rejects.toMatchObject({ code: 'unreadableItem' });
      expect((await stores.inbox.read('operator#AROA:bob#req-1'))?.value).toEqual(asked);
    });

    it.each(Object.entries(EVERY_REQUEST))(
      'reads whatever may be asked for out of an inbox: %s',
      async (_, request) => {
        const { stores } = await create();
        const asked = aRequest({ request, answerOwed: true });
        await stores.inbox.write('slack#req-1', asked, null);
        expect((await stores.inbox.read('slack#req-1'))?.value).toEqual(asked);
      },
    );

    it.each([
      ['is empty', new Uint8Array(0)],
      ['is shorter than its header', new Uint8Array(3)],
      ['is of another version', new Uint8Array(30).fill(9)],
      ['is longer than any', new Uint8Array(300_000).fill(1)],
    ])('gives the other samples beside a chunk that %s, and names it', async (_, data) => {
      const { stores, setAside, putRawChunk } = await create();
      const record = { kind: 'unreadable', atMs: SAMPLE_NOW_MS, cause: 'frozen' } as const;
      await stores.chunks.put(0, SAMPLE_NOW_MS, new Map([['shop-db', record]]));
      await putRawChunk(0, SAMPLE_NOW_MS + 1, ['shop-db'], data);
      expect((await stores.chunks.since(0, 0, SAMPLE_NOW_MS + 1)).get('shop-db')).toEqual([record]);
      expect(setAside).toEqual([{ item: `chunk#0/raw#${SAMPLE_NOW_MS + 1}`, why: expect.any(String) }]);
    });

    it('believes no sample of another time than its chunk', async () => {
      const { stores, setAside } = await create();
      const inAYear = { kind: 'unreadable', atMs: SAMPLE_NOW_MS + 365 * 86_400_000, cause: 'frozen' } as const;
      await stores.chunks.put(0, SAMPLE_NOW_MS, new Map([['shop-db', inAYear]]));
      expect(await stores.chunks.since(0, 0, SAMPLE_NOW_MS)).toEqual(new Map());
      expect(setAside).toHaveLength(1);
    });
  });
}
