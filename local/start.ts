import { parseArgs } from 'node:util';
import { startDemo } from './demo/start-demo.ts';
import { startOwn } from './start-own.ts';
import { untilInterrupted } from './until-interrupted.ts';

const PORT = 4000;
/** The first samples show the healthy state. */
const LEAK_AFTER_MS = 6000;

const HELP = `npm start                       the whole loop with a leaking demo application
npm start -- --database embedded    the same with the built-in stand-in for a database
npm start -- --config FILE          the loop for your own configuration: your database, your PM2 application on
                                    this machine; runbooks run here
npm start -- --slack                in your Slack workspace instead of the page: the configuration is runbell.config.ts,
                                    or --config FILE; asks for the app's tokens and for passwords, and keeps none.
                                    First make the app: npx runbell slack-manifest --socket
npm start -- --port N               another port than ${PORT}`;

const say = (line: string) => console.log(line);

// What is started here writes for its own user alone.
process.umask(0o077);

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      config: { type: 'string' },
      database: { type: 'string', default: 'auto' },
      port: { type: 'string', default: String(PORT) },
      slack: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return say(HELP);
  const engine = values.database;
  if (engine !== 'auto' && engine !== 'server' && engine !== 'embedded') {
    throw new Error('--database takes auto, server or embedded');
  }
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error('--port takes a number from 0 to 65535');

  const file = values.config ?? (values.slack ? 'runbell.config.ts' : undefined);
  const started =
    file === undefined
      ? await startDemoLoop(engine, port)
      : await startOwn(file, port, say, values.slack ? 'workspace' : 'page');
  const { url } = started.loop.slack;
  if (values.slack)
    say(`\n  The channel: ${started.loop.settings.config.slack.channel} in your workspace; /invite @runbell there.\n`);
  else {
    if (port !== 0 && !url.endsWith(`:${port}`)) say(`Port ${port} is taken, so another one is used.`);
    say(`\n  The channel: ${started.loop.slack.pageUrl()}\n`);
  }
  say(`  The command line: npx runbell status --endpoint ${started.loop.aws.endpoint}\n`);
  say(
    file === undefined
      ? 'A card appears there within a minute. Ctrl-C stops everything and cleans up.'
      : 'Ctrl-C stops it.',
  );
  await untilInterrupted();
  say('\nStopping.');
  await started.stop();
}

async function startDemoLoop(engine: 'auto' | 'server' | 'embedded', port: number) {
  say('Starting the loop on this machine: database, application, functions, channel.');
  const demo = await startDemo({ engine, port, say });
  setTimeout(() => {
    say('The application now works off a batch of jobs that forget their connections.');
    demo.application.leak().catch((error: unknown) => say(`problem: the leak could not be started: ${String(error)}`));
  }, LEAK_AFTER_MS).unref();
  return demo;
}

if (process.platform !== 'linux') {
  console.error(
    `The local loop runs on Linux only, because its scripts do; this is ${process.platform}. Nothing was started.`,
  );
  process.exitCode = 1;
} else {
  await main().then(
    () => process.exit(),
    (error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      process.exit(1);
    },
  );
}
