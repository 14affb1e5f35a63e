import { expect, it } from 'vitest';
import type { Reading, Sample } from '../../functions/core/model/sample.ts';
import { watchTick } from '../../functions/flows/watch.ts';
import { MINUTE_MS, NIGHT_MS, settings } from '../support/builders.ts';
import { flowStage } from './support/flow-stage.ts';

function reading(atMs: number, connected: number): Reading {
  const holders = { groups: [], ages: [0, 0, 0, 0], sight: 'whole', unauthenticated: 0 } as const;
  return {
    kind: 'reading',
    atMs,
    connected,
    running: 1,
    connectionsMax: 100,
    refused: 0,
    attempts: 1,
    uptimeSeconds: 100_000,
    waitTimeoutSeconds: 28_800,
    holders: { ...holders, waitingForMetadataLock: 0, longStatements: 0 },
    counters: { connections: 0, abortedConnects: 0, refusedByLimit: 0, uptimeSeconds: 100_000 },
  };
}

it('an hour of oscillation round a bound gives one card and one recovery (promise 1, D.21)', async () => {
  const stage = flowStage(settings());
  const memory = new Map();
  const take = async (): Promise<Sample> => {
    const nowMs = stage.clock.nowMs();
    const minute = Math.floor((nowMs - NIGHT_MS) / MINUTE_MS);
    const round = Math.floor(nowMs / 7000) % 2 === 0 ? 86 : 76;
    return reading(nowMs, minute < 5 || minute >= 65 ? 20 : round);
  };
  const faces: string[] = [];
  for (let minute = 0; minute < 90; minute += 1) {
    const tickMs = NIGHT_MS + minute * MINUTE_MS;
    if (stage.clock.nowMs() < tickMs) await stage.clock.sleep(tickMs - stage.clock.nowMs());
    const deps = { ...stage.deps, chunks: stage.stores.chunks, samples: { take, detail: async () => null }, memory };
    await watchTick(deps, { shard: 0, tickMs, untilMs: tickMs + MINUTE_MS });
    await stage.sweep();
    await stage.notify();
    const shown = stage.board.messages.at(-1)?.notices.at(-1);
    if (shown?.kind === 'incident' && shown.face !== faces.at(-1)) faces.push(shown.face);
  }
  expect(stage.board.messages).toHaveLength(1);
  expect(stage.board.messages[0]?.replies.filter((text) => text.startsWith('Resolved'))).toHaveLength(1);
  expect(stage.board.messages[0]?.replies.filter((text) => /is back/.test(text))).toEqual([]);
  expect(faces.at(-1)).toBe('resolved');
});
