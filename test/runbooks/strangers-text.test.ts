import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeWith } from '../support/needs.ts';
import { ConfigHost } from './support/config-host.ts';
import type { Delivered } from './support/deliver.ts';
import { lyingServer } from './support/lying-server.ts';
import { onHost, restart } from './support/restart.ts';

/** A folder that the application's user cannot write to: what lies there was made by whoever runs the script. */
let marks = '';
beforeAll(() => {
  marks = mkdtempSync(join(tmpdir(), 'runbell-marks-'));
  chmodSync(marks, 0o700);
});
afterAll(() => rmSync(marks, { recursive: true, force: true }));

/** What bash runs when it takes it for a number; and whether it did. */
function payload(name: string) {
  const mark = join(marks, name);
  return { text: `EUID[$(id >${mark})]`, isRun: () => existsSync(mark) };
}

/** A program that says the payload whatever it is asked. */
function plant(folder: string, name: string, text: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\nprintf '%s\\n' '${text}'\n`, { mode: 0o755 });
}

describe('a program beside the application’s node', () => {
  it.each([[['stat']], [['stat', 'cat', 'head', 'realpath', 'test', 'sh', 'id', 'find']]])(
    'is never taken for the system’s, and what it says is never run: %j',
    async (names) => {
      await onHost(
        async (host) => {
          const planted = payload(`beside-${names.length}`);
          await host.start('worker', 'setInterval(() => {}, 1000);');
          for (const name of names) plant(join(host.dir, 'nvm/bin'), name, planted.text);
          const done = await restart(host, { application: { configFiles: ['.env'] } });
          expect(planted.isRun()).toBe(false);
          expect(done.result).toMatchObject({ ending: 'done', snapshot: { version: 1 } });
        },
        { ownNode: true },
      );
    },
  );
});

describeWith('php', 'an application whose own code answers for its database', () => {
  /** The listing, then the killed session, then how many are left: the payload. */
  const lyingLoader = (text: string) => `<?php
    $query = $argv[1] ?? '';
    if (strpos($query, 'COUNT(*)') !== false) { echo "\\nrunbell row ", ${JSON.stringify(text).replaceAll('$', '\\$')}, "\\n"; }
    elseif (strpos($query, 'SELECT id, user') === 0) { echo "\\nrunbell row 7\\tshop\\t10.0.0.1:5\\t100\\n"; }
    elseif (strpos($query, 'SELECT id FROM') === 0) { echo "\\nrunbell row 7\\n"; }
    exit(0);`;

  it.each(['EUID[$(id >MARK)]', '1+EUID[$(id >MARK)]', '-1', '08', '0x10', '99999999999999999999', '1 2', 'x'])(
    'is not believed that %j sessions are left, and nothing of it is run',
    async (answer) => {
      const host = new ConfigHost();
      try {
        const planted = payload(`left-${Math.abs(hash(answer))}`);
        const text = answer.replace('EUID[$(id >MARK)]', planted.text);
        for (const path of ['artisan', 'bootstrap/app.php']) host.write(path, '<?php\n', 0o644);
        host.write('vendor/autoload.php', lyingLoader(text), 0o644);
        const done = await host.run('end-idle-connections', {
          application: { kind: 'laravel', php: '/usr/bin/php', configFiles: ['.env'] },
        });
        expect(planted.isRun()).toBe(false);
        expect(done.result).toMatchObject({ ending: 'failed', reason: 'whether they are gone was not to be seen' });
      } finally {
        host.close();
      }
    },
  );
});

describeWith('mariadb', 'a database server that lies', () => {
  /** Delivers a runbook to a host whose login file names a server with such answers. */
  async function against(
    id: string,
    answer: Parameters<typeof lyingServer>[0],
  ): Promise<{ readonly done: Delivered; readonly heard: string }> {
    const host = new ConfigHost();
    const server = await lyingServer(answer);
    try {
      const file = join(host.dir, 'login.cnf');
      const lines = [
        '[client]',
        'host=127.0.0.1',
        `port=${server.port}`,
        'user=admin',
        'password=x',
        'loose-local-infile=1',
      ];
      writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
      const done = await host.run(id, {
        application: { databaseUsers: ['shop'], databaseLoginFile: file, configFiles: ['.env'] },
      });
      return { done, heard: server.heard() };
    } finally {
      await server.close();
      host.close();
    }
  }

  it('is not believed how many sessions are left', async () => {
    const planted = payload('server-left');
    const { done } = await against('end-idle-connections', (query) => {
      if (query.includes('rds_kill')) return [['0']];
      if (query.includes('COUNT(*)')) return [[planted.text]];
      if (query.startsWith('SELECT id, user')) return [['7', 'shop', '10.0.0.1:5', '100']];
      return query.startsWith('SELECT id') ? [['7']] : [];
    });
    expect(planted.isRun()).toBe(false);
    expect(done.result).toMatchObject({ ending: 'failed', reason: 'whether they are gone was not to be seen' });
  });

  it('has nothing run of whatever it answers to a look', async () => {
    const planted = payload('server-look');
    const rows = [Array.from({ length: 4 }, () => planted.text)];
    expect((await against('diagnose', () => rows)).done.result).toMatchObject({ ending: 'done' });
    const numbers = [['09', '08', '010', '0x1f']];
    expect((await against('diagnose', () => numbers)).done.result).toMatchObject({ ending: 'done' });
    expect(planted.isRun()).toBe(false);
  });

  it('is sent no file of root’s', async () => {
    const secret = join(marks, 'of-root');
    writeFileSync(secret, 'test-secret', { mode: 0o600 });
    const { heard } = await against('diagnose', () => ({ file: secret }));
    expect(heard).not.toContain('test-secret');
  });
});

function hash(text: string): number {
  return [...text].reduce((sum, one) => (sum * 31 + one.charCodeAt(0)) | 0, 7);
}
