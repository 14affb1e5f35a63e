import { describe, expect, it } from 'vitest';
import type { Sample } from '../../functions/core/model/sample.ts';
import { StoreError } from '../../functions/core/store/store-error.ts';
import { watchNow } from '../../functions/flows/watch.ts';
import { configInput, MINUTE_MS, NIGHT_MS } from '../support/builders.ts';
import { aReading, type Look, watchStage } from './support/watch-stage.ts';

type Stage = ReturnType<typeof watchStage>;
const [base] = configInput().targets;

/** Two databases; `look` says what they are like. */
const fleet = (look: Look) =>
  watchStage(
    { targets: [base, { ...base, id: 'billing-db' }].flatMap((one) => one ?? []) as never, applications: [] },
    look,
  );

/** Every minute from one to before another, with close looks in between. */
async function ticks(stage: Stage, from: number, to: number, closely = false) {
  const reports = [];
  for (let minute = from; minute < to; minute += 1) {
    stage.goTo(NIGHT_MS + minute * MINUTE_MS);
    reports.push(await stage.tick(closely));
  }
  return reports;
}

/** Puts the table, or some calls of it, out of reach. Answers with how often it was called, and how to bring it back. */
function cut(stage: Stage, calls: readonly string[] | 'all', error: Error) {
  const ports: Readonly<Record<string, object>> = {
    open: stage.stores.open,
    targets: stage.stores.targets,
    chunks: stage.stores.chunks,
  };
  const names = [
    'open.openTargets',
    'targets.read',
    'targets.write',
    'chunks.put',
    'chunks.since',
    'chunks.putRollUp',
    'chunks.rollUpsSince',
  ];
  const asked: string[] = [];
  const cutOff = names.filter((name) => calls === 'all' || calls.includes(name));
  for (const name of cutOff) {
    const [port = '', method = ''] = name.split('.');
    Object.assign(ports[port] ?? {}, {
      [method]: async () => {
        asked.push(name);
        throw error;
      },
    });
  }
  const back = () => {
    for (const name of cutOff) {
      const [port = '', method = ''] = name.split('.');
      Reflect.deleteProperty(ports[port] ?? {}, method);
    }
  };
  return { asked, back };
}

const TROUBLES: readonly (readonly [string, Error])[] = [
  ['gives no answer', new StoreError('unavailable', 'DynamoDB gave no clear answer (TimeoutError)')],
  ['is throttling', new StoreError('unavailable', 'DynamoDB is throttling (ThrottlingException)')],
  ['denies access', new StoreError('refused', 'DynamoDB refused the call (AccessDeniedException)')],
];
const [[, away]] = TROUBLES as [readonly [string, Error]];

const untold = (stage: Stage) => stage.logged.filter(({ event }) => event === 'untold').map(({ fields }) => fields);
/** Calm for an hour, and then a leak that fills the pool within minutes. */
const leaking: Look = (id, atMs) => {
  const minutes = Math.max(0, (atMs - NIGHT_MS) / MINUTE_MS - 60);
  return aReading(atMs, id === 'billing-db' ? 20 : Math.min(98, 20 + Math.floor(minutes * 12)));
};

describe.each(TROUBLES)('a table that %s', (_, error) => {
  it('keeps nobody from sampling, is asked once in each tick, and critical trouble is heard', async () => {
    const stage = fleet(leaking);
    await ticks(stage, 0, 60);
    const { asked } = cut(stage, 'all', error);
    const before = stage.taken.length;
    const reports = await ticks(stage, 60, 70);
    expect(stage.taken.length - before).toBe(20);
    expect(asked).toHaveLength(10);
    expect(reports.every((report) => report.kind === 'watched' && report.outOfReach === error.message)).toBe(true);
    expect(untold(stage)).toHaveLength(10);
    expect(untold(stage)[0]).toMatchObject({
      why: error.message,
      samples: 2,
      unknown: 0,
      critical: 0,
      unheard: 0,
      targets: {},
    });
    expect(untold(stage).at(-1)).toMatchObject({
      critical: 1,
      targets: { 'orders-db': expect.stringMatching(/^critical: .*level/) },
    });
    // That the table is away is heard after a minute, whatever the databases do.
    expect(untold(stage)[1]).toMatchObject({ critical: 0, unheard: 2 });
    // From 90 of 100 on, with one sample behind it.
    const heardAt = untold(stage).findIndex(({ critical }) => critical === 1);
    expect(heardAt).toBeLessThanOrEqual(7);
  });

  it('is told what happened meanwhile as soon as it answers again', async () => {
    const stage = fleet(leaking);
    await ticks(stage, 0, 60);
    const { back } = cut(stage, 'all', error);
    await ticks(stage, 60, 70);
    back();
    expect((await ticks(stage, 70, 71))[0]).toMatchObject({ kind: 'watched', outOfReach: null });
    expect((await stage.state())?.incident).toMatchObject({ severity: 'critical', resolvedAtMs: null });
    expect(untold(stage)).toHaveLength(10);
    // Another time begins anew.
    cut(stage, 'all', error);
    await ticks(stage, 71, 72);
    expect(untold(stage).at(-1)).toMatchObject({ critical: 1, unheard: 1 });
  });
});

