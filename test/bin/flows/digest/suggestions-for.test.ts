import { expect, it } from 'vitest';
import { digestOf } from '../../../../bin/flows/digest/digest-of.ts';
import { suggestionsFor } from '../../../../bin/flows/digest/suggestions-for.ts';
import type { TimelineEntry } from '../../../../functions/core/model/timeline.ts';
import { MemoryChunks } from '../../../fakes/memory-chunks.ts';
import { MINUTE_MS, NIGHT_MS, reading, settings } from '../../../support/builders.ts';

const { config } = settings();
const UNTIL_MS = NIGHT_MS + 6 * 3_600_000;

/** One warning that ended by itself, as the timelines tell it. */
function digest(targetId: string) {
  const entry = (seq: number, what: 'opened' | 'resolved', text: string): TimelineEntry => ({
    id: `${what}:${seq}`,
    atMs: NIGHT_MS + (60 + seq * 60) * MINUTE_MS,
    what,
    byUserId: null,
    why: null,
    text,
    refs: { targetId },
    seq,
    previousHash: '',
    previousAtMs: 0,
    hash: '',
  });
  const entries = [
    entry(1, 'opened', `${targetId}, warning: 82 of 100 connections (82 %); at or above 80 % of max_connections`),
    entry(2, 'resolved', 'Resolved'),
  ];
  return digestOf([{ chain: 'inc-0000000001', entries }], NIGHT_MS, UNTIL_MS);
}

it('reads what is stored of the target that was told for nothing, and tries other thresholds on it', async () => {
  const chunks = new MemoryChunks();
  for (let minute = 0; minute < 300; minute += 1) {
    const atMs = NIGHT_MS + minute * MINUTE_MS;
    const share = minute < 60 ? 0 : minute < 120 ? (minute - 60) / 60 : minute < 150 ? 1 : 0;
    const record = reading(atMs, Math.round(40 + 42 * share), { running: 20 + Math.round(20 * share) });
    await chunks.put(0, atMs, new Map([['orders-db', record]]));
  }
  expect(await suggestionsFor(chunks, config, digest('orders-db'), [])).toMatchObject([
    {
      kind: 'suggested',
      targetId: 'orders-db',
      setting: 'level.warningAtShare',
      to: 0.85,
      saved: 1,
      cards: 1,
      kept: 0,
    },
  ]);
});

it('says why where nothing can be tried', async () => {
  const nothing = new MemoryChunks();
  expect(await suggestionsFor(nothing, null, digest('orders-db'), [])).toContain('--config FILE');
  expect(await suggestionsFor(nothing, config, digest('another-db'), [])).toContain('in the configuration');
  expect(await suggestionsFor(nothing, config, digest('orders-db'), [])).toMatchObject([{ why: 'noSamples' }]);
});
