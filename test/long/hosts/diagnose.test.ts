import { appendFileSync, chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Connection, createConnection } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { describeOnLaravel } from '../../hosts/describe-on-laravel.ts';
import { LaravelHost } from '../../hosts/laravel-host.ts';

const SECRET = 'zq7-test-secret';

describeOnLaravel('diagnose on a Laravel host', () => {
  let host: LaravelHost;
  const opened: Connection[] = [];
  const path = (file: string) => join(host.application.directory, file);
  const change = (file: string, from: string | RegExp, to: string) =>
    writeFileSync(path(file), readFileSync(path(file), 'utf8').replace(from, to));
  /** What it says and what it keeps as details: ten lines hold not all of it. */
  const look = async (wanted: Parameters<LaravelHost['run']>[1] = {}): Promise<string> => {
    rmSync(join(host.dir, 'state', 'details'), { recursive: true, force: true });
    const done = await host.run('diagnose', wanted);
    expect(done, host.details()).toMatchObject({ status: 0, stderr: '', result: { ending: 'done' } });
    const text = `${done.result?.lines.join('\n')}\n${host.details()}`;
    expect(text).not.toContain(host.database.users.app.password);
    expect(text).not.toContain(SECRET);
    return text;
  };
  const asApplication = async (): Promise<Connection> => {
    const { host: address, port, users } = host.database;
    const connection = await createConnection({ host: address, port, ...users.app, database: 'demo' });
    connection.on('error', () => {});
    opened.push(connection);
    return connection;
  };
  /** An option file of root with an administrative login. */
  const loginFile = (): string => {
    const { host: address, port, users } = host.database;
    const { user, password } = users.admin ?? users.app;
    const file = join(host.dir, 'login.cnf');
    const lines = ['[client]', `host=${address}`, `port=${port}`, `user=${user}`, `password=${password}`];
    writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
    return file;
  };

  beforeAll(async () => {
    host = await LaravelHost.up();
  });
  afterAll(() => host.down());
  beforeEach(() => host.calm());
  afterEach(() => {
    for (const connection of opened.splice(0)) connection.destroy();
  });

  it('joins sessions with processes, pools and other programs, and tells forgotten ones by their age', async () => {
    await host.application.artisan('demo:dispatch', 'leaky', '20', '0.05');
    await asApplication();
    await host.web('/leak');
    await host.until('jobs have leaked', async () => (await host.ran('leaky')).begun >= 20);
    const { user } = host.database.users.app;
    const forgotten = `SELECT COUNT(*) AS n FROM information_schema.processlist WHERE user = '${user}' AND time > 20`;
    await host.until('they were forgotten', async () => Number((await host.query(forgotten))[0]?.['n']) >= 30);
    const text = await look();

    expect(text).toMatch(
      /^sdpos-queue holds \d\d of 60 connections, (1[5-9]|2\d) idle > 20 s \(longest \d\d s\), pids( \d+:\d+){4}$/m,
    );
    expect(text).toMatch(/^php-fpm pool sdpos holds \d+ of 60 connections, \d+ idle/m);
    expect(text).toMatch(/^another program \(\S+\) holds \d+ of 60 connections, .* pids \d+:\d/m);
    expect(host.strangers()).toEqual([]);
  });

  it('finds the known causes in the settings, each with what it was seen by', async () => {
    const good = ['.env', 'config/database.php', 'app/Jobs/HealthyJob.php'].map((file) => ({
      file,
      text: readFileSync(path(file), 'utf8'),
    }));
    const file = host.application.ecosystemFile;
    const ecosystem = readFileSync(file, 'utf8');
    expect(await look()).not.toMatch(
      /the key pool|PERSISTENT|PDO has no timeout|QUEUE_CONNECTION|cache store|__destruct/,
    );
    change('config/database.php', "'strict' =>", "'pool' => ['max' => 5], 'strict' =>");
    change(
      'config/database.php',
      'PDO::ATTR_PERSISTENT => false, PDO::ATTR_TIMEOUT => 3',
      'PDO::ATTR_PERSISTENT => true',
    );
    appendFileSync(path('app/Jobs/HealthyJob.php'), '\n// function __destruct() { DB::disconnect(); }\n');
    change('.env', 'CACHE_DRIVER=file', 'CACHE_DRIVER=array');
    change('.env', 'QUEUE_CONNECTION=database', 'QUEUE_CONNECTION=sync');
    chmodSync(path('.env'), 0o644);
    writeFileSync(
      file,
      ecosystem.replace("'--timeout=60'", "'--timeout=60', '--max-jobs=100'").replace('instances: 4', 'instances: 6'),
    );
    const text = await look();
    for (const one of good) writeFileSync(path(one.file), one.text);
    chmodSync(path('.env'), 0o600);
    writeFileSync(file, ecosystem);

    for (const finding of [
      /^the default queue \(sync\) is sync: .*set QUEUE_CONNECTION in \.env$/m,
      /^the cache store is array: queue:restart reaches nobody/m,
      /^PDO::ATTR_PERSISTENT is on: .*set it to false in config\/database\.php$/m,
      /^PDO has no timeout: /m,
      /^config\/database\.php has the key pool, which Laravel does not know: it limits nothing; remove it$/m,
      /^app\/Jobs\/HealthyJob\.php: __destruct disconnects, .*use finally in handle\(\)$/m,
      /^sdpos-queue: kill_timeout 3000 ms is below --timeout=60: kill_timeout: 65000; /m,
      /^sdpos-queue runs without --max-time: /m,
      /^sdpos-queue runs with other arguments than the ecosystem file has: /m,
      /^sdpos-queue: the ecosystem file wants 6 instances, 4 run: pm2 delete and start$/m,
      /^wait_timeout is 28800 s, .*SET GLOBAL wait_timeout = 600/m,
      /^the application's database user has no limit: .*MAX_USER_CONNECTIONS 40/m,
      /^\.env has mode 644, /m,
      /^sdpos-queue began \d+ s before \.env was changed and runs with the old one/m,
    ]) {
      expect(text).toMatch(finding);
    }
  });

  it('compares QUEUE_CONNECTION of .env, the cached configuration, the environment and the arguments of workers', async () => {
    const file = host.application.ecosystemFile;
    const [text, env] = [readFileSync(file, 'utf8'), readFileSync(path('.env'), 'utf8')];
    await host.application.artisan('config:cache');
    writeFileSync(
      file,
      text
        .replace("['queue:work',", "['queue:work', 'database',")
        .replace('instances: 4,', "instances: 4, env: { QUEUE_CONNECTION: 'redis' },"),
    );
    await host.run('restart-workers', { person: { Reload: 'yes', DrainSeconds: '0' } });
    change('.env', 'QUEUE_CONNECTION=database', 'QUEUE_CONNECTION="beanstalkd"');
    const found = await look();
    writeFileSync(file, text);
    writeFileSync(path('.env'), env);
    await host.application.artisan('config:clear');

    expect(found).toMatch(
      /^QUEUE_CONNECTION differs: the argument of sdpos-queue database, the environment of sdpos-queue redis, \.env beanstalkd, the cached configuration database; /m,
    );
    expect(found).toMatch(
      /^the cached configuration is older than \.env: php artisan config:clear, then restart-workers, in this order$/m,
    );
    change('.env', /QUEUE_CONNECTION=.*\n/, '');
    expect(await look()).toMatch(
      /^QUEUE_CONNECTION is not in \.env, so config\/queue\.php decides \(sync\): set it in \.env$/m,
    );
    writeFileSync(path('.env'), env);
    // PM2 keeps an environment that was taken out of the file.
    await host.application.pm2('delete', 'sdpos-queue');
    await host.application.pm2('start', file);
  });

  it('shows the longest statements and idle transactions without their literals', async () => {
    const [one, two] = [await asApplication(), await asApplication()];
    void one.query(`SELECT SLEEP(120), 4711, '${SECRET}' FROM jobs -- ${SECRET}`).catch(() => {});
    void one.query('SELECT 1').catch(() => {});
    const busy = await asApplication();
    void busy.query(`/* ${SECRET} */ SELECT SLEEP(120), 4711 WHERE 'a' <> '${SECRET}'`).catch(() => {});
    await two.query('BEGIN');
    await two.query(`INSERT INTO ran (kind, pid, ended) VALUES ('idle', 4711, 0)`);
    await host.until('it sleeps inside its transaction', async () => {
      const rows = await host.query(
        'SELECT 1 FROM information_schema.innodb_trx WHERE trx_started < NOW() - INTERVAL 12 SECOND AND trx_rows_modified > 0',
      );
      return rows.length > 0;
    });
    const text = await look({ application: { databaseLoginFile: loginFile() } });
    expect(text).toMatch(
      /^a statement runs for \d+ s \(session \d+, another program \(\S+\)\): SELECT SLEEP\(\?\), \? WHERE \.\.\.$/m,
    );
    expect(text).toMatch(
      /^1 sessions sleep inside a transaction, the oldest for \d+ s, 1 rows changed: \d+ \(another program/m,
    );
    expect(text).toMatch(/^the application's database user has no limit/m);
    expect(text).not.toContain('4711');
  });

  it('shows the end of the log with every word masked that it does not know', async () => {
    const lines = [
      `[2026-11-23 20:01:12] production.ERROR: SQLSTATE[HY000] [1040] Too many connections (SQL: select * from users where token = ${SECRET})`,
      `#0 /srv/${SECRET}.php(12): {main}`,
    ];
    writeFileSync(path('storage/logs/laravel-2026-11-23.log'), `${lines.join('\n')}\n`, { mode: 0o644 });
    const text = await look();
    rmSync(path('storage/logs/laravel-2026-11-23.log'));
    expect(text).toMatch(/^last 300 lines of laravel-2026-11-23\.log: 1 x SQLSTATE\[HY000\] \[1040\]$/m);
    expect(text).toMatch(
      /^laravel-2026-11-23\.log: 2026-11-23 20:01:12 ERROR: SQLSTATE\[HY000\] \[1040\] Too many connections \* select \* from \*$/m,
    );
  });

  it('says of max_connections what no guard has checked', async () => {
    const [row] = await host.query('SELECT @@global.open_files_limit AS files');
    await host.query('SET GLOBAL max_connections = 61');
    expect(await look()).toMatch(
      new RegExp(
        `^max_connections 61 was set while the server runs: no guard looked at memory or open files \\(${row?.['files']}\\)`,
        'm',
      ),
    );
    await host.query('SET GLOBAL max_connections = 60');
  });

  it('counts without a login while the database refuses everybody', async () => {
    await host.application.artisan('demo:dispatch', 'leaky', '70', '0.05');
    await host.until('the database is full', async () => (await host.connections()) >= 58);
    expect(await look()).toMatch(/^sdpos-queue holds [5-6]\d( of 60)? connections/m);
  });
});
