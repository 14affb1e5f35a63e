import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { ListSchedulesCommand, SchedulerClient, type ScheduleSummary } from '@aws-sdk/client-scheduler';
import type { Config } from '../../../functions/core/config/config.ts';
import { about, counted, type Finding } from '../../flows/doctor/finding.ts';
import { type Aws, answerOf, type ConnectedAws, problemText } from '../common/aws.ts';
import type { Console } from '../common/console.ts';
import { describeStack, type FoundStack, stackResources } from '../common/find-stack.ts';
import { productVersion } from '../common/product-version.ts';
import { lastSampleMs } from './last-sample.ts';
import { lookAtConcurrency } from './look-at-concurrency.ts';

const said = about('stack');
const FRESH_MS = 5 * 60_000;

export interface StackLook {
  readonly stack: FoundStack;
  readonly findings: readonly Finding[];
}

/** The deployed stack: there, whole, sampling, and not alarmed. */
export async function lookAtStack(
  config: Config,
  name: string,
  connected: ConnectedAws,
  io: Console,
): Promise<StackLook> {
  if (connected.kind === 'noCredentials') {
    const stack = { kind: 'unknown', why: connected.why } as const;
    return { stack, findings: [said('note', 'not looked at', connected.why)] };
  }
  io.say(`Looking at the stack ${name} in ${connected.aws.region} …`);
  const stack = await describeStack(connected.aws, name);
  if (stack.kind === 'unknown') return { stack, findings: [said('warning', 'not found', stack.why)] };
  const isWhole = /^(CREATE|UPDATE|IMPORT)_COMPLETE$/.test(stack.status);
  return {
    stack,
    findings: [
      isWhole
        ? said('ok', `${name} is deployed (${stack.status})`)
        : said('error', `${name} is ${stack.status}`, 'See its events in CloudFormation, then npx cdk deploy.'),
      ...versionFindings(stack.outputs.get('Version')),
      ...(await ofResources(connected.aws, name)),
      await sampling(config, stack.outputs.get('TableName'), connected.aws, io),
      ...(await alarms(connected.aws, name)),
    ],
  };
}

function versionFindings(deployed: string | undefined): readonly Finding[] {
  const here = productVersion();
  // A stack of the version before says nothing about it.
  if (deployed === undefined)
    return [said('note', 'it does not say which version it is', 'npx cdk deploy brings this one.')];
  return deployed === here
    ? [said('ok', `version ${deployed}`)]
    : [said('warning', `version ${deployed} is deployed, and this is ${here}`, 'npx cdk diff, then npx cdk deploy.')];
}

async function ofResources(aws: Aws, name: string): Promise<readonly Finding[]> {
  const resources = await stackResources(aws, name);
  const all = resources.kind === 'done' ? resources.body : [];
  const group = all.find(({ ResourceType }) => ResourceType === 'AWS::Scheduler::ScheduleGroup')?.PhysicalResourceId;
  if (group === undefined) {
    return [
      said('note', 'its schedules could not be found', 'Your credentials need cloudformation:DescribeStackResources.'),
    ];
  }
  return [...(await schedules(aws, group)), ...(await lookAtConcurrency(all, aws))];
}

/** Nobody hears of a schedule that somebody switched off before the alarm on silence rings. */
async function schedules(aws: Aws, group: string): Promise<readonly Finding[]> {
  const client = aws.client('SCHEDULER', SchedulerClient);
  const answer = await answerOf(client.send(new ListSchedulesCommand({ GroupName: group })));
  if (answer.kind !== 'done') {
    return [
      said(
        'note',
        `its schedules could not be looked at (${problemText(answer)})`,
        'Your credentials need scheduler:ListSchedules.',
      ),
    ];
  }
  return scheduleFindings(answer.body.Schedules ?? [], group);
}

function scheduleFindings(all: readonly ScheduleSummary[], group: string): readonly Finding[] {
  const off = all.filter(({ State }) => State !== 'ENABLED');
  if (all.length === 0)
    return [said('error', 'it has no schedule, so nothing is sampled', 'npx cdk deploy makes them.')];
  if (off.length === 0) return [said('ok', `${counted(all.length, 'schedule')} on`)];
  return off.map(({ Name, State }) =>
    said(
      'error',
      `schedule ${Name} is ${State}`,
      `In EventBridge Scheduler, group ${group}: enable it; or npx cdk deploy --force.`,
    ),
  );
}

async function sampling(config: Config, table: string | undefined, aws: Aws, io: Console): Promise<Finding> {
  if (table === undefined)
    return said('warning', 'it has no output TableName', 'Is it a stack of Runbell? npx cdk deploy.');
  const last = await lastSampleMs(table, config, aws.region, io.environment);
  if (typeof last === 'string')
    return said('warning', `the table could not be read (${last})`, 'Your credentials need dynamodb:Query.');
  const fix = 'Is the schedule on? Is the Lambda concurrency of the account used up? The log of watch says more.';
  if (last === null) return said('error', 'no sample in the last hour', fix);
  const ageMs = Date.now() - last;
  const age = `${Math.round(ageMs / 1000)} s ago`;
  return ageMs <= FRESH_MS
    ? said('ok', `sampling: last tick ${age}`)
    : said('error', `the last sample was ${age}`, fix);
}

async function alarms(aws: Aws, name: string): Promise<readonly Finding[]> {
  const question = new DescribeAlarmsCommand({ AlarmNamePrefix: `${name}-`, MaxRecords: 100 });
  const answer = await answerOf(aws.client('CLOUDWATCH', CloudWatchClient).send(question));
  if (answer.kind !== 'done') {
    return [
      said(
        'note',
        `alarms could not be looked at (${problemText(answer)})`,
        'Your credentials need cloudwatch:DescribeAlarms.',
      ),
    ];
  }
  const found = answer.body.MetricAlarms ?? [];
  const ringing = found.filter(({ StateValue }) => StateValue === 'ALARM');
  if (found.length === 0) return [said('warning', 'it has no alarms', 'npx cdk deploy makes them.')];
  const blind = found.filter(({ StateValue }) => StateValue === 'INSUFFICIENT_DATA');
  if (ringing.length === 0) {
    const young = blind.length === 0 ? '' : `, ${blind.length} without data yet`;
    return [said('ok', `${counted(found.length, 'alarm')}, none ringing${young}`)];
  }
  return ringing.map(({ AlarmName = '', AlarmDescription }) =>
    said('error', `alarm ${AlarmName}`, AlarmDescription ?? 'docs/operating.md says what to do.'),
  );
}
