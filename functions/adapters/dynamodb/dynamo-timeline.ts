import { createHash } from 'node:crypto';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { parseJson } from '../../core/invariant.ts';
import type { TimelineDraft, TimelineEntry } from '../../core/model/timeline.ts';
import type { TimelineStore } from '../../core/ports.ts';
import { StoreError } from '../../core/store/store-error.ts';
import {
  type ChainHead,
  chained,
  ENTRY_KEPT_MS,
  HEAD_IDS_MAX,
  headAfter,
  NO_HEAD,
  type StoredChain,
} from '../../core/timeline/chain.ts';
import { conditionalPut, type DynamoTable, reading } from './dynamo-call.ts';
import { rawItem } from './state-item.ts';

/** Two invocations rarely append to one chain at once; past this the caller's retry takes over. */
const ATTEMPTS_MAX = 8;
const READS_AT_ONCE = 25;

const headShape = z.object({ seq: z.number(), hash: z.string(), atMs: z.number(), ids: z.array(z.string()) });
/** Loose: an entry that was tampered with has to be shown, not to be refused; null is a value, missing is not. */
const entryShape = z.object({
  id: z.string().catch(''),
  atMs: z.number().catch(0),
  what: z.string().catch(''),
  byUserId: z.string().nullable().catch(''),
  why: z.string().nullable().catch(''),
  text: z.string().catch(''),
  refs: z.record(z.string(), z.string()).catch({}),
  seq: z.number().catch(0),
  previousHash: z.string().catch(''),
  previousAtMs: z.number().catch(0),
  hash: z.string().catch(''),
});

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/**
 * Items `timeline#<chain>` / `E#<9-digit place>`, put only where nothing is, and `HEAD`, which says where the chain
 * ends. An entry is written before the head moves on: a crash in between leaves a head that is one behind, and
 * whoever appends next moves it first.
 */
export class DynamoTimeline implements TimelineStore {
  readonly #table: DynamoTable;

  constructor(table: DynamoTable) {
    this.#table = table;
  }

  async append(chain: string, draft: TimelineDraft): Promise<'written' | 'exists'> {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
      const head = await this.#headToFollow(chain);
      if (head.ids.includes(draft.id)) return 'exists';
      const entry = chained(head, draft, sha256);
      const put = await conditionalPut(this.#table, {
        Item: { ...entryKey(chain, entry.seq), body: { S: JSON.stringify(entry) }, ...expires(entry.atMs) },
        ConditionExpression: 'attribute_not_exists(pk)',
      });
      const taken = put.kind === 'written' ? entry : await this.#entry(chain, entry.seq);
      // Its place is what its key says, also of one that was damaged.
      if (taken !== null) await this.#moveHead(chain, head, { ...taken, seq: entry.seq });
      if (taken?.id === draft.id) return put.kind === 'written' ? 'written' : 'exists';
    }
    throw new StoreError('unavailable', `the timeline ${chain} is written by too many at once`);
  }

  async read(chain: string, max: number): Promise<StoredChain> {
    const { head, seq: headSeq } = await this.#head(chain);
    // One place further than the head: an entry may have been written by somebody who died before moving it.
    const last = headSeq + 1;
    return { entries: (await this.#entries(chain, last, max + 1)).slice(-max), head };
  }

  /** Up to so many entries that end at this place, oldest first. */
  async #entries(chain: string, last: number, max: number): Promise<readonly TimelineEntry[]> {
    const places = Array.from({ length: Math.min(max, last) }, (_, at) => last - at).reverse();
    const entries: TimelineEntry[] = [];
    for (let at = 0; at < places.length; at += READS_AT_ONCE) {
      const found = await Promise.all(places.slice(at, at + READS_AT_ONCE).map((seq) => this.#entry(chain, seq)));
      entries.push(...found.filter((entry) => entry !== null));
    }
    return entries;
  }

  /** A head that is damaged is made anew from the entries before it, so that the chain goes on. */
  async #headToFollow(chain: string): Promise<ChainHead> {
    const { head, seq } = await this.#head(chain);
    if (head !== null || seq === 0) return head ?? NO_HEAD;
    return (await this.#entries(chain, seq, HEAD_IDS_MAX)).reduce(headAfter, NO_HEAD);
  }

  /** null: there is none, and then `seq` is 0; or it is damaged, which is told. */
  async #head(chain: string): Promise<{ readonly head: ChainHead | null; readonly seq: number }> {
    const item = await this.#item(headKey(chain));
    if (item === null) return { head: null, seq: 0 };
    const parsed = headShape.safeParse(parseJson(item['body']?.S ?? ''));
    if (parsed.success) return { head: parsed.data, seq: parsed.data.seq };
    const { key } = rawItem(item);
    const seq = Number(item['seq']?.N);
    const why = `the head of the timeline ${chain} is damaged`;
    this.#table.onSetAside?.({ item: key, why });
    if (Number.isInteger(seq) && seq > 0) return { head: null, seq };
    throw new StoreError('unreadableItem', why);
  }

  /** Losing the race is fine: the head has then moved on already. */
  async #moveHead(chain: string, from: ChainHead, entry: TimelineEntry): Promise<void> {
    const head = headAfter(from, entry);
    await conditionalPut(this.#table, {
      Item: {
        ...headKey(chain),
        seq: { N: String(head.seq) },
        body: { S: JSON.stringify(head) },
        ...expires(head.atMs),
      },
      ConditionExpression: 'attribute_not_exists(pk) OR seq < :seq',
      ExpressionAttributeValues: { ':seq': { N: String(head.seq) } },
    });
  }

  async #entry(chain: string, seq: number): Promise<TimelineEntry | null> {
    const item = await this.#item(entryKey(chain, seq));
    if (item === null) return null;
    const parsed = entryShape.safeParse(parseJson(item['body']?.S ?? ''));
    return (parsed.success ? parsed.data : entryShape.parse({})) as TimelineEntry;
  }

  async #item(key: ReturnType<typeof headKey>) {
    const { client, tableName } = this.#table;
    const command = new GetItemCommand({ TableName: tableName, Key: key, ConsistentRead: true });
    return (await reading(() => client.send(command))).Item ?? null;
  }
}

function headKey(chain: string) {
  return { pk: { S: `timeline#${chain}` }, sk: { S: 'HEAD' } };
}

function entryKey(chain: string, seq: number) {
  return { pk: { S: `timeline#${chain}` }, sk: { S: `E#${String(seq).padStart(9, '0')}` } };
}

function expires(atMs: number) {
  return { expiresAtS: { N: String(Math.ceil((atMs + ENTRY_KEPT_MS) / 1000)) } };
}
