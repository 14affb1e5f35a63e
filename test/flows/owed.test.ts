import { describe, expect, it } from 'vitest';
import { newChannelState } from '../../functions/core/model/channel.ts';
import { placed } from '../../functions/core/notify/fold.ts';
import { sweep } from '../../functions/flows/track.ts';
import { MINUTE_MS, runRequest } from '../support/builders.ts';
import { flowStage } from './support/flow-stage.ts';

/** What the alarm on owed notices is told after so many minutes in which nobody did anything. */
async function owedAfter(stage: ReturnType<typeof flowStage>, minutes: number): Promise<number> {
  await stage.clock.sleep(minutes * MINUTE_MS);
  const owed: number[] = [];
  const info = (event: string, fields: Readonly<Record<string, unknown>>) => {
    if (event === 'swept') owed.push(Number(fields['owedMs']));
  };
  await sweep({ ...stage.deps, maySend: false, log: { info, error: () => undefined } });
  return owed[0] ?? 0;
}

describe('what the sweep says is owed, by which an alarm rings', () => {
  it('is how long a click has waited for its decision', async () => {
    const stage = flowStage();
    const state = await stage.open();
    await stage.notify();
    await stage.put(runRequest(state));
    expect(await owedAfter(stage, 12)).toBe(12 * MINUTE_MS);
  });

  it('is how long a channel has lacked the summary that speaks for many cards', async () => {
    const stage = flowStage();
    const { targetId } = await stage.open();
    await stage.notify();
    const nowMs = stage.clock.nowMs();
    const line = { targetId, severity: 'critical', isOpen: true, sinceMs: nowMs, title: 'full' } as const;
    const channel = ['inc-1', 'inc-2', 'inc-3'].reduce(
      (known, incidentId) => placed(known, { ...line, incidentId }, nowMs, 'sum-0000000001').state,
      newChannelState('C0OTHER01'),
    );
    expect(channel.storm).not.toBeNull();
    await stage.stores.channels.write('C0OTHER01', channel, null);
    expect(await owedAfter(stage, 11)).toBe(11 * MINUTE_MS);
  });

  it('is nothing where Slack has everything', async () => {
    const stage = flowStage();
    await stage.open();
    await stage.notify();
    expect(await owedAfter(stage, 1)).toBe(0);
  });
});
