import type { Config } from './config/config.ts';
import type { Catalogue } from './runbook/manifest.ts';

/** What every function is given beside its bundle, in `settings.json`: validated when the stack is made. */
export interface Settings {
  readonly schema: 1;
  /** Grows with every release; a card tells which version drew it. */
  readonly version: string;
  readonly config: Config;
  readonly catalogue: Catalogue;
}
