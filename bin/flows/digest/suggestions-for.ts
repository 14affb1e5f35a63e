import type { Config } from '../../../functions/core/config/config.ts';
import { TARGETS_PER_SHARD } from '../../../functions/core/config/people.ts';
import type { ChunkStore } from '../../../functions/core/ports.ts';
import { sampleOf } from '../replay/read-recording.ts';
import { storedSamples } from '../replay/stored-samples.ts';
import type { Digest } from './digest-of.ts';
import type { Suggested } from './digest-text.ts';
import type { DigestedIncident } from './incidents-of.ts';
import { type Suggestion, suggestThreshold } from './suggest-threshold.ts';

/** So that the detector knows what is usual when the span begins. */
const LEAD_IN_MS = 86_400_000;
/** Each is replayed several times over the whole span. */
const TARGETS_MAX = 2;

/** Tries out other thresholds for the noisiest rule, where it was noisiest. */
export async function suggestionsFor(
  chunks: Pick<ChunkStore, 'since'>,
  config: Config | null,
  { noise: [worst], fromMs, untilMs }: Digest,
  incidents: readonly DigestedIncident[],
): Promise<Suggested> {
  if (worst === undefined) return [];
  if (config === null) return 'no threshold is suggested without the configuration: name it with --config FILE';
  const suggestions: Suggestion[] = [];
  for (const targetId of Object.keys(worst.byTarget).slice(0, TARGETS_MAX)) {
    const at = config.targets.findIndex(({ id }) => id === targetId);
    const target = config.targets[at];
    if (target === undefined) continue;
    const place = { shard: Math.floor(at / TARGETS_PER_SHARD), targetId };
    const records = await storedSamples(chunks, place, fromMs - LEAD_IN_MS, untilMs, () => undefined);
    const samples = records.map((record) => sampleOf(record, null));
    const own = incidents.filter((one) => one.targetId === targetId);
    suggestions.push(suggestThreshold({ rule: worst.rule, config, target, samples, incidents: own, fromMs }));
  }
  return suggestions.length > 0 ? suggestions : 'none of the targets concerned is in the configuration';
}
