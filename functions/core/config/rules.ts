import type { Config, TargetConfig } from './config.ts';

/** The rules in force for a target: its own, which `parseConfig` has laid over everybody's. */
export function rulesOf(config: Config, target: TargetConfig): Config['rules'] {
  return target.rules ?? config.rules;
}
