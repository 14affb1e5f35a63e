import type { TickRecord } from '../../../functions/core/model/sample-record.ts';
import type { ChunkStore } from '../../../functions/core/ports.ts';

/** One question at most reads six hours: at five seconds a sample that is fewer chunks than the store gives at once. */
const WINDOW_MS = 6 * 3_600_000;

/** What is stored of one target, oldest first. `said` is told how far it has come. */
export async function storedSamples(
  chunks: Pick<ChunkStore, 'since'>,
  { shard, targetId }: { readonly shard: number; readonly targetId: string },
  fromMs: number,
  untilMs: number,
  said: (share: number) => void,
): Promise<readonly TickRecord[]> {
  const found: TickRecord[] = [];
  for (let atMs = fromMs; atMs < untilMs; atMs += WINDOW_MS) {
    const endMs = Math.min(untilMs, atMs + WINDOW_MS);
    found.push(...((await chunks.since(shard, atMs, endMs)).get(targetId) ?? []));
    said((endMs - fromMs) / (untilMs - fromMs));
  }
  return found.sort((a, b) => a.atMs - b.atMs);
}
