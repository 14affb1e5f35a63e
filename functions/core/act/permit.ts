import type { Permitted } from '../model/decision.ts';

export function permitted(atMs: number, runId: string | null, says: string | null = null): Permitted {
  return { kind: 'permitted', atMs, runId, says, shows: null };
}

/** A request delivered again names the same run. */
export function runIdOf(requestId: string): string {
  return `run-${requestId.slice(0, 16)}`;
}
