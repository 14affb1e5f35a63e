import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { HolderGroup, Holders, Reading } from '../../functions/core/model/sample.ts';
import { noticeOf } from '../../functions/core/notify/notice-of.ts';
import type { CatalogueEntry } from '../../functions/core/runbook/manifest.ts';
import { manifestSchema } from '../../functions/core/runbook/manifest.ts';
import { MINUTE_MS, NIGHT_MS } from '../support/builders.ts';
import { aReading, NO_HOLDERS, watchStage } from './support/watch-stage.ts';

/** What we ship, so that a test says which button a person really sees first. */
const CATALOGUE: readonly CatalogueEntry[] = readdirSync('runbooks', { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'lib')
  .map(({ name }) => {
    const manifest = manifestSchema.parse(JSON.parse(readFileSync(`runbooks/${name}/runbook.json`, 'utf8')));
    return { manifest, document: { name: `runbell-${name}-00000000`, sha256: '0'.repeat(64) } };
  });

function group(user: string, connections: number, sleeping: number, change: Partial<HolderGroup> = {}): HolderGroup {
  const ages = [sleeping, sleeping, 0, 0] as const;
  return { user, host: '10.0.0.2', database: 'shop', connections, sleeping, ages, longestIdleSeconds: 600, ...change };
}

interface At {
  readonly connected: number;
  readonly reading?: Partial<Reading>;
  readonly holders?: Partial<Holders>;
}

/** Calm hours, then what `at` says of each minute: the card as it is in the end. */
async function cardOf(at: (minute: number) => At, minutes = 30, calmMinutes = 120) {
  const stage = watchStage({}, (_target, atMs) => {
    const minute = Math.round((atMs - NIGHT_MS) / MINUTE_MS) - calmMinutes;
    const groups = [group('web', 30, 5), group('jobs', 10, 5)];
    const { connected, reading, holders }: At = minute < 0 ? { connected: 40 + (minute % 3) } : at(minute);
    return aReading(atMs, connected, { ...reading, holders: { ...NO_HOLDERS, groups, ...holders } });
  });
  const kindsSeen: string[] = [];
  for (let minute = 0; minute < calmMinutes + minutes; minute += 1) {
    stage.goTo(NIGHT_MS + minute * MINUTE_MS);
    await stage.tick();
    kindsSeen.push(((await stage.state())?.incident?.causes ?? []).map(({ kind }) => kind).join());
  }
  const state = await stage.state();
  const settings = { ...stage.deps.settings, catalogue: CATALOGUE };
  const notice = state === null ? null : noticeOf(state, settings);
  return {
    stage,
    state,
    kindsSeen,
    title: notice?.title ?? '',
    facts: notice?.facts.join('\n') ?? '',
    grew: (notice?.holders ?? []).flatMap(({ user, grew }) => (grew === undefined ? [] : [`${user} ${grew}`])).join(),
    kinds: (state?.incident?.causes ?? []).map(({ kind }) => kind),
    fitting: (notice?.offers ?? []).flatMap((offer) =>
      offer.kind === 'runnable' && offer.fitsCause ? [offer.request.runbookId] : [],
    ),
  };
}

describe('a card says what stands behind the trouble', () => {
  it('names a leak, since when it grows and who it is, and offers what cures it', async () => {
    const leaked = (minute: number, after = 0) => Math.max(0, Math.floor((minute - after) * 0.5));
    const card = await cardOf(
      (minute) => ({
        connected: 40 + leaked(minute),
        holders: {
          ages: [leaked(minute, 1), leaked(minute, 5), leaked(minute, 15), leaked(minute, 60)],
          groups: [group('web', 30, 5), group('jobs', 10 + leaked(minute), 5 + leaked(minute))],
        },
      }),
      75,
    );
    expect(card.kinds).toEqual(['leak']);
    expect(card.title).toBe('orders-db leaks connections');
    expect(card.facts).toMatch(/It began to grow ⟦time:/);
    expect(card.grew).toMatch(/jobs grew by \d+, 100 % of the growth/);
    // Over the whole growth, not only since the last look.
    expect(card.state?.incident?.culprit?.grewBy).toBeGreaterThan(15);
    expect(card.facts).toContain('the load did not grow');
    expect(card.fitting[0]).toBe('restart-workers');
  });

  it('says that ending idle connections will not help where a queue waits for a lock, and looks first', async () => {
    const card = await cardOf(() => ({
      connected: 92,
      reading: { running: 60 },
      holders: { waitingForMetadataLock: 50 },
    }));
    expect(card.kinds[0]).toBe('pileUp');
    expect(card.title).toBe('orders-db: statements pile up');
    expect(card.facts).toContain('50 statements wait for a metadata lock');
    expect(card.facts).toContain('ending idle connections will not help');
    expect(card.fitting[0]).toBe('diagnose');
    expect(card.fitting).not.toContain('end-idle-connections');
  });

  it('tells a queue behind one long statement from a leak', async () => {
    const card = await cardOf(() => ({ connected: 92, reading: { running: 60 }, holders: { longStatements: 2 } }));
    expect(card.facts).toContain('at least one has for more than a minute');
    expect(card.fitting).not.toContain('end-idle-connections');
  });

  it.each<[string, string, string, At]>([
    ['honest load', 'honestLoad', 'fewer requests or more room help', { connected: 85, reading: { running: 40 } }],
    [
      'churn',
      'churn',
      'connections a second are made and thrown away',
      { connected: 85, reading: { attempts: 3000 }, holders: { ages: [2, 0, 0, 0] } },
    ],
    [
      'half-open logins',
      'halfOpenLogins',
      '30 logins are half open',
      { connected: 85, holders: { unauthenticated: 30 } },
    ],
    [
      'a lowered limit',
      'loweredLimit',
      'max_connections was lowered from 100 to 45',
      { connected: 40, reading: { connectionsMax: 45 } },
    ],
  ])('names %s, and offers a look before anything that restarts', async (_what, kind, sentence, at) => {
    const card = await cardOf(() => at);
    expect(card.kinds).toContain(kind);
    expect(card.facts).toContain(sentence);
    expect(card.fitting[0]).toBe('diagnose');
    expect(card.fitting).not.toContain('restart-workers');
  });

  it('calls pools that are too large advice, and raises no alarm for them', async () => {
    const card = await cardOf(() => ({ connected: 60, holders: { ages: [50, 50, 50, 50] } }), 200);
    expect(card.state?.incident ?? null).toBeNull();
    const advice = card.stage.logged.filter(({ event }) => event === 'advice');
    expect(advice.map(({ fields }) => fields['causes'])).toEqual([[{ kind: 'oversizedPool', asleep: 50 }]]);
  });

  it('says where a leak levels off instead of raising an alarm', async () => {
    const leaked = (minute: number, after = 0) => Math.max(0, Math.floor((minute - after) * 0.45));
    const card = await cardOf(
      (minute) => ({
        connected: 40 + leaked(minute) + (minute % 3),
        reading: { connectionsMax: 200, waitTimeoutSeconds: 7200 },
        holders: { ages: [leaked(minute, 1), leaked(minute, 5), leaked(minute, 15), leaked(minute, 60)] },
      }),
      118,
      12 * 60,
    );
    expect(card.state?.incident ?? null).toBeNull();
    const advice = card.stage.logged.filter(({ event }) => event === 'advice');
    expect(advice.map(({ fields }) => fields['causes'])).toMatchObject([
      [{ kind: 'levelling', atConnections: expect.closeTo(94, -1.3) }],
    ]);
  });

  it('keeps its causes through a look that saw fewer waiting, so that no button goes stale for it', async () => {
    const card = await cardOf((minute) => ({
      connected: 92,
      reading: { running: 60 },
      holders: { waitingForMetadataLock: minute % 4 === 3 ? 0 : 50 },
    }));
    expect(card.kinds).toEqual(['pileUp']);
    expect(new Set(card.kindsSeen.slice(-20))).toEqual(new Set(['pileUp']));
  });
});
