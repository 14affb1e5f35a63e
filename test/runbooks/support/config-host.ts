import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import type { ApplicationConfig } from '../../../functions/core/config/config.ts';
import { fillParameters } from '../../../functions/core/runbook/fill-parameters.ts';
import { asEnvironment, type Delivered, deliver, runbook } from './deliver.ts';

export interface Wanted {
  readonly runId?: string;
  readonly dryRun?: boolean;
  readonly undoes?: string;
  readonly person?: Readonly<Record<string, string>>;
  readonly application?: Partial<ApplicationConfig>;
  readonly environment?: Readonly<Record<string, string>>;
}

export const FILES: Readonly<Record<string, string>> = {
  '.env': 'APP_ENV=production\nDB_PASSWORD=test-password-one\nDB_PORT=3306\n',
  'config/database.php':
    "<?php\nreturn [\n    'pool' => 5,\n    'password' => env('DB_PASSWORD', 'test-password-two'),\n];\n",
  'settings.json': '{"pool": 5}\n',
};

/** An application's tree, owned by an unprivileged user when the tests run as root, with Runbell's state beside it. */
export class ConfigHost {
  readonly dir: string;
  readonly app: string;
  readonly user: string;
  readonly uid: number;
  readonly gid: number;
  #runs = 0;

  constructor(root = tmpdir()) {
    this.dir = mkdtempSync(join(root, 'runbell-config-'));
    chmodSync(this.dir, 0o755);
    this.user = process.getuid?.() === 0 ? 'nobody' : userInfo().username;
    this.uid = Number(execFileSync('id', ['-u', this.user], { encoding: 'utf8' }));
    this.gid = Number(execFileSync('id', ['-g', this.user], { encoding: 'utf8' }));
    this.app = join(this.dir, 'app');
    this.folder('');
    for (const [path, text] of Object.entries(FILES)) this.write(path, text);
  }

  folder(path: string): string {
    const folder = join(this.app, path);
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    chownSync(folder, this.uid, this.gid);
    return folder;
  }

  write(path: string, text: string, mode = 0o640): string {
    const file = join(this.app, path);
    if (!existsSync(dirname(file))) this.folder(dirname(path));
    writeFileSync(file, text);
    chmodSync(file, mode);
    chownSync(file, this.uid, this.gid);
    return file;
  }

  read(path: string): string {
    return readFileSync(join(this.app, path), 'utf8');
  }

  configured(change: Partial<ApplicationConfig> = {}): ApplicationConfig {
    return {
      id: 'shop',
      kind: 'node',
      targets: ['shop-db'],
      hosts: [],
      directory: this.app,
      user: this.user,
      pm2: { home: join(this.dir, 'home', '.pm2'), processes: ['worker'] },
      databaseUsers: [],
      configFiles: Object.keys(FILES),
      ...change,
    };
  }

  /** Every delivery is a run of its own unless it names one. */
  run(id: string, wanted: Wanted = {}): Promise<Delivered> {
    const { manifest, script } = runbook(id);
    this.#runs += 1;
    const filled = fillParameters(manifest, {
      application: this.configured(wanted.application),
      runId: wanted.runId ?? `run-${this.#runs}`,
      dryRun: wanted.dryRun ?? false,
      ...(wanted.undoes === undefined ? {} : { undoes: wanted.undoes }),
      person: wanted.person ?? {},
    });
    if (filled.kind === 'invalid') throw new Error(filled.problems.join('; '));
    return deliver(this.dir, script, { ...asEnvironment(filled.parameters), ...wanted.environment });
  }

  get store(): string {
    return join(this.dir, 'state', 'config', 'shop');
  }

  /** Numbers of the kept versions, oldest first. */
  versions(): readonly number[] {
    if (!existsSync(this.store)) return [];
    const names = readdirSync(this.store).filter((name) => /^\d+$/.test(name));
    return names.map(Number).sort((one, other) => one - other);
  }

  /** Everything that any script has printed or kept as details. */
  told(delivered: Delivered): string {
    const folder = join(this.dir, 'state', 'details');
    const details = existsSync(folder)
      ? readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'))
      : [];
    return [delivered.stdout, delivered.stderr, ...details].join('\n');
  }

  /** What lies in the application's tree: kind, owner, mode and content, so that two looks can be compared. */
  look(): Readonly<Record<string, string>> {
    const names = readdirSync(this.app, { recursive: true, encoding: 'utf8' }).sort();
    return Object.fromEntries(
      names.map((name) => {
        const path = join(this.app, name);
        const stat = lstatSync(path);
        const text = stat.isFile() ? readFileSync(path, 'utf8') : '';
        return [name, `${stat.mode.toString(8)} ${stat.uid}:${stat.gid} ${text}`];
      }),
    );
  }

  close(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}
