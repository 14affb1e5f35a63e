import type { TraceSample } from './generator.cjs';
import type { TraceVerdict } from './scoring.cjs';

declare const baselines: Readonly<Record<string, () => { push(sample: TraceSample): TraceVerdict }>>;
export = baselines;
