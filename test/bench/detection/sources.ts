import * as first from './generator.cjs';
import { loadTrace } from './scoring.cjs';
import { generateWorld, listWorld, SPLITS, WORLD_TAG } from './world/world.ts';

/** Traces of both generators: the split names the generator. */
export function listTraces(split: string): first.TraceName[] {
  return split in SPLITS ? listWorld(split) : first.list(split);
}

export function traceOf(id: string): first.Trace {
  return isOfWorld(id) ? loadTrace(id, generateWorld, WORLD_TAG) : loadTrace(id);
}

/** With what looks every five seconds would have seen. */
export function closeTraceOf(id: string): ReturnType<typeof first.generateClosely> {
  return isOfWorld(id) ? generateWorld(id) : first.generateClosely(id);
}

function isOfWorld(id: string): boolean {
  return (id.split('/')[0] ?? '') in SPLITS;
}
