import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTable } from '../../../bin/commands/common/open-table.ts';
import { run as incidents } from '../../../bin/commands/incidents.ts';
import { run as status } from '../../../bin/commands/status.ts';
import type { IncidentView } from '../../../bin/flows/incident-view.ts';
import { FREEZES_ID } from '../../../functions/core/model/freeze.ts';
import { isoSeconds } from '../../../functions/core/text/tokens.ts';
import { createLocalAws, type LocalAws } from '../../../local/aws/local-aws.ts';
import { anIncident, aTarget, SAMPLE_NOW_MS } from '../../fakes/sample-state.ts';
import { environmentFor } from '../../support/signed.ts';
import { stackXml, startAwsStage } from '../support/aws-stage.ts';
import { configFile, configWith } from '../support/config-file.ts';
import { RecordingConsole } from '../support/recording-console.ts';

const TABLE = 'runbell-local';
let local: LocalAws;
let aws: Awaited<ReturnType<typeof startAwsStage>>;
const owed = {
  ...aTarget().notice,
  owedVersion: 2,
  shownVersion: 1,
  owedSinceMs: SAMPLE_NOW_MS,
  lastProblem: 'not_in_channel',
};

beforeAll(async () => {
  local = await createLocalAws({ tableName: TABLE });
  aws = await startAwsStage(({ name }) => (name === 'DescribeStacks' ? stackXml({ TableName: TABLE }) : null), local);
  const { targets, freezes } = openTable(TABLE, 'us-east-1', { ...aws.environment });
  const acknowledgement = { userId: 'U0AAAAAAA1', atMs: SAMPLE_NOW_MS };
  await targets.write(
    'orders-db',
    aTarget({ incident: anIncident({ severity: 'critical' }), notice: owed, acknowledgement }),
    null,
  );
  const resolved = anIncident({ id: 'inc-0000000002', resolvedAtMs: SAMPLE_NOW_MS + 60_000 });
  await targets.write('old-db', aTarget({ targetId: 'old-db', incident: resolved }), null);
  const freeze = {
    scope: { kind: 'everything' },
    byUserId: 'U0AAAAAAA1',
    sinceMs: SAMPLE_NOW_MS,
    untilMs: null,
    why: 'sale',
  } as const;
  await freezes.write(FREEZES_ID, { schema: 1, id: FREEZES_ID, freezes: [freeze] }, null);
});
afterAll(async () => {
  await aws.stop();
  await local.close();
});

describe('npx runbell status', () => {
  it('says what is open and frozen, out of the table of the deployed stack', async () => {
    const io = new RecordingConsole(aws.environment);
    expect(await status([], io)).toBe(0);
    const text = io.written.join('\n');
    expect(text).toMatch(/critical {2}orders-db {2}.*\n.*inc-0000000001, open for .*@U0AAAAAAA1 has it/);
    expect(text).toMatch(/Frozen: everything, by @U0AAAAAAA1 at \S+Z, until it is lifted: sale/);
    expect(text).toMatch(/Slack lacks the card of orders-db, for .*: not_in_channel/);
    expect(text).toContain('Nothing was sampled in the last 15 minutes: npx runbell doctor says why.');
    expect(text).not.toContain('old-db');
  });

  it('says the same of a loop on this machine, by its endpoint and with the keys of that loop', async () => {
    const io = new RecordingConsole(environmentFor(local));
    expect(await status(['--endpoint', local.url, '--json'], io)).toBe(0);
    expect(JSON.parse(io.written.join('\n'))).toMatchObject({
      incidents: [{ id: 'inc-0000000001', severity: 'critical', acknowledgedBy: 'U0AAAAAAA1', noticeOwed: true }],
      freezes: [{ scope: { kind: 'everything' }, until: null, why: 'sale' }],
      owed: [{ what: 'the card of orders-db', since: isoSeconds(SAMPLE_NOW_MS), problem: 'not_in_channel' }],
      maintenance: null,
      sampled: null,
      undecided: 0,
    });
  });

  it.each([
    ['ExpiredToken', 'The credentials have expired: aws sso login'],
    ['UnrecognizedClientException', 'AWS does not know these credentials'],
    ['AccessDenied', 'The stack runbell could not be read (AccessDenied: No.). Or name the table'],
  ])('says what is wrong with credentials that are refused (%s)', async (refuse, says) => {
    const refusing = await startAwsStage(() => ({ refuse }));
    await expect(status([], new RecordingConsole(refusing.environment))).rejects.toThrow(says);
    if (refuse !== 'AccessDenied') {
      const table = status(['--table', TABLE], new RecordingConsole(refusing.environment));
      await expect(table).rejects.toThrow(says);
    }
    await refusing.stop();
  });

  it('says so when there is no way to AWS', async () => {
    const nowhere = { ...aws.environment, AWS_ENDPOINT_URL: 'http://127.0.0.1:9' };
    await expect(status([], new RecordingConsole(nowhere))).rejects.toThrow('is there a way to AWS from here');
    const table = status(['--table', TABLE], new RecordingConsole(nowhere));
    await expect(table).rejects.toThrow('Is there a way to AWS from here (ECONNREFUSED)?');
  });

  it('says what to do when the stack is not there', async () => {
    const empty = await startAwsStage(() => ({ refuse: 'ValidationError' }));
    const refused = status(['--stack', 'elsewhere'], new RecordingConsole(empty.environment));
    await expect(refused).rejects.toThrow(
      'There is no stack elsewhere in eu-central-1: npx cdk deploy, or set AWS_REGION',
    );
    await empty.stop();
  });
});

describe('npx runbell incidents', () => {
  it('tells of each open incident, and that Slack does not have it', async () => {
    const io = new RecordingConsole(aws.environment);
    expect(await incidents([], io)).toBe(0);
    const text = io.written.join('\n');
    expect(text).toMatch(/^orders-db {2}inc-0000000001 {2}critical, open for /);
    expect(text).toContain('at or above the configured 40 connections');
    expect(text).toContain('Slack does not have the newest state yet (not_in_channel)');
  });

  it('adds the newest resolved one of every target when asked for all', async () => {
    const target = configWith({}).targets[0];
    const targets = ['orders-db', 'old-db', 'never-db'].flatMap((id) =>
      target === undefined ? [] : [{ ...target, id }],
    );
    const { file, remove } = configFile(configWith({ targets }));
    const io = new RecordingConsole(aws.environment);
    await incidents(['--all', '--json', '--config', file], io).finally(remove);
    const listed = JSON.parse(io.written.join('\n')) as readonly IncidentView[];
    expect(listed.map(({ targetId, resolvedAt }) => [targetId, resolvedAt !== null]).sort()).toEqual([
      ['old-db', true],
      ['orders-db', false],
    ]);
  });
});
