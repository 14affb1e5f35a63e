import { describe, expect, it } from 'vitest';
import type { ConfigInput } from '../../functions/core/config/config.ts';
import { MINUTE_MS, Tale } from '../tools/gallery/tale.ts';

const GREEN = ['recovered', 'resolved', 'settling'];
const page = { topicArn: 'arn:aws:sns:eu-central-1:000000000000:pages' };

const said = (ending: string, changed: string, reason = 'the PM2 daemon (pid 4711) gave no list of its processes') =>
  JSON.stringify({ ending, reason, lines: [], changed });

/** A leak that is critical, under people who may run everything. */
async function leaking(change: Partial<ConfigInput> = {}): Promise<Tale> {
  const tale = new Tale({ reminder: { off: true }, page, ...change });
  await tale.minutes(20);
  const sinceMs = tale.clock.nowMs();
  tale.look = (atMs) => Math.min(46, 12 + ((atMs - sinceMs) / MINUTE_MS) * 3);
  await tale.until(({ severity }) => severity === 'critical');
  return tale;
}

/** Somebody restarts the workers; afterwards the database sees this. */
async function restart(tale: Tale, says: string, connected: number): Promise<void> {
  tale.says = says;
  await tale.run('restart-workers');
  tale.look = () => connected;
  for (let steps = 0; steps < 12 && tale.card().face === 'running'; steps += 1) await tale.pass(5000);
}

const everything = (tale: Tale) => JSON.stringify([tale.card(), tale.thread()]);

describe('connections that are gone with the application', () => {
  it('are no recovery: the daemon was killed in the middle of a run', async () => {
    const tale = await leaking();
    tale.app = { up: 0, down: 2 };
    await restart(tale, said('failed', 'maybe'), 0);
    const pages = tale.pages.length;
    await tale.minutes(20);
    expect(tale.faces().filter((face) => GREEN.includes(face))).toEqual([]);
    expect(tale.card()).toMatchObject({
      face: 'down',
      severity: 'critical',
      title: 'orders-db: connections are gone, and so are the workers',
    });
    expect((await tale.target()).run?.outcome).toMatchObject({ kind: 'applicationDown', up: 0, down: 2 });
    expect(everything(tale)).not.toMatch(/: it helped|✅/);
    expect(tale.pages.slice(pages)).toEqual(['Runbell: orders-db: connections are gone, and so are the workers']);
    expect(tale.board.messages[0]?.loud.at(-1)).toMatch(/application is down/);
  });

  it('are none after a run that ended well either: what crashed later is looked at before anything is green', async () => {
    const tale = await leaking();
    tale.app = { up: 0, down: 2 };
    await restart(tale, said('done', 'yes', ''), 0);
    await tale.minutes(12);
    expect(tale.faces().filter((face) => GREEN.includes(face))).toEqual([]);
    expect(tale.card().face).toBe('down');
  });

  it('end no incident while the run is still at work, however long that takes', async () => {
    const tale = await leaking();
    tale.takesMs = 4.4 * MINUTE_MS;
    tale.says = said('failed', 'maybe');
    await tale.run('restart-workers');
    tale.look = () => 0;
    await tale.minutes(4);
    expect(tale.card()).toMatchObject({ face: 'running', resolvedAtMs: null });
    expect(everything(tale)).not.toMatch(/Resolved/);
    [tale.app, tale.takesMs] = [{ up: 0, down: 2 }, 7000];
    await tale.until(({ face }) => face === 'down');
    expect(tale.faces().filter((face) => GREEN.includes(face))).toEqual([]);
  });

  it('are none without any run', async () => {
    const tale = await leaking();
    tale.app = { up: 0, down: 2 };
    tale.look = () => 0;
    await tale.minutes(20);
    expect(tale.faces().filter((face) => GREEN.includes(face))).toEqual([]);
    expect(tale.card().face).toBe('down');
  });

  it('are over once the application is back, and what the run did stays what it did', async () => {
    const tale = await leaking();
    tale.app = { up: 0, down: 2 };
    await restart(tale, said('failed', 'maybe'), 0);
    await tale.minutes(12);
    expect(tale.card().face).toBe('down');
    tale.app = { up: 2, down: 0 };
    tale.look = () => 8;
    await tale.until(({ face }) => face === 'resolved');
    expect((await tale.target()).run?.outcome?.kind).toBe('applicationDown');
    expect(everything(tale)).not.toMatch(/: it helped/);
  });

  it('are a recovery where a look finds the application running without them', async () => {
    const tale = await leaking();
    tale.app = { up: 3, down: 0 };
    await restart(tale, said('done', 'yes', ''), 0);
    await tale.until(({ face }) => face === 'recovered');
    expect(tale.looks()).not.toEqual([]);
    await tale.until(({ face, resolvedAtMs }) => face === 'recovered' && resolvedAtMs !== null);
  });
});

