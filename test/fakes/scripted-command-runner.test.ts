import { describe, expect, it } from 'vitest';
import type { CommandOrder } from '../../functions/core/ports.ts';
import { commandRunnerContract } from '../contracts/command-runner.contract.ts';
import { type CommandPlay, ScriptedCommandRunner } from './scripted-command-runner.ts';

const order: CommandOrder = {
  runId: 'run-0123456789abcdef',
  hostId: 'i-0123456789abcdef0',
  documentName: 'runbell-greet-12345678',
  parameters: { Name: 'demo' },
  executionTimeoutSeconds: 60,
};

commandRunnerContract('ScriptedCommandRunner', async () => {
  let nowMs = 1_000_000;
  let answer: CommandPlay['answer'] = 'accept';
  const runner = new ScriptedCommandRunner({
    nowMs: () => nowMs,
    documents: { [order.documentName]: { patterns: { Name: /^[a-z]{1,20}$/ } } },
    play: ({ parameters }) => {
      const fails = parameters['Name'] === 'three';
      const play: CommandPlay = {
        answer: answer ?? 'accept',
        visibleAfterMs: 500,
        runsForMs: 2_000,
        status: fails ? 'Failed' : 'Success',
        exitCode: fails ? 3 : 0,
        output: `hello ${parameters['Name']}\n`,
      };
      answer = 'accept';
      return play;
    },
  });
  return {
    runner,
    order,
    sinceMs: nowMs,
    next(fault) {
      answer = ({ throttle: 'throttle', loseAnswer: 'acceptUnclear', loseRequest: 'loseUnclear' } as const)[fault];
    },
    async becomeVisible() {
      nowMs += 500;
    },
    async letFinish() {
      nowMs += 2_000;
    },
    taken: () => runner.taken.length,
    async close() {},
  };
});

describe('ScriptedCommandRunner', () => {
  it('lets the caller die before the service took anything, or after it did', async () => {
    for (const [point, taken] of [
      ['beforeSend', 0],
      ['afterSend', 1],
    ] as const) {
      const runner = new ScriptedCommandRunner({
        nowMs: () => 0,
        documents: null,
        at: (here) => {
          if (here === point) throw new Error('the process died');
          return undefined;
        },
      });

      await expect(runner.send(order)).rejects.toThrow('the process died');
      expect(runner.taken).toHaveLength(taken);
    }
  });

  it('loses sight where the script says so', async () => {
    const runner = new ScriptedCommandRunner({ nowMs: () => 0, documents: null, at: () => 'unclear' });
    await runner.send(order);

    expect((await runner.find(order, 0)).kind).toBe('unclear');
    expect((await runner.look('command-1', order.hostId)).kind).toBe('unclear');
  });
});
