import type { ApplicationConfig } from '../config/config.ts';
import type { CatalogueEntry } from '../runbook/manifest.ts';
import type { RunRequest, SecondPerson, UndoRequest } from './request.ts';

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
  /** Member ids of everybody who agreed, in order; the last one let it run. */
  readonly agreedBy: readonly string[];
  /** null: nobody else has to agree. */
  readonly second: SecondPerson | null;
  /** Why it starts without those who would have to agree; null: it does not. */
  readonly brokenGlass: string | null;
  /** Whether the one who asks could start it so. */
  readonly mayBreakGlass: boolean;
  /** Only tried out, because of the configuration. */
  readonly isObserved: boolean;
}
