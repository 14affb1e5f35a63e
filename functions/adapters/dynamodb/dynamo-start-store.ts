import { TransactionCanceledException, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import type { EntityKind, RunStart, StartStore } from '../../core/ports.ts';
import type { EntityValues } from '../../core/store/markers.ts';
import { StoreError } from '../../core/store/store-error.ts';
import { type DynamoTable, toStoreError } from './dynamo-call.ts';
import { guardOf, stateItem } from './state-item.ts';

/** The item in the way, by its place in the transaction. */
const IN_THE_WAY = ['runExists', 'applicationMoved', 'targetMoved'] as const;

/** What DynamoDB says of an item that another write has changed, or is changing at this moment. */
const MOVED = ['ConditionalCheckFailed', 'TransactionConflict'];

/**
 * One transaction of three guarded puts. The SDK sends each call with a token of its own, so that an attempt that is
 * repeated after a lost answer is the same transaction and not a conflict with itself.
 */
export class DynamoStartStore implements StartStore {
  readonly #table: DynamoTable;

  constructor(table: DynamoTable) {
    this.#table = table;
  }

  /** Throws a StoreError `unclear` when no attempt got an answer: all of it may have been written, or nothing. */
  async start({ run, target, application }: RunStart) {
    const { client, tableName } = this.#table;
    const put = <K extends EntityKind>(entity: K, id: string, value: EntityValues[K], expected: number | null) => ({
      Put: {
        TableName: tableName,
        Item: stateItem(entity, id, value, (expected ?? 0) + 1),
        ...guardOf(expected),
      },
    });
    const TransactItems = [
      put('run', run.runId, run, null),
      put('application', application.value.applicationId, application.value, application.revision),
      put('target', target.value.targetId, target.value, target.revision),
    ];
    try {
      await client.send(new TransactWriteItemsCommand({ TransactItems }));
      return 'written';
    } catch (error) {
      if (error instanceof TransactionCanceledException) return whyCanceled(error);
      throw toStoreError('unclear', error);
    }
  }
}

function whyCanceled(error: TransactionCanceledException): (typeof IN_THE_WAY)[number] {
  const codes = (error.CancellationReasons ?? []).map(({ Code }) => Code ?? 'None');
  const moved = IN_THE_WAY.find((_, at) => MOVED.includes(codes[at] ?? ''));
  if (moved !== undefined) return moved;
  const isBusy = codes.some((code) => /Throttl|ProvisionedThroughput/.test(code));
  const what = `the transaction (${codes.join(', ')})`;
  if (isBusy) throw new StoreError('unavailable', `DynamoDB is throttling ${what}`, { cause: error });
  const code = codes.some((one) => one.startsWith('Validation')) ? 'unfitItem' : 'refused';
  throw new StoreError(code, `DynamoDB refused ${what}`, { cause: error });
}
