import { expect, it } from 'vitest';
import { decide } from '../../functions/core/act/decide.ts';
import { newRun, targetRunOf } from '../../functions/core/act/new-run.ts';
import type { HostRun } from '../../functions/core/model/run.ts';
import { showEndings } from '../../functions/flows/start-run.ts';
import { ManualClock } from '../fakes/manual-clock.ts';
import { createMemoryStores } from '../fakes/memory-store.ts';
import { aHostRun } from '../fakes/sample-state.ts';
import {
  decideState,
  NIGHT_MS,
  requestRecord,
  restartWorkers,
  runRequest,
  settings,
  troubled,
} from '../support/builders.ts';

const host: HostRun = aHostRun({ phase: 'ended', claimId: 'claim-1', ending: { kind: 'done' }, lines: ['found it'] });

it.each([
  ['only looks', 'read', 'judged'],
  ['changes something', 'change', 'verifying'],
] as const)('a run that %s (%s) is %s afterwards', async (_, risk, phase) => {
  const using = settings({}, [restartWorkers({ risk })]);
  const target = troubled(using);
  const decided = decide(decideState(using, target), requestRecord(runRequest(target)), NIGHT_MS);
  if (decided.kind !== 'start') throw new Error(`expected a permit, got ${decided.kind}`);
  const stores = createMemoryStores();
  await stores.targets.write('orders-db', { ...target, run: targetRunOf(decided.permit, target, NIGHT_MS) }, null);
  const ids = { newId: (prefix: string) => `${prefix}-1` };
  const log = { info: () => undefined, error: () => undefined };
  const run = { ...newRun(decided.permit, NIGHT_MS), hosts: [host] };
  await showEndings({ settings: using, clock: new ManualClock(NIGHT_MS), ids, log, stores }, run, NIGHT_MS);
  expect((await stores.targets.read('orders-db'))?.value.run).toMatchObject({ phase, outcome: null });
});
