import { createConnection, createPool } from 'mysql2/promise';

/**
 * The demo application's queue worker. It works with a small pool, as it should, until it is given a batch of
 * jobs whose code opens a connection of its own and forgets it. A restart loses the connections and the batch.
 */
const settings = {
  host: process.env['DEMO_DB_HOST'] ?? '127.0.0.1',
  port: Number(process.env['DEMO_DB_PORT']),
  user: process.env['DEMO_DB_USER'] ?? '',
  password: process.env['DEMO_DB_PASSWORD'] ?? '',
};
const BATCH_JOBS = Number(process.env['DEMO_BATCH_JOBS']);
const JOB_MS = Number(process.env['DEMO_JOB_MS']);
const HEALTHY_JOB_MS = 1000;

const pool = createPool({ ...settings, connectionLimit: 4 });
const forgotten: unknown[] = [];

async function healthyJob(): Promise<void> {
  await Promise.all([1, 2, 3].map(() => pool.query('SELECT SLEEP(0.02)')));
}

async function leakyJob(): Promise<void> {
  const connection = await createConnection(settings);
  // Without a listener the end of a forgotten connection would end the worker.
  connection.on('error', () => undefined);
  await connection.query('SELECT 1');
  forgotten.push(connection);
}

function quietly(job: () => Promise<void>): void {
  job().catch((error: unknown) => console.error(error instanceof Error ? error.message : error));
}

setInterval(() => quietly(healthyJob), HEALTHY_JOB_MS);

process.on('SIGUSR2', () => {
  let left = BATCH_JOBS;
  const timer = setInterval(() => {
    quietly(leakyJob);
    left -= 1;
    if (left <= 0) clearInterval(timer);
  }, JOB_MS);
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    void pool.end().finally(() => process.exit(0));
  });
}
