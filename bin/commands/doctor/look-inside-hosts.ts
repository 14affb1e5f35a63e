import { setTimeout as wait } from 'node:timers/promises';
import { GetCommandInvocationCommand, SendCommandCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { ApplicationConfig, Config } from '../../../functions/core/config/config.ts';
import { forEachLimited } from '../../../functions/flows/change-item.ts';
import { about, counted, type Finding } from '../../flows/doctor/finding.ts';
import { hostScript, readHostFacts } from '../../flows/doctor/host-script.ts';
import { insideFindings } from '../../flows/doctor/inside-findings.ts';
import { type Aws, answerOf, type ConnectedAws, problemText } from '../common/aws.ts';
import type { Console } from '../common/console.ts';

const AT_ONCE = 10;
const LOOK_MS = 500;
const ANSWER_MS_MAX = 60_000;
/** A host that does not take it in this time is not there. */
const DELIVERY_SECONDS = 30;

/** Not asked for: says what was not looked at, and how to. */
export function notInside(config: Config): readonly Finding[] {
  const total = new Set(config.applications.flatMap(({ hosts }) => hosts)).size;
  if (total === 0) return [];
  const fix =
    'npx runbell doctor --hosts looks there too: PM2, paths, permissions and clock, by a script that only reads.';
  return [about('host')('note', `${counted(total, 'host')} not looked at from inside`, fix)];
}

/**
 * Every application on every host of it, from inside, with the rights of whoever asks and by the document that AWS
 * keeps for that. Runbell's own functions can send only Runbell's documents, and this is none of theirs.
 */
export async function lookInsideHosts(
  config: Config,
  connected: ConnectedAws,
  io: Console,
): Promise<readonly Finding[]> {
  if (connected.kind === 'noCredentials')
    return [about('host')('note', 'hosts not looked at from inside', connected.why)];
  const looks = config.applications.flatMap((application) =>
    application.hosts.map((hostId) => ({ application, hostId })),
  );
  const found: (readonly Finding[])[] = [];
  await forEachLimited(looks, AT_ONCE, async ({ application, hostId }) => {
    io.say(`Looking inside ${hostId} for ${application.id} …`);
    found.push(await lookInside(connected.aws, application, hostId));
  });
  return found.flat();
}

async function lookInside(aws: Aws, application: ApplicationConfig, hostId: string): Promise<readonly Finding[]> {
  const said = about('host', hostId);
  const sentAtMs = Date.now();
  const client = aws.client('SSM', SSMClient);
  const command = new SendCommandCommand({
    DocumentName: 'AWS-RunShellScript',
    InstanceIds: [hostId],
    Comment: 'runbell doctor: looks and changes nothing',
    TimeoutSeconds: DELIVERY_SECONDS,
    Parameters: { commands: hostScript(application).split('\n'), executionTimeout: ['30'] },
  });
  const answer = await answerOf(client.send(command));
  if (answer.kind !== 'done') {
    const fix = `Your credentials need ssm:SendCommand on AWS-RunShellScript and on ${hostId}.`;
    return [said('warning', `could not be looked at from inside (${problemText(answer)})`, fix)];
  }
  const output = await outputOf(client, answer.body.Command?.CommandId ?? '', hostId);
  if (output.kind === 'none') {
    return [
      said(
        'warning',
        `gave no answer from inside (${output.why})`,
        'Is its agent there? What was said of it before comes first.',
      ),
    ];
  }
  return insideFindings({ hostId, application, facts: readHostFacts(output.text), sentAtMs, seenAtMs: Date.now() });
}

const UNDER_WAY: readonly string[] = ['Pending', 'InProgress', 'Delayed'];

type Output = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'none'; readonly why: string };

async function outputOf(client: SSMClient, commandId: string, hostId: string): Promise<Output> {
  const startedMs = Date.now();
  let why = 'no answer in time';
  while (Date.now() - startedMs < ANSWER_MS_MAX) {
    await wait(LOOK_MS);
    const question = new GetCommandInvocationCommand({ CommandId: commandId, InstanceId: hostId });
    const answer = await answerOf(client.send(question));
    // Right after sending the service does not know it yet.
    if (answer.kind !== 'done' || answer.body.Status === undefined) continue;
    const { Status, StandardOutputContent: text = '' } = answer.body;
    if (Status === 'Success') return { kind: 'text', text };
    if (!UNDER_WAY.includes(Status)) return { kind: 'none', why: Status };
    why = Status;
  }
  return { kind: 'none', why };
}
