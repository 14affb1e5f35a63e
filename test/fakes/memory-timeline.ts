import { createHash } from 'node:crypto';
import type { TimelineDraft, TimelineEntry } from '../../functions/core/model/timeline.ts';
import type { TimelineStore } from '../../functions/core/ports.ts';
import { type ChainHead, chained, headAfter, NO_HEAD, type StoredChain } from '../../functions/core/timeline/chain.ts';

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Chains in memory. Their entries are open, so that a test can tamper with them. */
export class MemoryTimeline implements TimelineStore {
  readonly chains = new Map<string, { head: ChainHead; readonly entries: TimelineEntry[] }>();

  async append(chain: string, draft: TimelineDraft): Promise<'written' | 'exists'> {
    const kept = this.chains.get(chain) ?? { head: NO_HEAD, entries: [] };
    if (kept.head.ids.includes(draft.id)) return 'exists';
    const entry = chained(kept.head, draft, sha256);
    this.chains.set(chain, { head: headAfter(kept.head, entry), entries: [...kept.entries, entry] });
    return 'written';
  }

  async read(chain: string, max: number): Promise<StoredChain> {
    const kept = this.chains.get(chain);
    return kept === undefined ? { entries: [], head: null } : { entries: kept.entries.slice(-max), head: kept.head };
  }
}
