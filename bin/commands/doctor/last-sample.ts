import type { Config } from '../../../functions/core/config/config.ts';
import { shardCount } from '../../../functions/core/config/people.ts';
import { openTable } from '../common/open-table.ts';

const LOOK_BACK_MS = 60 * 60_000;

/** When the slowest shard was sampled last: its newest tick; null: not within the hour; a string: why not. */
export async function lastSampleMs(
  table: string,
  config: Config,
  region: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<number | null | string> {
  const nowMs = Date.now();
  try {
    const { chunks } = openTable(table, region, environment);
    const newest: number[] = [];
    for (let shard = 0; shard < shardCount(config); shard += 1) {
      const since = await chunks.since(shard, nowMs - LOOK_BACK_MS, nowMs);
      newest.push(Math.max(0, ...[...since.values()].flatMap((records) => records.at(-1)?.atMs ?? [])));
    }
    const slowest = Math.min(...newest);
    return slowest === 0 ? null : slowest;
  } catch (error) {
    return error instanceof Error ? error.name : 'no answer';
  }
}