describe('after a run that ended badly', () => {
  it('nothing is green before its processes were looked at, and the card says what is known and what is not', async () => {
    const tale = await leaking();
    tale.app = null;
    await restart(tale, said('failed', 'maybe'), 8);
    await tale.minutes(2);
    expect(tale.faces().filter((face) => GREEN.includes(face))).toEqual([]);
    expect(tale.card()).toMatchObject({ face: 'verifying' });
    expect(tale.card().facts.join('\n')).toMatch(/not known.*whether shop still runs/i);
    tale.app = { up: 3, down: 0 };
    await tale.until(({ resolvedAtMs }) => resolvedAtMs !== null);
    // Nobody knows what it had done before it failed.
    expect((await tale.target()).run?.outcome?.kind).toBe('inconclusive');
    expect(everything(tale)).not.toMatch(/: it helped/);
  });

  it('one host failed, the other is done: it may have helped once all that was to run does run', async () => {
    const tale = await leaking();
    tale.app = { up: 3, down: 0 };
    tale.saysOn = (hostId) => (hostId.endsWith('1') ? said('done', 'yes', '') : said('failed', 'maybe'));
    await restart(tale, '', 8);
    await tale.until(({ face }) => face === 'recovered');
    expect(tale.looks()).toHaveLength(2);
    expect(tale.card().run?.headline).toMatch(/failed on i-0aaaaaaaaaaaaaaa2.*it helped/);
  });

  it('with only some of its processes down it is not recovered', async () => {
    const tale = await leaking();
    tale.app = { up: 1, down: 1 };
    await restart(tale, said('failed', 'maybe'), 8);
    await tale.minutes(20);
    expect(tale.faces().filter((face) => GREEN.includes(face))).toEqual([]);
    expect(tale.card()).toMatchObject({ face: 'down', title: 'orders-db: 1 of 2 parts of shop is down' });
  });

  it('looks no more than a few times where no host answers, and then says so', async () => {
    const tale = await leaking();
    tale.app = null;
    await restart(tale, said('failed', 'maybe'), 8);
    await tale.minutes(25);
    // Three of them give up, and the sampler's word has to do.
    expect(tale.looks()).toHaveLength(3);
    expect(tale.thread().filter((text) => text.includes('looked at'))).toHaveLength(1);
    expect((await tale.target()).run?.outcome).toMatchObject({ kind: 'inconclusive' });
    // The application's connections are there, and the database is healthy.
    expect(tale.card().face).toBe('resolved');
  });
});

describe('a run that changed nothing', () => {
  it.each([
    [
      'was refused',
      said('refused', 'no', 'several PM2 daemons run; nothing was changed'),
      /refused, nothing was changed/,
    ],
    ['failed before it began', said('failed', 'no', 'PM2 has no process of that name'), /failed, nothing was changed/],
    ['had nothing to do', said('nothingToDo', 'no', 'all processes are stopped'), /nothing to do/],
  ])('has no outcome: it %s', async (_, says, words) => {
    const tale = await leaking();
    await restart(tale, says, 8);
    await tale.until(({ resolvedAtMs }) => resolvedAtMs !== null);
    const { run, tried, past } = await tale.target();
    expect([run?.phase, run?.outcome, tried]).toEqual(['judged', null, []]);
    expect(tale.card()).toMatchObject({ face: 'resolved' });
    expect(tale.card().run?.headline).toMatch(words);
    expect(everything(tale)).not.toMatch(/: it helped|no effect|not help/i);
    // It neither helped nor failed to, and the trouble ended by itself.
    expect(past?.at(-1)?.runs).toEqual([]);
  });
});
