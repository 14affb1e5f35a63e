import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { HostileHost, Mode } from '../../runbooks/hostile/host.ts';
import { problemsOf } from '../../runbooks/hostile/judge.ts';
import { MANIFESTS, onHostile } from '../../runbooks/hostile/on-hostile.ts';
import { PAYLOADS, type Payload } from '../../runbooks/hostile/payloads.ts';

/** A run whose host says nothing ends before this. */
const SHORT_SECONDS = 40;
const EACH = MANIFESTS.flatMap(({ id, kinds }) => kinds.map((kind) => [id, kind] as const));
const MODES: readonly Mode[] = ['huge', 'endless', 'silent', 'cut', 'holder'];
const TOLD_AS = [
  'sleepers',
  'again',
  'connected',
  'count',
  'sessions',
  'limits',
  'used',
  'origin',
  'statements',
] as const;
/** Enough to put each text of the largest payload into each column of the widest row. */
const PLACES_MAX = 48;

const titleOf = (host: HostileHost) => `PM2 v6.0.8: God Daemon (${host.pm2Home})`;
const texts = (payload: Payload) => payload.texts('true').length;

describe.runIf(process.getuid?.() === 0).concurrent('every runbook on a host whose user is an attacker', () => {
  it.each(EACH.flatMap(([id, kind]) => PAYLOADS.map((payload) => [id, kind, payload.name, payload] as const)))(
    '%s of a %s application takes nothing of his programs for its own: %s',
    (id, kind, _, payload) =>
      onHostile(id, { kind, payload, mode: 'text', liars: 'all' }, async (host) => {
        expect(problemsOf(host, await host.run(id))).toEqual([]);
      }),
  );

  it.each(EACH.flatMap(([id, kind]) => MODES.map((mode) => [id, kind, mode] as const)))(
    '%s of a %s application ends in time and keeps little, though his programs are %s',
    (id, kind, mode) =>
      onHostile(id, { kind, mode, liars: 'all' }, async (host) => {
        expect(problemsOf(host, await host.run(id, SHORT_SECONDS))).toEqual([]);
      }),
  );

  it.each(['restart-workers', 'diagnose'])('%s ends in time with thousands of folders to look for PM2 in', (id) =>
    onHostile(id, {}, async (host) => {
      for (const child of host.daemons) child.kill('SIGKILL');
      rmSync(join(host.attacker, 'bin', 'pm2'));
      const idle = 'while :; do /bin/sleep 60; done';
      await host.process('node', titleOf(host), idle, { PATH: '/a:'.repeat(30_000) });
      expect(problemsOf(host, await host.run(id))).toEqual([]);
    }),
  );

  it.each(['restart-workers', 'diagnose'])('%s ends in time with many who call themselves the PM2 daemon', (id) =>
    onHostile(id, {}, async (host) => {
      const { uid, gid } = host.owner;
      const env = { PM2_HOME: host.pm2Home, pm_id: '3' };
      const options = { argv0: titleOf(host), uid, gid, stdio: 'ignore', env } as const;
      const children = Array.from({ length: 300 }, () => spawn('/bin/sleep', ['600'], options));
      const ran = await host.run(id);
      for (const child of children) child.kill('SIGKILL');
      expect(problemsOf(host, ran)).toEqual([]);
    }),
  );

  it.each(['own', 'list', 'boot', 'file', 'health', 'fpm'])(
    'a worker is restarted, or not, whatever one of them alone says: %s',
    async (liars) => {
      for (const payload of PAYLOADS) {
        await onHostile('restart-workers', { payload, mode: 'first', liars }, async (host) => {
          expect(problemsOf(host, await host.run('restart-workers'))).toEqual([]);
        });
      }
    },
  );

  it.each(TOLD_AS.flatMap((question) => PAYLOADS.map((payload) => [question, payload.name, payload] as const)))(
    'what a database says of %s is read as data in every column: %s',
    async (question, _, payload) => {
      const ids = ['end-idle-connections', 'diagnose'];
      for (let nth = 0; nth < Math.min(PLACES_MAX, texts(payload) * (question === 'limits' ? 4 : 1)); nth += 1) {
        const id = ids[nth % 2] ?? '';
        await onHostile(id, { payload, nth, mode: 'text', liars: `rows-${question}` }, async (host) => {
          expect(problemsOf(host, await host.run(id)), `text ${nth} to ${id}`).toEqual([]);
        });
      }
    },
  );
});
