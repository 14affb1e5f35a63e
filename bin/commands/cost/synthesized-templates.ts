import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import type { ConfigInput } from '../../../functions/core/config/config.ts';
import { RunbellStack } from '../../../lib/runbell-stack.ts';

export type Credentials = 'iam' | 'password';

/** Stands in for a VPC that the configuration does not name: two zones, as most have. */
const VPC = {
  kind: 'vpc',
  vpcId: 'vpc-00000000000000001',
  subnetIds: ['subnet-00000000000000001', 'subnet-00000000000000002'],
  availabilityZones: ['us-east-1a', 'us-east-1b'],
  securityGroupId: 'sg-00000000000000001',
  routeTableIds: ['rtb-00000000000000001'],
} as const;

/** The template that `cdk deploy` would send, for one way of logging in to every target. */
export function synthesizedTemplate(config: ConfigInput, credentials: Credentials): unknown {
  const outdir = mkdtempSync(join(tmpdir(), 'runbell-cost-'));
  try {
    const app = new App({ outdir });
    new RunbellStack(app, 'runbell', { config: withCredentials(config, credentials) });
    return app.synth().getStackByName('runbell').template;
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

/** Passwords are read through an endpoint of our own, which is what costs; another way is the user's to count. */
function withCredentials(config: ConfigInput, credentials: Credentials): ConfigInput {
  const { secretsEndpoint: _unneeded, ...network } = vpcOf(config);
  const iam = { kind: 'iam', region: 'us-east-1', resourceId: 'db-ABCDEFGHIJKL' } as const;
  const arn = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:monitoring-AbCdEf';
  const targets = config.targets.map((target) =>
    credentials === 'iam'
      ? { ...target, credential: iam, tls: 'rds' as const }
      : { ...target, credential: { kind: 'secret', arn } as const, tls: 'rds' as const },
  );
  return {
    ...config,
    targets: targets.map(({ socketPath: _socket, ...target }) => target),
    network: credentials === 'iam' ? network : { ...network, secretsEndpoint: 'create' },
  };
}

function vpcOf({ network }: ConfigInput): Extract<ConfigInput['network'], { kind: 'vpc' }> {
  return network?.kind === 'vpc'
    ? network
    : {
        ...VPC,
        subnetIds: [...VPC.subnetIds],
        availabilityZones: [...VPC.availabilityZones],
        routeTableIds: [...VPC.routeTableIds],
      };
}
