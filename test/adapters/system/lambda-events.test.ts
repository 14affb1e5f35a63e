import { describe, expect, it } from 'vitest';
import { forEachRecord, readStreamEvent, type StreamRecord } from '../../../functions/adapters/system/lambda-events.ts';
import { StoreError } from '../../../functions/core/store/store-error.ts';

function record(sequence: number, pk: unknown, sk: unknown = 'STATE', image: object | undefined = {}) {
  const dynamodb = { SequenceNumber: String(sequence), Keys: { pk: { S: pk }, sk: { S: sk } }, NewImage: image };
  return { eventName: 'MODIFY', dynamodb };
}

describe('a record of the stream', () => {
  it('is of the item whose key it carries, whatever that item says of itself', () => {
    const forged = { entity: { S: 'target' }, id: { S: 'shop-db' }, owes: { S: 'notice' } };
    expect(readStreamEvent({ Records: [record(1, 'request#evil', 'STATE', forged)] })).toEqual([
      { sequenceNumber: '1', entity: 'request', id: 'evil' },
    ]);
  });

  it('keeps no other from being read, whatever it is', () => {
    const strange = [record(1, 7), record(2, 'target#'), record(3, 'target#a', 'HEAD'), {}, null, record(4, 'nothing')];
    const removed = { dynamodb: { SequenceNumber: '5', Keys: { pk: { S: 'run#1' }, sk: { S: 'STATE' } } } };
    expect(readStreamEvent({ Records: [...strange, removed, record(6, 'target#shop-db')] })).toEqual([
      { sequenceNumber: '6', entity: 'target', id: 'shop-db' },
    ]);
  });
});

describe('a batch of records', () => {
  const event = { Records: ['a', 'b', 'c'].map((id, at) => record(at, `target#${id}`)) };
  const play = async (trouble: Readonly<Record<string, Error>>) => {
    const done: string[] = [];
    const work = async ({ id }: StreamRecord) => {
      const error = trouble[id];
      if (error !== undefined) throw error;
      done.push(id);
    };
    const { batchItemFailures } = await forEachRecord(event, work, () => undefined);
    return { done, failed: batchItemFailures.map(({ itemIdentifier }) => itemIdentifier) };
  };

  it('is worked through although one fails, which alone is reported', async () => {
    expect(await play({ a: new Error('Systems Manager is away') })).toEqual({ done: ['b', 'c'], failed: ['0'] });
  });

  it('ends where the table is out of reach, because nothing behind it would go better', async () => {
    const away = new StoreError('unavailable', 'DynamoDB gave no clear answer');
    expect(await play({ b: away })).toEqual({ done: ['a'], failed: ['1'] });
  });
});
