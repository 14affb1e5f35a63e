import type { ChunkStore, Stores } from '../../core/ports.ts';
import type { DynamoTable } from './dynamo-call.ts';
import { DynamoChunkStore } from './dynamo-chunk-store.ts';
import { DynamoOpenItems } from './dynamo-open-items.ts';
import { DynamoStore } from './dynamo-store.ts';
import { DynamoTimeline } from './dynamo-timeline.ts';

/** Everything that is kept, in the one table. */
export function createDynamoStores(table: DynamoTable): Stores & { readonly chunks: ChunkStore } {
  return {
    targets: new DynamoStore(table, 'target'),
    applications: new DynamoStore(table, 'application'),
    requests: new DynamoStore(table, 'request'),
    runs: new DynamoStore(table, 'run'),
    freezes: new DynamoStore(table, 'freezes'),
    channels: new DynamoStore(table, 'channel'),
    pace: new DynamoStore(table, 'pace'),
    timeline: new DynamoTimeline(table),
    open: new DynamoOpenItems(table),
    chunks: new DynamoChunkStore(table),
  };
}
