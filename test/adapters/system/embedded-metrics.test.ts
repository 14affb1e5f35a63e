import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createJsonLog } from '../../../functions/adapters/system/log.ts';
import { METRICS } from '../../../functions/core/config/metrics.ts';

function lineOf(event: string, fields: Record<string, unknown>, appName?: string): Record<string, unknown> {
  const lines: string[] = [];
  createJsonLog(
    (line) => lines.push(line),
    () => 1000,
    appName,
  ).info(event, fields);
  return JSON.parse(lines[0] ?? '') as Record<string, unknown>;
}

describe('metrics in the log', () => {
  it('are the line itself with what CloudWatch needs to count it', () => {
    expect(lineOf('unreadable', { shard: 2, samples: 100, unreadable: 3 }, 'orders')).toEqual({
      timestamp: '1970-01-01T00:00:01.000Z',
      level: 'INFO',
      event: 'unreadable',
      shard: 2,
      samples: 100,
      unreadable: 3,
      App: 'orders',
      Samples: 100,
      Unreadable: 3,
      _aws: {
        Timestamp: 1000,
        CloudWatchMetrics: [
          {
            Namespace: 'Runbell',
            Dimensions: [['App']],
            Metrics: [
              { Name: 'Samples', Unit: 'Count' },
              { Name: 'Unreadable', Unit: 'Count' },
            ],
          },
        ],
      },
    });
  });

  it('leave out what is zero or missing, because a metric is paid by the hour in which it is written', () => {
    const refused = lineOf('decision', { reason: 'permitted', refusals: 0 }, 'orders');
    expect([refused['Requests'], refused['Refusals']]).toEqual([1, undefined]);
    expect(lineOf('swept', { owedMs: 0 }, 'orders')).not.toHaveProperty('_aws');
    expect(lineOf('told', { afterMs: 'soon' }, 'orders')).not.toHaveProperty('_aws');
  });

  it('cost a calm tick nothing, and a laptop writes none', () => {
    expect(lineOf('watched', { shard: 0, samples: 100 }, 'orders')).not.toHaveProperty('_aws');
    expect(lineOf('unreadable', { samples: 100, unreadable: 3 })).not.toHaveProperty('_aws');
  });

  it('count each name in one event, which some line of the functions writes with that field', () => {
    // But for the one that sums up whatever nobody has heard of.
    const counted = Object.values(METRICS)
      .flat()
      .filter(({ metric }) => metric !== 'Unheard');
    expect(new Set(counted.map(({ metric }) => metric)).size).toBe(counted.length);
    const source = readdirSync('functions', { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFileSync(join('functions', file), 'utf8'))
      .join('\n');
    const written = Object.entries(METRICS).map(([event, metrics]) => {
      const line = source.match(new RegExp(`log\\.(info|error)\\('${event}', \\{[^;]*`, 'g'))?.join() ?? '';
      return {
        event,
        missing: metrics.flatMap(({ field }) => (field === null || line.includes(field) ? [] : [field])),
        line: line !== '',
      };
    });
    expect(written).toEqual(Object.keys(METRICS).map((event) => ({ event, missing: [], line: true })));
  });
});
