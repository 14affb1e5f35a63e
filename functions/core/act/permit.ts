import type { ApplicationConfig } from '../config/config.ts';
import type { CatalogueEntry } from '../runbook/manifest.ts';
import type { Permitted, RunRequest, UndoRequest } from './request.ts';

/** What may now be done, and nothing more: exactly what was shown. */
export interface Permit {
  readonly runId: string;
  /** The wish that began it; with a second person that is not the request that lets it run. */
  readonly requestId: string;
  readonly request: RunRequest | UndoRequest;
  readonly entry: CatalogueEntry;
  readonly application: ApplicationConfig;
  readonly parameters: Readonly<Record<string, string>>;
  readonly askedBy: string;
  readonly approvedBy: string | null;
}

export function permitted(atMs: number, runId: string | null, says: string | null = null): Permitted {
  return { kind: 'permitted', atMs, runId, says, shows: null };
}

/** A request delivered again names the same run. */
export function runIdOf(requestId: string): string {
  return `run-${requestId.slice(0, 16)}`;
}