describe('a cold container without the table', () => {
  it('says that it knows nothing, and samples all the same', async () => {
    const stage = fleet((_id, atMs) => aReading(atMs, 85));
    cut(stage, 'all', away);
    const reports = await ticks(stage, 0, 1);
    expect(reports).toMatchObject([{ kind: 'watched', targets: 2, outOfReach: away.message }]);
    expect(untold(stage)).toMatchObject([{ samples: 2, unknown: 2, critical: 0, unheard: 2 }]);
  });

  it('tells of a server that is full by its first sample', async () => {
    const full: Look = (_id, atMs): Sample => ({ kind: 'full', atMs, detail: null });
    const stage = fleet(full);
    cut(stage, 'all', away);
    await ticks(stage, 0, 1);
    expect(untold(stage)).toMatchObject([{ critical: 2, targets: { 'billing-db': 'critical: full' } }]);
  });

  it('judges by what it has seen itself meanwhile, and by all that is stored once it can', async () => {
    const stage = fleet((_id, atMs) => aReading(atMs, 95));
    await ticks(stage, 0, 3);
    stage.cold();
    const { back } = cut(stage, 'all', away);
    await ticks(stage, 3, 8);
    expect(untold(stage).at(-1)).toMatchObject({ critical: 2 });
    back();
    await ticks(stage, 8, 9);
    expect((await stage.state())?.incident).toMatchObject({ severity: 'critical' });
  });
});

describe('a table of which a part is out of reach', () => {
  it.each(['open.openTargets', 'chunks.since', 'chunks.put', 'targets.write'])(
    '%s: samples are taken and critical trouble is heard',
    async (call) => {
      const stage = fleet(leaking);
      await ticks(stage, 0, 60);
      cut(stage, [call], away);
      const reports = await ticks(stage, 60, 70);
      expect(reports.at(-1)).toMatchObject({ kind: 'watched', targets: 2, outOfReach: away.message });
      expect(untold(stage).at(-1)).toMatchObject({ critical: 1 });
    },
  );

  it('goes on with close looks from memory', async () => {
    const stage = fleet((id, atMs) => aReading(atMs, id === 'orders-db' && atMs >= NIGHT_MS + 5 * MINUTE_MS ? 78 : 30));
    await ticks(stage, 0, 5);
    const { asked } = cut(stage, 'all', away);
    expect(await ticks(stage, 5, 6, true)).toMatchObject([{ closeLooks: 3, outOfReach: away.message }]);
    expect(asked).toHaveLength(1);
  });

  it('looks after a run as far as it can', async () => {
    const stage = fleet((_id, atMs) => aReading(atMs, 96));
    await ticks(stage, 0, 3);
    cut(stage, 'all', away);
    const report = await watchNow(stage.deps, ['orders-db'], { askedAtMs: stage.nowMs(), forMs: 20_000 });
    expect(report).toMatchObject({ kind: 'watched', closeLooks: 1, outOfReach: away.message });
    expect(untold(stage).at(-1)).toMatchObject({ critical: 1 });
  });
});

describe('a target whose item cannot be read', () => {
  it.each([
    ['open', { open: 'target', dueAtMs: 1 } as const],
    ['not open', {}],
  ])('is sampled and heard when it is critical, and takes no other with it: %s', async (_, markers) => {
    const stage = fleet((id, atMs) =>
      aReading(atMs, atMs < NIGHT_MS + 10 * MINUTE_MS ? 20 : id === 'orders-db' ? 95 : 96),
    );
    await stage.stores.putRaw({ key: 'target#orders-db', revision: 1, body: '{"schema":2}' }, markers);
    const reports = await ticks(stage, 0, 16);
    expect(reports.every((report) => report.kind === 'watched' && report.outOfReach === null)).toBe(true);
    expect((await stage.state('billing-db'))?.incident).toMatchObject({ severity: 'critical' });
    expect(untold(stage).at(-1)).toMatchObject({
      samples: 1,
      critical: 1,
      targets: { 'orders-db': 'critical: level' },
    });
    await expect(stage.state()).rejects.toMatchObject({ code: 'unreadableItem' });
  });

  it('whatever its state does to the code that goes on with it', async () => {
    const stage = fleet((_id, atMs) => aReading(atMs, 95));
    const write = stage.stores.targets.write.bind(stage.stores.targets);
    stage.stores.targets.write = async (id, value, expected) => {
      if (id === 'orders-db') throw new TypeError('value.x is not a function');
      return write(id, value, expected);
    };
    await ticks(stage, 0, 4);
    expect((await stage.state('billing-db'))?.incident).toMatchObject({ severity: 'critical' });
    expect(stage.logged).toContainEqual({
      event: 'setAside',
      fields: { item: 'target#orders-db', why: 'value.x is not a function' },
    });
  });
});

describe('a table that is there', () => {
  it('is told everything, and the log says nothing of the kind', async () => {
    const stage = fleet(leaking);
    await ticks(stage, 0, 70);
    expect(untold(stage)).toEqual([]);
    expect((await stage.state())?.incident?.severity).toBe('critical');
  });
});
