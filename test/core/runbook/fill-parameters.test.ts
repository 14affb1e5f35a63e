import { describe, expect, it } from 'vitest';
import type { ApplicationConfig, TargetConfig } from '../../../functions/core/config/config.ts';
import { fillParameters } from '../../../functions/core/runbook/fill-parameters.ts';
import { type Manifest, type ManifestParameter, manifestSchema } from '../../../functions/core/runbook/manifest.ts';
import { MANIFEST_INPUT } from './sample-runbook.ts';

const APPLICATION: ApplicationConfig = {
  id: 'shop',
  kind: 'laravel',
  targets: ['shop-db'],
  hosts: [],
  directory: '/srv/shop',
  user: 'deploy',
  pm2: { home: '/home/deploy/.pm2', processes: ['worker', 'queue:high'], cli: '/opt/node/bin/pm2' },
  databaseUsers: [],
  phpFpmUnit: 'php8.2-fpm',
  php: '/usr/bin/php8.2',
  healthCommand: '/usr/bin/true',
  ecosystemFile: '/srv/shop/ecosystem.config.js',
  drainSignal: 'SIGTERM',
  cacheCommands: { pages: '/bin/clear pages', all: '/bin/clear' },
};
const TARGETS: readonly TargetConfig[] = ['other-db', 'shop-db'].map((id, at) => ({
  id,
  host: 'db',
  port: 3306 + at,
  user: 'runbell',
  credential: { kind: 'environment', variable: 'PASSWORD' },
  tls: 'off',
}));
const FACTS = { targets: TARGETS, application: APPLICATION, runId: 'run-1', dryRun: false, person: {} };

function manifestWith(from: ManifestParameter['from'], more: Partial<ManifestParameter> = {}): Manifest {
  const one = { name: 'One', from, description: 'One', pattern: '^[A-Za-z0-9/.:,;= -]{1,50}$', ...more };
  return manifestSchema.parse({ ...MANIFEST_INPUT, kinds: ['laravel'], parameters: [one] });
}

describe('fillParameters', () => {
  it.each<[ManifestParameter['from'], string]>([
    ['run.id', 'run-1'],
    ['run.dryRun', 'no'],
    ['application.id', 'shop'],
    ['application.kind', 'laravel'],
    ['application.user', 'deploy'],
    ['application.directory', '/srv/shop'],
    ['application.phpFpmUnit', 'php8.2-fpm'],
    ['pm2.home', '/home/deploy/.pm2'],
    ['pm2.processes', 'worker,queue:high'],
    ['pm2.cli', '/opt/node/bin/pm2'],
    ['application.php', '/usr/bin/php8.2'],
    ['application.healthCommand', '/usr/bin/true'],
    ['application.ecosystemFile', '/srv/shop/ecosystem.config.js'],
    ['application.drainSignal', 'SIGTERM'],
    ['application.cacheCommands', 'pages=/bin/clear pages;all=/bin/clear'],
    ['targets.ports', '3307'],
    ['person', 'chosen'],
  ])('takes %s from where it belongs', (from, value) => {
    const filled = fillParameters(manifestWith(from), { ...FACTS, person: from === 'person' ? { One: 'chosen' } : {} });
    expect(filled).toEqual({ kind: 'filled', parameters: { One: value } });
  });

  it('says yes to a dry run', () => {
    expect(fillParameters(manifestWith('run.dryRun'), { ...FACTS, dryRun: true })).toMatchObject({
      parameters: { One: 'yes' },
    });
  });

  it('takes the default where the configuration has nothing', () => {
    const { phpFpmUnit: _, ...without } = APPLICATION;
    const facts = { ...FACTS, application: without };
    expect(fillParameters(manifestWith('application.phpFpmUnit', { default: 'none' }), facts)).toMatchObject({
      parameters: { One: 'none' },
    });
    expect(fillParameters(manifestWith('application.phpFpmUnit'), facts)).toEqual({
      kind: 'invalid',
      problems: ['One (application.phpFpmUnit) has no value and no default'],
    });
  });

  it('refuses a value that its pattern does not allow, and does not repeat it', () => {
    const facts = { ...FACTS, person: { One: '$(reboot)' } };
    expect(fillParameters(manifestWith('person'), facts)).toEqual({
      kind: 'invalid',
      problems: [expect.stringMatching(/^One \(person\) does not fit: ./)],
    });
  });

  it('names every problem at once: foreign choices, another kind of application, missing values', () => {
    const manifest = { ...manifestWith('person'), kinds: ['node' as const] };
    expect(fillParameters(manifest, { ...FACTS, person: { Two: '2', toString: 'x' } })).toEqual({
      kind: 'invalid',
      problems: [
        'Two is not a choice of tidy-up; it has One',
        'toString is not a choice of tidy-up; it has One',
        'tidy-up is not made for laravel applications such as shop',
        'One (person) has no value and no default',
      ],
    });
  });
});
