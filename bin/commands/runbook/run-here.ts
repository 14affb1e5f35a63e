import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import * as z from 'zod';
import { ranForMs } from '../../../functions/adapters/ssm/ssm-command-runner.ts';
import { readEnding } from '../../../functions/core/act/read-ending.ts';
import type { ApplicationConfig, TargetConfig } from '../../../functions/core/config/config.ts';
import { fillParameters } from '../../../functions/core/runbook/fill-parameters.ts';
import type { Runbook } from '../../../lib/runbook-catalogue.ts';
import { type HeldApplications, holdApplications } from '../../../local/application-lock.ts';
import { privateFolder } from '../../../local/private-folder.ts';
import { createLocalSsm, type LocalSsm } from '../../../local/ssm/create-local-ssm.ts';
import type { Console } from '../common/console.ts';
import { Failure } from '../common/failure.ts';

/** This machine, as an agent that is new enough would call it. */
const HOST = { id: 'mi-00000000000000000', tags: {}, agentVersion: '3.3.3572.0', platform: 'Linux' } as const;
const LOOK_MS = 200;

export interface RunHere {
  readonly io: Console;
  readonly runbook: Runbook;
  readonly application: ApplicationConfig;
  readonly targets: readonly TargetConfig[];
  readonly person: Readonly<Record<string, string>>;
  readonly dryRun: boolean;
  readonly json: boolean;
  readonly undo: string | undefined;
}

const sent = z.object({ Command: z.object({ CommandId: z.string() }) });
const invocation = z.object({
  Status: z.string(),
  ResponseCode: z.number(),
  StandardOutputContent: z.string(),
  StandardErrorContent: z.string(),
  ExecutionStartDateTime: z.string(),
  ExecutionEndDateTime: z.string(),
});
type Invocation = z.output<typeof invocation>;

/** Delivers a runbook to this machine as SSM does, waits for its end and tells it. Answers with the exit code. */
export async function runHere(order: RunHere): Promise<number> {
  const runId = `cli-${Date.now().toString(36)}-${randomBytes(3).toString('hex')}`;
  const parameters = filled(order, runId);
  const host = hostWith(order.io.environment['RUNBELL_STATE_DIR']);
  const held = await hold(order);
  const dir = mkdtempSync(join(tmpdir(), 'runbell-cli-'));
  const { name, document } = order.runbook;
  const ssm = createLocalSsm({ documents: [{ name, content: document }], hosts: [host], dir, requiredTag: null });
  try {
    order.io.say(
      `Run ${runId}${order.dryRun ? ', a dry run that changes nothing' : ''}: ${order.runbook.manifest.says}`,
    );
    const ended = await deliver(ssm, name, parameters);
    tell(order, ended);
    tellDetails(order, runId);
    // Killed at its time limit it has no exit code of its own.
    return [0, 20, 30].includes(ended.ResponseCode) ? ended.ResponseCode : 30;
  } finally {
    await ssm.close();
    await held?.release();
    rmSync(dir, { recursive: true, force: true });
  }
}

function hostWith(state: string | undefined) {
  if (state === undefined) return HOST;
  try {
    return { ...HOST, env: { RUNBELL_STATE_DIR: privateFolder(state) } };
  } catch (error) {
    throw new Failure(`RUNBELL_STATE_DIR: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A loop on this machine that has the application would not know of this run. Looking on disturbs nobody. */
async function hold({ runbook, application, dryRun }: RunHere): Promise<HeldApplications | null> {
  if (dryRun || runbook.manifest.risk === 'read') return null;
  return holdApplications([application]).catch((error: unknown) => {
    throw new Failure(error instanceof Error ? error.message : String(error));
  });
}

function filled(order: RunHere, runId: string): Readonly<Record<string, string>> {
  const { runbook, application, targets, dryRun, person, undo } = order;
  if (undo !== undefined && !runbook.manifest.parameters.some((one) => one.from === 'run.undoes')) {
    throw new Failure(`${runbook.manifest.id} takes no run back, so --undo means nothing to it.`);
  }
  const undoes = undo === undefined ? {} : { undoes: undo };
  const answer = fillParameters(runbook.manifest, { application, targets, runId, dryRun, person, ...undoes });
  if (answer.kind === 'invalid') throw new Failure(answer.problems.map((one) => inWords(one, order)).join('\n'));
  return answer.parameters;
}

/** What a script needs and the configuration leaves out is known there under the setting's name. */
function inWords(problem: string, { runbook, application }: RunHere): string {
  const setting = /\(application\.(\w+)\) has no value/.exec(problem)?.[1];
  if (setting === undefined) return problem;
  return `${runbook.manifest.id} needs ${setting}, which the configuration of ${application.id} does not have.`;
}

async function deliver(ssm: LocalSsm, name: string, parameters: Readonly<Record<string, string>>): Promise<Invocation> {
  const answer = await ssm.handle('AmazonSSM.SendCommand', {
    DocumentName: name,
    InstanceIds: [HOST.id],
    Parameters: Object.fromEntries(Object.entries(parameters).map(([key, value]) => [key, [value]])),
  });
  if (answer.status !== 200) throw new Failure(`The command was not accepted: ${JSON.stringify(answer.body)}`);
  const { CommandId } = sent.parse(answer.body).Command;
  for (;;) {
    await wait(LOOK_MS);
    const look = await ssm.handle('AmazonSSM.GetCommandInvocation', { CommandId, InstanceId: HOST.id });
    const seen = invocation.safeParse(look.body);
    if (seen.success && !['Pending', 'InProgress', 'Delayed'].includes(seen.data.Status)) return seen.data;
  }
}

/** All that the script and its programs printed lies on this machine. */
function tellDetails({ io, runbook }: RunHere, runId: string): void {
  const { RUNBELL_STATE_DIR, XDG_STATE_HOME } = io.environment;
  const uid = process.getuid?.() ?? 0;
  const own = XDG_STATE_HOME === undefined ? `/tmp/runbell-${uid}` : join(XDG_STATE_HOME, 'runbell');
  const folder = RUNBELL_STATE_DIR ?? (uid === 0 ? '/var/lib/runbell' : own);
  const file = join(folder, 'details', `${runbook.manifest.id}.${runId}.${HOST.id}.log`);
  if (existsSync(file)) io.say(`Details: ${file}`);
}

function tell({ io, json, runbook }: RunHere, ended: Invocation): void {
  const output = ended.StandardOutputContent;
  if (json) {
    io.out(output.trimEnd());
    return;
  }
  const status = ended.Status === 'Success' || ended.Status === 'TimedOut' ? ended.Status : 'Failed';
  const seen = { kind: 'ended', status, exitCode: ended.ResponseCode, output, ranForMs: ranForMs(ended) } as const;
  const { ending, lines } = readEnding(seen, runbook.manifest.timeoutSeconds * 1000);
  io.out('reason' in ending && ending.reason !== '' ? `${ending.kind}: ${ending.reason}` : ending.kind);
  for (const line of lines) io.out(`  ${line}`);
}
