import { afterAll } from 'vitest';
import { loadCatalogue } from '../../../lib/runbook-catalogue.ts';
import { RUNBOOKS } from '../support/deliver.ts';
import { HostileHost, type HostileWanted } from './host.ts';

export const MANIFESTS = loadCatalogue('runbell', RUNBOOKS).map(({ manifest }) => manifest);

/** A test that ran out of time never comes to its own end, and its processes must go all the same. */
const hosts = new Set<HostileHost>();
afterAll(() => Promise.all([...hosts].map((host) => host.close())));

/** Brings a host up, keeps a first version of the configuration where the runbook needs one, and lets it lie from then on. */
export async function onHostile(
  id: string,
  wanted: Partial<HostileWanted>,
  test: (host: HostileHost) => Promise<void>,
): Promise<void> {
  const manifest = MANIFESTS.find((one) => one.id === id);
  const kind = wanted.kind ?? (manifest?.kinds.includes('laravel') === true ? 'laravel' : 'node');
  const host = await HostileHost.up({ ...wanted, kind, mode: 'honest' });
  hosts.add(host);
  try {
    if (manifest?.needs === 'snapshot') {
      await host.run('snapshot-config');
      host.put('home/app/settings.json', '{"pool": 6}\n');
    }
    host.behave(wanted.mode ?? 'honest', wanted.liars ?? 'all');
    await test(host);
  } finally {
    await host.close();
    hosts.delete(host);
  }
}
