import type { Config } from './config.ts';

/** A shard is a slice of the configuration's list of targets: one invocation samples it. */
export const TARGETS_PER_SHARD = 100;

export function shardCount(config: Pick<Config, 'targets'>): number {
  return Math.ceil(config.targets.length / TARGETS_PER_SHARD);
}
