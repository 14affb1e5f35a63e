import { afterEach, describe, expect, it } from 'vitest';
import { Secrets } from '../../../functions/adapters/system/secrets.ts';
import { createSignedAwsCall } from '../../../functions/adapters/system/signed-aws-call.ts';
import { type Answer, type Received, startAwsEndpoint } from './aws-endpoint.ts';

const ARN = 'arn:aws:secretsmanager:eu-central-1:000000000000:secret:orders-AbCdEf';

let stop: () => Promise<void> = async () => {};
afterEach(() => stop());

async function start(answer: (request: Received, count: number) => Answer | 'hangUp') {
  const endpoint = await startAwsEndpoint(answer);
  stop = endpoint.stop;
  const clock = { at: 0, nowMs: () => clock.at };
  return { ...endpoint, clock, secrets: new Secrets(createSignedAwsCall(endpoint.environment), clock) };
}

const says = (text: string): Answer => ({ status: 200, body: JSON.stringify({ SecretString: text }) });

describe('secrets', () => {
  it('are read once in five minutes, and anew after that', async () => {
    const { secrets, clock, received } = await start((_request, count) => says(`text ${count}`));
    expect(await secrets.read(ARN)).toBe('text 1');
    clock.at = 5 * 60_000 - 1;
    expect(await secrets.read(ARN)).toBe('text 1');
    clock.at = 5 * 60_000;
    expect(await secrets.read(ARN)).toBe('text 2');
    expect(received.map(({ body }) => JSON.parse(body))).toEqual([{ SecretId: ARN }, { SecretId: ARN }]);
  });

  it('are read anew at once when the kept one was refused, and kept again', async () => {
    const { secrets } = await start((_request, count) => says(`text ${count}`));
    await secrets.read(ARN);
    expect(await secrets.refresh(ARN)).toBe('text 2');
    expect(await secrets.read(ARN)).toBe('text 2');
  });

  it('are asked for a second time when no answer came', async () => {
    const { secrets, received } = await start((_request, count) => (count === 1 ? 'hangUp' : says('text')));
    expect(await secrets.read(ARN)).toBe('text');
    expect(received).toHaveLength(2);
  });

  it('say why they were refused, asking once only', async () => {
    const { secrets, received } = await start(() => ({
      status: 400,
      body: JSON.stringify({ __type: 'AccessDeniedException', message: 'is not authorized' }),
    }));
    await expect(secrets.read(ARN)).rejects.toThrow('AccessDeniedException is not authorized');
    expect(received).toHaveLength(1);
  });

  it('without a text are an error that names the ARN', async () => {
    const { secrets } = await start(() => ({ status: 200, body: '{"SecretBinary":"AA=="}' }));
    await expect(secrets.read(ARN)).rejects.toThrow(`The secret ${ARN} has no text`);
  });
});
