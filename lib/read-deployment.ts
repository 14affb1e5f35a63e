import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Config, configSchema, type TargetConfig } from '../functions/core/config/config.ts';
import { type ConfigProblem, configProblemsText, parseConfig } from '../functions/core/config/parse-config.ts';
import { databaseUsers, hasRoom } from './policy-room.ts';
import { loadCatalogue, type Runbook } from './runbook-catalogue.ts';

/** The runbooks that come with Runbell. */
export const RUNBOOKS_FOLDER = fileURLToPath(new URL('../runbooks', import.meta.url));

/** What an interface endpoint costs a month in one availability zone (0.01 $ an hour). */
const ENDPOINT_DOLLARS_A_ZONE = 7.3;

const PRIVATE_ADDRESS =
  /^(10\.|127\.|169\.254\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|localhost$|::1$|f[cd][0-9a-f]{2}:)/i;

export type ReadDeployment =
  | { readonly kind: 'valid'; readonly config: Config; readonly runbooks: readonly Runbook[] }
  /** Every problem of configuration and runbooks, for a terminal. */
  | { readonly kind: 'invalid'; readonly text: string };

/** Checks a configuration as `npm start` does, then whether it can work on AWS, and reads the runbooks for it. */
export function readDeployment(input: unknown, runbooksFolder: string = RUNBOOKS_FOLDER): ReadDeployment {
  const parsed = parseConfig(input);
  const shaped = configSchema.safeParse(input);
  const runbooks = readRunbooks(shaped.success ? shaped.data.name : 'runbell', runbooksFolder);
  const problems = [
    ...(parsed.kind === 'invalid' ? parsed.problems : []),
    ...(shaped.success ? deploymentProblems(shaped.data) : []),
    ...(shaped.success && runbooks.kind === 'valid' ? settingProblems(shaped.data, runbooks.runbooks) : []),
  ];
  if (parsed.kind === 'valid' && problems.length === 0 && runbooks.kind === 'valid') {
    return { kind: 'valid', config: parsed.config, runbooks: runbooks.runbooks };
  }
  const texts = [
    ...(problems.length > 0 ? [configProblemsText(problems)] : []),
    ...(runbooks.kind === 'invalid' ? [runbooks.text] : []),
  ];
  return { kind: 'invalid', text: texts.join('\n') };
}

function readRunbooks(
  appName: string,
  folder: string,
):
  | { readonly kind: 'valid'; readonly runbooks: readonly Runbook[] }
  | { readonly kind: 'invalid'; readonly text: string } {
  try {
    return { kind: 'valid', runbooks: loadCatalogue(appName, folder) };
  } catch (error) {
    return { kind: 'invalid', text: error instanceof Error ? error.message : String(error) };
  }
}

function settingProblems(config: Config, runbooks: readonly Runbook[]): readonly ConfigProblem[] {
  const ids = runbooks.map(({ manifest }) => manifest.id);
  return Object.keys(config.runbooks)
    .filter((id) => !ids.includes(id))
    .map((id) => ({
      path: `runbooks.${id}`,
      message: `there is no runbook "${id}"; the runbooks are ${ids.join(', ')}`,
    }));
}

function deploymentProblems(config: Config): readonly ConfigProblem[] {
  return [
    ...config.targets.flatMap((target, at) => targetProblems(target, `targets[${at}]`)),
    ...secretProblems(config),
    ...networkProblems(config),
  ];
}

function targetProblems(target: TargetConfig, path: string): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const { credential, tls } = target;
  if (credential.kind === 'environment') {
    problems.push({
      path: `${path}.credential`,
      message:
        'an environment variable works only with npm start; put the password into Secrets Manager and write ' +
        "{ kind: 'secret', arn }, or use { kind: 'iam', region, resourceId }",
    });
  }
  if (credential.kind === 'iam' && tls === 'off') {
    problems.push({ path: `${path}.tls`, message: "a database takes IAM tokens over TLS only: use tls: 'rds'" });
  }
  if (target.socketPath !== undefined) {
    problems.push({ path: `${path}.socketPath`, message: 'a Lambda function has no such socket: use host and port' });
  }
  if (typeof tls === 'object' && !existsSync(tls.caFile)) {
    problems.push({ path: `${path}.tls.caFile`, message: `there is no file ${tls.caFile} to put beside the function` });
  }
  return problems;
}

function secretProblems(config: Config): readonly ConfigProblem[] {
  const secrets = new Map(
    config.targets.flatMap(({ credential }, at) =>
      credential.kind === 'secret' ? [[credential.arn, `targets[${at}].credential.arn`] as const] : [],
    ),
  );
  const problems = [
    ...secrets,
    ...(config.slack.secretArn ? [[config.slack.secretArn, 'slack.secretArn'] as const] : []),
  ]
    // Reading works with a shortened ARN, and the permission to read does not.
    .filter(([arn]) => !/-[A-Za-z0-9]{6}$/.test(arn))
    .map(([, path]) => ({ path, message: 'use the whole ARN, which ends in a hyphen and six letters or digits' }));
  if (hasRoom(config.targets, true)) return problems;
  const users = databaseUsers(config.targets, true).length;
  const message =
    `${secrets.size} different password secrets and ${users} database users do not fit into the policy of one role; ` +
    'let databases share a monitoring secret or user, or make a second configuration with a name of its own';
  return [...problems, { path: 'targets', message }];
}

function networkProblems(config: Config): readonly ConfigProblem[] {
  const { network, targets } = config;
  if (network.kind !== 'vpc') return privateAddresses(config);
  const problems: ConfigProblem[] = [];
  const zones = new Set(network.availabilityZones).size;
  if (network.availabilityZones.length !== network.subnetIds.length) {
    problems.push({
      path: 'network.availabilityZones',
      message: `give one zone for each of the ${network.subnetIds.length} subnets, in the same order`,
    });
  }
  const withPassword = targets.filter(({ credential }) => credential.kind === 'secret').map(({ id }) => id);
  if (withPassword.length > 0 && network.secretsEndpoint === undefined) {
    problems.push({
      path: 'network.secretsEndpoint',
      message:
        `${withPassword.slice(0, 5).join(', ')} ${withPassword.length === 1 ? 'uses' : 'use'} a password secret, ` +
        "which a function in a VPC cannot read without help: write 'create' for an interface endpoint " +
        `(${dollars(zones)} a month for ${zones === 1 ? 'one zone' : `${zones} zones`}), 'existing' if the VPC has ` +
        "one with private DNS, or 'egress-only-ipv6' for dual-stack subnets with an egress-only internet gateway",
    });
  }
  return problems;
}

/** Names are not looked up: what they stand for may change, and another network may answer differently. */
function privateAddresses({ targets }: Config): readonly ConfigProblem[] {
  const passwordCost = `${dollars(1)} a month and zone for a password, nothing for IAM`;
  return targets.flatMap(({ host }, at) =>
    PRIVATE_ADDRESS.test(host)
      ? [
          {
            path: `targets[${at}].host`,
            message:
              `${host} is a private address, which a function outside a VPC cannot reach: write network: ` +
              `{ kind: 'vpc', vpcId, subnetIds, availabilityZones, securityGroupId } (${passwordCost})`,
          },
        ]
      : [],
  );
}

function dollars(zones: number): string {
  return `${(ENDPOINT_DOLLARS_A_ZONE * zones).toFixed(2)} $`;
}
