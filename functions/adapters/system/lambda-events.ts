import * as z from 'zod';

const tick = z.object({
  kind: z.literal('tick'),
  shard: z.number().int().min(0),
  /** When the schedule was due, ISO 8601. */
  scheduledTime: z.string().refine((text) => !Number.isNaN(Date.parse(text))),
  delaySeconds: z.number().min(0).max(60),
});
const now = z.object({ kind: z.literal('now'), targetIds: z.array(z.string()).min(1).max(100) });
const queued = z.object({ Records: z.array(z.object({ body: z.string() })).min(1) });

export type WatchOrder = z.output<typeof tick> | z.output<typeof now>;

/** From the schedule, from its queue, or from `track`. */
export function readWatchEvent(event: unknown): WatchOrder[] {
  const records = queued.safeParse(event);
  if (records.success) return records.data.Records.flatMap(({ body }) => readWatchEvent(JSON.parse(body)));
  return [z.discriminatedUnion('kind', [tick, now]).parse(event)];
}

const image = z.object({
  entity: z.object({ S: z.string() }),
  id: z.object({ S: z.string() }),
  owes: z.object({ S: z.string() }).optional(),
});
const streamEvent = z.object({
  Records: z.array(
    z.object({
      dynamodb: z.object({ SequenceNumber: z.string(), NewImage: image.optional() }),
    }),
  ),
});

export interface StreamRecord {
  readonly sequenceNumber: string;
  readonly entity: string;
  readonly id: string;
}

/** Only what a record names is used: the item itself is read fresh, so that late and repeated records do no harm. */
export function readStreamEvent(event: unknown): StreamRecord[] {
  return streamEvent
    .parse(event)
    .Records.flatMap(({ dynamodb }) =>
      dynamodb.NewImage === undefined
        ? []
        : [{ sequenceNumber: dynamodb.SequenceNumber, entity: dynamodb.NewImage.entity.S, id: dynamodb.NewImage.id.S }],
    );
}

export interface BatchAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/** One record after the other; the first that throws is tried again with all that follow it. */
export async function forEachRecord(
  event: unknown,
  work: (record: StreamRecord) => Promise<unknown>,
  failed: (record: StreamRecord, error: unknown) => void,
): Promise<BatchAnswer> {
  for (const record of readStreamEvent(event)) {
    try {
      await work(record);
    } catch (error) {
      failed(record, error);
      return { batchItemFailures: [{ itemIdentifier: record.sequenceNumber }] };
    }
  }
  return { batchItemFailures: [] };
}

const commandEvent = z.object({ source: z.literal('aws.ssm'), detail: z.object({ 'command-id': z.string() }) });
const sweepEvent = z.object({ kind: z.literal('sweep') });

export type TrackOrder = { readonly kind: 'sweep' } | { readonly kind: 'commandMoved'; readonly commandId: string };

export function readTrackEvent(event: unknown): TrackOrder {
  const moved = commandEvent.safeParse(event);
  if (moved.success) return { kind: 'commandMoved', commandId: moved.data.detail['command-id'] };
  return sweepEvent.parse(event);
}
