import { describe, expect, it } from 'vitest';
import type { StreamRecord } from '../../../local/aws/dynamo-engine.ts';
import {
  EventSource,
  type FilterPattern,
  matchesPattern,
  type StreamOptions,
} from '../../../local/aws/event-source.ts';

function record(sequence: number, owes = 'notice'): StreamRecord {
  return {
    eventID: `e-${sequence}`,
    eventName: 'MODIFY',
    eventSource: 'aws:dynamodb',
    dynamodb: {
      Keys: { pk: { S: 'target#orders-db' }, sk: { S: 'STATE' } },
      NewImage: { entity: { S: 'target' }, owes: { S: owes } },
      SequenceNumber: String(sequence),
      ApproximateCreationDateTime: 0,
      StreamViewType: 'NEW_AND_OLD_IMAGES',
    },
  };
}

/** Delivers to a handler that is told the sequence numbers of each batch. */
function source(options: StreamOptions, handle: (sequences: string[]) => unknown = () => undefined) {
  const batches: string[][] = [];
  const givenUp: string[] = [];
  const stop = new AbortController();
  const made = new EventSource(options, {
    deliver: async ({ Records: records }) => {
      const sequences = records.map((one) => one.dynamodb.SequenceNumber);
      batches.push(sequences);
      return handle(sequences);
    },
    onGivenUp: (one) => givenUp.push(one.dynamodb.SequenceNumber),
    signal: stop.signal,
  });
  return { made, batches, givenUp, stop };
}

const notices: FilterPattern = {
  dynamodb: { NewImage: { entity: { S: ['target'] }, owes: { S: ['notice', 'answer'] } } },
};

describe('matchesPattern', () => {
  it.each<[string, FilterPattern, boolean]>([
    ['every name holds one of its values', notices, true],
    ['a value is another', { dynamodb: { NewImage: { owes: { S: ['step'] } } } }, false],
    ['a name is missing', { dynamodb: { OldImage: { owes: { S: ['notice'] } } } }, false],
    ['one of several names differs', { eventName: ['INSERT'], dynamodb: notices['dynamodb'] as FilterPattern }, false],
    ['the kind of event is listed', { eventName: ['INSERT', 'MODIFY'] }, true],
  ])('decides when %s', (_, pattern, expected) => {
    expect(matchesPattern(pattern, record(1))).toBe(expected);
  });
});

describe('the event source', () => {
  it('delivers what a filter lets through, in the order of the writes, in batches', async () => {
    const { made, batches } = source({ filters: [notices], batchSize: 2 });
    for (const [at, owes] of ['notice', 'step', 'notice', 'answer', 'notice'].entries()) made.offer(record(at, owes));
    await made.running;
    expect(batches.flat()).toEqual(['0', '2', '3', '4']);
    expect(Math.max(...batches.map((batch) => batch.length))).toBe(2);
  });

  it('refuses a filter that uses an operator, which it would take for "no match"', () => {
    const prefix = { eventName: [{ prefix: 'INS' }] } as unknown as FilterPattern;
    expect(() => source({ filters: [prefix] })).toThrow('knows equality only');
  });

  it('tries a failed batch again, one by one, and gives the neighbours of a poison record their turn', async () => {
    const handled: string[] = [];
    const { made, batches, givenUp } = source({ attemptsMax: 2 }, (sequences) => {
      if (sequences.includes('2')) throw new Error('poison');
      handled.push(...sequences);
    });
    for (const at of [1, 2, 3]) made.offer(record(at));
    await made.running;
    expect(handled).toEqual(['1', '3']);
    expect(givenUp).toEqual(['2']);
    expect(batches.filter((batch) => batch.length === 1 && batch[0] === '2')).toHaveLength(2);
  });

  it('goes on behind the records that a partial failure left done', async () => {
    let isFirst = true;
    const { made, batches, givenUp } = source({}, (sequences) => {
      if (!isFirst || !sequences.includes('3')) return { batchItemFailures: [] };
      isFirst = false;
      return { batchItemFailures: [{ itemIdentifier: '3' }] };
    });
    for (const at of [1, 2, 3, 4]) made.offer(record(at));
    await made.running;
    expect(batches.flat().filter((sequence) => sequence === '2')).toHaveLength(1);
    expect(batches.flat().filter((sequence) => sequence === '3')).toHaveLength(2);
    expect(givenUp).toEqual([]);
  });

  it('gives up a record that is too old, however often it might still be tried', async () => {
    const { made, givenUp } = source({ recordAgeMsMax: -1, attemptsMax: 1000 }, () => {
      throw new Error('down');
    });
    made.offer(record(1));
    await made.running;
    expect(givenUp).toEqual(['1']);
  });

  it('stops trying when it is stopped', async () => {
    const { made, stop, givenUp } = source({ attemptsMax: 1000 }, () => {
      stop.abort();
      throw new Error('down');
    });
    made.offer(record(1));
    await made.running;
    expect(givenUp).toEqual([]);
  });
});
