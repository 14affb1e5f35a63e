import { describe, expect, it } from 'vitest';
import { nameCulprit } from '../../../functions/core/evaluate/name-causes.ts';
import type { HolderGroup } from '../../../functions/core/model/sample.ts';

function held(user: string, connections: number, sleeping: number, host = '10.0.0.1'): HolderGroup {
  return { user, host, database: 'orders', connections, sleeping, ages: [sleeping, 0, 0, 0], longestIdleSeconds: 90 };
}

describe('the culprit', () => {
  it('is who grew, not who holds most', () => {
    const before = [held('web', 90, 60), held('jobs', 5, 2)];
    const now = [held('web', 92, 61), held('jobs', 30, 27)];
    expect(nameCulprit(before, now)).toMatchObject({ user: 'jobs', grewBy: 25, connections: 30 });
  });

  it('is judged by sleepers before connections', () => {
    const now = [held('web', 60, 0), held('jobs', 12, 12)];
    expect(nameCulprit([held('web', 10, 0)], now)).toMatchObject({ user: 'jobs' });
  });

  it('is nobody when all grow alike or nobody does', () => {
    const hosts = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'];
    expect(
      nameCulprit(
        [],
        hosts.map((host) => held('web', 10, 10, host)),
      ),
    ).toBeNull();
    expect(nameCulprit([held('web', 10, 5)], [held('web', 11, 6)])).toBeNull();
  });

  it('keeps hosts of one user apart', () => {
    const before = [held('jobs', 5, 5), held('jobs', 5, 5, '10.0.0.2')];
    const now = [held('jobs', 5, 5), held('jobs', 25, 25, '10.0.0.2')];
    expect(nameCulprit(before, now)).toMatchObject({ host: '10.0.0.2', share: 1 });
  });
});
