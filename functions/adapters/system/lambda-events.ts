import * as z from 'zod';
import { StoreError } from '../../core/store/store-error.ts';

const tick = z.object({
  kind: z.literal('tick'),
  shard: z.number().int().min(0),
  /** When the schedule was due, ISO 8601. */
  scheduledTime: z.string().refine((text) => !Number.isNaN(Date.parse(text))),
  delaySeconds: z.number().min(0).max(60),
});
const now = z.object({
  kind: z.literal('now'),
  targetIds: z.array(z.string()).min(1).max(100),
  askedAtMs: z.number().optional(),
});
const queued = z.object({ Records: z.array(z.object({ body: z.string() })).min(1) });

export type WatchOrder = z.output<typeof tick> | z.output<typeof now>;

/** From the schedule, from its queue, or from `track`. */
export function readWatchEvent(event: unknown): WatchOrder[] {
  const records = queued.safeParse(event);
  if (records.success) return records.data.Records.flatMap(({ body }) => readWatchEvent(JSON.parse(body)));
  return [z.discriminatedUnion('kind', [tick, now]).parse(event)];
}

const text = z.object({ S: z.string() });
const streamRecord = z.object({
  dynamodb: z.object({
    SequenceNumber: z.string(),
    Keys: z.object({ pk: text, sk: text }),
    NewImage: z.unknown(),
  }),
});
const streamEvent = z.object({ Records: z.array(z.unknown()) });

export interface StreamRecord {
  readonly sequenceNumber: string;
  readonly entity: string;
  readonly id: string;
}

/**
 * Only the key of a record is used, and nothing that its item says of itself. The item is read fresh, so that late and
 * repeated records do no harm. What has no such key is none of ours.
 */
export function readStreamEvent(event: unknown): StreamRecord[] {
  return streamEvent.parse(event).Records.flatMap((one) => {
    const record = streamRecord.safeParse(one);
    if (!record.success || record.data.dynamodb.NewImage === undefined) return [];
    const { SequenceNumber: sequenceNumber, Keys: keys } = record.data.dynamodb;
    const [, entity, id] = /^(\w+)#(.+)$/s.exec(keys.pk.S) ?? [];
    return entity === undefined || id === undefined || keys.sk.S !== 'STATE' ? [] : [{ sequenceNumber, entity, id }];
  });
}

export interface BatchAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/** One record after the other. What fails is tried again; the others do not wait for it, unless it is the table that fails. */
export async function forEachRecord(
  event: unknown,
  work: (record: StreamRecord) => Promise<unknown>,
  failed: (record: StreamRecord, error: unknown) => void,
): Promise<BatchAnswer> {
  const failures: { readonly itemIdentifier: string }[] = [];
  for (const record of readStreamEvent(event)) {
    try {
      await work(record);
    } catch (error) {
      failed(record, error);
      failures.push({ itemIdentifier: record.sequenceNumber });
      if (error instanceof StoreError) break;
    }
  }
  return { batchItemFailures: failures };
}

const commandEvent = z.object({ source: z.literal('aws.ssm'), detail: z.object({ 'command-id': z.string() }) });
const sweepEvent = z.object({ kind: z.literal('sweep') });

export type TrackOrder = { readonly kind: 'sweep' } | { readonly kind: 'commandMoved'; readonly commandId: string };

export function readTrackEvent(event: unknown): TrackOrder {
  const moved = commandEvent.safeParse(event);
  if (moved.success) return { kind: 'commandMoved', commandId: moved.data.detail['command-id'] };
  return sweepEvent.parse(event);
}
