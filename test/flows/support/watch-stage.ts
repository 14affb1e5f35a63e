import type { ConfigInput } from '../../../functions/core/config/config.ts';
import type { Holders, Reading, Sample } from '../../../functions/core/model/sample.ts';
import type { TargetState } from '../../../functions/core/model/target.ts';
import type { SampleSource } from '../../../functions/core/ports.ts';
import { type WatchDeps, watchTick } from '../../../functions/flows/watch.ts';
import { createMemoryStores } from '../../fakes/memory-store.ts';
import { NIGHT_MS, settings } from '../../support/builders.ts';

export const NO_HOLDERS: Holders = {
  groups: [],
  ages: [0, 0, 0, 0],
  sight: 'whole',
  unauthenticated: 0,
  waitingForMetadataLock: 0,
  longStatements: 0,
};

export function aReading(atMs: number, connected: number, change: Partial<Reading> = {}): Reading {
  const uptimeSeconds = 1_000_000 + Math.floor((atMs - NIGHT_MS) / 1000);
  return {
    kind: 'reading',
    atMs,
    connected,
    running: 1,
    connectionsMax: 100,
    refused: null,
    attempts: null,
    uptimeSeconds,
    waitTimeoutSeconds: 28_800,
    holders: NO_HOLDERS,
    counters: { connections: 0, abortedConnects: 0, refusedByLimit: 0, uptimeSeconds },
    ...change,
  };
}

export type Look = (targetId: string, atMs: number, want: 'counts' | 'holders') => Sample;

/** The watch function over stores in memory; sleeping moves the time. */
export function watchStage(change: Partial<ConfigInput>, look: Look, startMs = NIGHT_MS) {
  const stores = createMemoryStores();
  const taken: { readonly targetId: string; readonly atMs: number; readonly want: 'counts' | 'holders' }[] = [];
  const logged: { readonly event: string; readonly fields: Readonly<Record<string, unknown>> }[] = [];
  let nowMs = startMs;
  let ids = 0;
  const samples: SampleSource = {
    take: async ({ id }, want) => {
      taken.push({ targetId: id, atMs: nowMs, want });
      return look(id, nowMs, want);
    },
    detail: async () => null,
  };
  const using = settings(change);
  const deps: WatchDeps = {
    settings: using,
    stores,
    chunks: stores.chunks,
    samples,
    memory: new Map(),
    clock: {
      nowMs: () => nowMs,
      sleep: async (ms) => {
        nowMs += ms;
      },
    },
    ids: {
      newId: (prefix) => {
        ids += 1;
        return `${prefix}-${String(ids).padStart(10, '0')}`;
      },
    },
    log: {
      info: (event, fields) => logged.push({ event, fields }),
      error: (event, fields) => logged.push({ event, fields }),
    },
  };
  const everyMs = using.config.sampling.everySeconds * 1000;
  return {
    deps,
    stores,
    taken,
    logged,
    nowMs: () => nowMs,
    goTo: (atMs: number) => {
      nowMs = atMs;
    },
    /** Another container: it knows only what is stored. */
    cold: () => deps.memory.clear(),
    /** A tick that is due now; with `closely`, suspects are looked at until the next one. */
    tick: (closely = false) => watchTick(deps, { shard: 0, tickMs: nowMs, untilMs: closely ? nowMs + everyMs : nowMs }),
    state: async (id = 'orders-db'): Promise<TargetState | null> => (await stores.targets.read(id))?.value ?? null,
  };
}
