import { describe, expect, it } from 'vitest';
import { createJsonLog } from '../../../functions/adapters/system/log.ts';

function logged(write: (log: ReturnType<typeof createJsonLog>) => void): Record<string, unknown> {
  const lines: string[] = [];
  write(
    createJsonLog(
      (line) => lines.push(line),
      () => 0,
    ),
  );
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0] ?? '') as Record<string, unknown>;
}

describe('the log of a function', () => {
  it('writes one line of JSON with time, level and event, which no field can overwrite', () => {
    const line = logged((log) => log.info('decision', { reason: 'permitted', event: 'another', level: 'another' }));
    expect(line).toEqual({
      timestamp: '1970-01-01T00:00:00.000Z',
      level: 'INFO',
      event: 'decision',
      reason: 'permitted',
    });
  });

  it('leaves out what is named like a secret, however deep it lies', () => {
    const line = logged((log) =>
      log.error('x', { botToken: 'a-value', nested: { password: 'a-value', Authorization: 'a-value' }, ok: 1 }),
    );
    expect(JSON.stringify(line)).not.toContain('a-value');
    expect(line).toMatchObject({ level: 'ERROR', ok: 1, nested: { password: '(left out)' } });
  });

  it('keeps the ARN of a secret and what was wrong with it', () => {
    const line = logged((log) => log.error('x', { secretArn: 'arn:of:it', secretReason: 'notThere' }));
    expect(line).toMatchObject({ secretArn: 'arn:of:it', secretReason: 'notThere' });
  });

  it('says what an error was, with its cause', () => {
    const error = new Error('outer', { cause: new TypeError('inner') });
    expect(logged((log) => log.error('x', { error }))['error']).toMatchObject({
      name: 'Error',
      message: 'outer',
      cause: { name: 'TypeError', message: 'inner' },
    });
  });

  it('cuts long texts and long lines', () => {
    const long = logged((log) => log.info('x', { text: 'a'.repeat(5000) }));
    expect(String(long['text'])).toHaveLength(2001);
    const many = Object.fromEntries(Array.from({ length: 20 }, (_unused, at) => [`f${at}`, 'b'.repeat(1500)]));
    const cut = logged((log) => log.info('many', many));
    expect(Object.keys(cut)).toEqual(['timestamp', 'level', 'event', 'cut']);
    expect(String(cut['cut'])).toHaveLength(2000);
  });
});
