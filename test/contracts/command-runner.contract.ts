import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CommandLook, CommandOrder, CommandRunner } from '../../functions/core/ports.ts';

/**
 * A service with one host and one document. The document takes `Name` (`^[a-z]{1,20}$`), waits until it may finish,
 * prints `hello <Name>`, and ends with exit code 3 when the name is `three`, else with 0.
 */
export interface CommandRunnerStage {
  readonly runner: CommandRunner;
  readonly order: CommandOrder;
  readonly sinceMs: number;
  /** What happens to the next send. */
  next(fault: 'throttle' | 'loseAnswer' | 'loseRequest'): void;
  becomeVisible(): Promise<void>;
  letFinish(): Promise<void>;
  /** How many commands the service has. */
  taken(): number;
  close(): Promise<void>;
}

/** Every command runner must pass this. */
export function commandRunnerContract(name: string, create: () => Promise<CommandRunnerStage>): void {
  describe(`${name} keeps the CommandRunner contract`, () => {
    let stage: CommandRunnerStage;

    beforeEach(async () => {
      stage = await create();
    });
    afterEach(() => stage.close());

    const sent = async (change: Partial<CommandOrder> = {}): Promise<string> => {
      const answer = await stage.runner.send({ ...stage.order, ...change });
      if (answer.kind !== 'sent') throw new Error(`not sent: ${JSON.stringify(answer)}`);
      return answer.commandId;
    };
    const ended = async (commandId: string): Promise<CommandLook> => {
      for (let looks = 0; looks < 3000; looks += 1) {
        const look = await stage.runner.look(commandId, stage.order.hostId);
        if (look.kind !== 'running') return look;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      throw new Error('the command never ended');
    };

    it('sends one command and finds it again by run and host', async () => {
      const commandId = await sent();
      await stage.becomeVisible();

      expect(stage.taken()).toBe(1);
      expect(await stage.runner.find(stage.order, stage.sinceMs)).toEqual({ kind: 'found', commandId });
    });

    it('finds only the command of this very run', async () => {
      await sent({ runId: `${stage.order.runId}0` });
      await stage.becomeVisible();

      expect(await stage.runner.find(stage.order, stage.sinceMs)).toEqual({ kind: 'notFound' });
    });

    it('calls a throttled send safe to repeat, because nothing was taken', async () => {
      stage.next('throttle');

      expect(await stage.runner.send(stage.order)).toEqual({ kind: 'throttled' });
      expect(stage.taken()).toBe(0);
      await sent();
      expect(stage.taken()).toBe(1);
    });

    it('calls a lost answer unclear, sends no second time, and finds the command that exists', async () => {
      stage.next('loseAnswer');

      expect((await stage.runner.send(stage.order)).kind).toBe('unclear');
      await stage.becomeVisible();
      expect(stage.taken()).toBe(1);
      expect((await stage.runner.find(stage.order, stage.sinceMs)).kind).toBe('found');
    });

    it('calls a lost request unclear and finds nothing', async () => {
      stage.next('loseRequest');

      expect((await stage.runner.send(stage.order)).kind).toBe('unclear');
      await stage.becomeVisible();
      expect(stage.taken()).toBe(0);
      expect(await stage.runner.find(stage.order, stage.sinceMs)).toEqual({ kind: 'notFound' });
    });

    it.each<[string, Partial<CommandOrder>]>([
      ['an unknown document', { documentName: 'runbell-other-00000000' }],
      ['a parameter that does not match its pattern', { parameters: { Name: 'a; b' } }],
      ['a parameter that the document does not have', { parameters: { Name: 'demo', Other: 'x' } }],
    ])('is refused %s with a sentence, and nothing runs', async (_what, change) => {
      const answer = await stage.runner.send({ ...stage.order, ...change });

      expect(answer).toEqual({ kind: 'notSent', why: expect.stringMatching(/\w/) });
      expect(stage.taken()).toBe(0);
    });

    it('shows a command first not at all, then running, then ended with output and exit code', async () => {
      const commandId = await sent();
      expect(await stage.runner.look(commandId, stage.order.hostId)).toEqual({ kind: 'notVisible' });

      await stage.becomeVisible();
      expect(await stage.runner.look(commandId, stage.order.hostId)).toEqual({ kind: 'running' });

      await stage.letFinish();
      expect(await ended(commandId)).toEqual({
        kind: 'ended',
        status: 'Success',
        exitCode: 0,
        output: 'hello demo\n',
        ranForMs: expect.any(Number),
      });
    });

    it('shows a failed script with its exit code and what it printed', async () => {
      const commandId = await sent({ parameters: { Name: 'three' } });
      await stage.becomeVisible();
      await stage.letFinish();

      expect(await ended(commandId)).toEqual({
        kind: 'ended',
        status: 'Failed',
        exitCode: 3,
        output: 'hello three\n',
        ranForMs: expect.any(Number),
      });
    });

    it('does not see a command on a host that it was not sent to', async () => {
      const commandId = await sent();
      await stage.becomeVisible();

      expect(await stage.runner.look(commandId, 'i-0fffffffffffffff0')).toEqual({ kind: 'notVisible' });
    });
  });
}
