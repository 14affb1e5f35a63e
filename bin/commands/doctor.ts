import { parseArgs } from 'node:util';
import { configFindings } from '../flows/doctor/config-findings.ts';
import { about, exitCodeOf, type Finding, findingsText, worstOf } from '../flows/doctor/finding.ts';
import { connectAws } from './common/aws.ts';
import { type Console, processConsole } from './common/console.ts';
import { Failure } from './common/failure.ts';
import { CONFIG_FILE, importConfig } from './common/read-config.ts';
import { lookAtHosts } from './doctor/look-at-hosts.ts';
import { lookAtSlack } from './doctor/look-at-slack.ts';
import { lookAtStack } from './doctor/look-at-stack.ts';
import { lookAtTargets } from './doctor/look-at-targets.ts';
import { lookInsideHosts, notInside } from './doctor/look-inside-hosts.ts';

export const help = `what is wrong or missing, each with its fix

  npx runbell doctor             configuration, Slack, every target, every host, the stack
  npx runbell doctor --hosts     also looks inside every host: PM2 and its owner, paths, permissions, clock
  npx runbell doctor --json      {"worst": "…", "findings": [{area, subject, severity, what, fix}]}

  --config FILE    default: ${CONFIG_FILE}
  --stack NAME     default: the name in the configuration

Example, in a pipeline after a deployment:
  npx runbell doctor --json | jq -r '.findings[] | select(.severity == "error") | .fix'

Ends with 0 (notes at most), 1 (a warning) or 2 (an error). It looks and changes nothing, and goes as far as it can
without AWS credentials. With --hosts it sends a script that only reads, by AWS-RunShellScript and with your own rights
(ssm:SendCommand, ssm:GetCommandInvocation); without, nothing is sent to any host.`;

export async function run(args: readonly string[], io: Console = processConsole()): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'boolean', default: false },
      config: { type: 'string', default: CONFIG_FILE },
      stack: { type: 'string' },
      hosts: { type: 'boolean', default: false },
    },
  });
  const findings = await look(values, io);
  io.out(values.json ? JSON.stringify({ worst: worstOf(findings), findings }, null, 2) : findingsText(findings));
  return exitCodeOf(findings);
}

interface Given {
  readonly config: string;
  readonly stack?: string;
  readonly hosts: boolean;
}

async function look(given: Given, io: Console): Promise<readonly Finding[]> {
  const input = await importConfig(given.config).catch((error: unknown) => {
    if (error instanceof Failure) return error;
    throw error;
  });
  if (input instanceof Failure) return [about('configuration')('error', 'cannot be read', input.message)];
  const { config, findings } = configFindings(input);
  if (config === null) return findings;
  const connected = await connectAws(io.environment);
  const { stack, findings: ofStack } = await lookAtStack(config, given.stack ?? config.name, connected, io);
  return [
    ...findings,
    ...(await lookAtTargets(config, connected, io)),
    ...(await lookAtHosts(config, connected, io)),
    ...(given.hosts ? await lookInsideHosts(config, connected, io) : notInside(config)),
    ...(await lookAtSlack(config, connected, stack, io)),
    ...ofStack,
  ];
}
