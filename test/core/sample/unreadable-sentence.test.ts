import { describe, expect, it } from 'vitest';
import type { TargetConfig } from '../../../functions/core/config/config.ts';
import { UNREADABLE_CAUSES } from '../../../functions/core/model/sample.ts';
import { unreadableSentence } from '../../../functions/core/text/unreadable.ts';

const target: TargetConfig = {
  id: 'orders-db',
  host: 'db.internal',
  port: 3306,
  user: 'runbell',
  credential: { kind: 'environment', variable: 'ORDERS_PASSWORD' },
  tls: 'rds',
};
const context = { target, port: 3306, code: '1045', why: null };

describe('the sentence about a target that could not be read', () => {
  it.each(UNREADABLE_CAUSES)('names the target, leaves its health open and says what to do (%s)', (cause) => {
    const sentence = unreadableSentence(cause, context);
    expect(sentence).toContain('orders-db');
    expect(sentence).toContain('Whether it is running out of connections is not known.');
    expect(sentence.length).toBeLessThan(520);
    expect(sentence).toMatch(/[^.]\.$/);
  });

  it('says something else for every cause', () => {
    const sentences = new Set(UNREADABLE_CAUSES.map((cause) => unreadableSentence(cause, context)));
    expect(sentences.size).toBe(UNREADABLE_CAUSES.length);
  });

  it.each([
    ['hostNotAllowed', 'GRANT PROCESS ON *.* TO'],
    ['accountLocked', 'ACCOUNT UNLOCK'],
    ['quota', 'WITH MAX_USER_CONNECTIONS'],
    ['blockedHost', 'FLUSH HOSTS'],
    ['blockedHost', 'TRUNCATE TABLE performance_schema.host_cache'],
    ['adminPortDenied', 'GRANT SERVICE_CONNECTION_ADMIN ON *.* TO'],
  ] as const)('gives the command that helps with %s', (cause, command) => {
    expect(unreadableSentence(cause, context)).toContain(command);
  });

  it('looks for the reason of a refused login where the credential comes from', () => {
    expect(unreadableSentence('denied', context)).toContain('SHOW GRANTS');
    const credential = { kind: 'iam', region: 'eu-west-1', resourceId: 'db-ABC' } as const;
    const sentence = unreadableSentence('denied', { ...context, target: { ...target, credential } });
    expect(sentence).toContain('rds-db:connect');
    expect(sentence).toContain('db-ABC');
  });

  it('names socket or port, whichever was tried', () => {
    expect(unreadableSentence('frozen', { ...context, port: 33062 })).toContain('db.internal:33062');
    const overSocket = { ...target, socketPath: '/run/mysqld/mysqld.sock' };
    expect(unreadableSentence('socketMissing', { ...context, target: overSocket })).toContain(
      '/run/mysqld/mysqld.sock',
    );
  });
});
