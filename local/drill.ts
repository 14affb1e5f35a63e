import { parseArgs } from 'node:util';
import { startDemo } from './demo/start-demo.ts';
import { playDrill } from './play-drill.ts';

const CURE = 'restart-workers';
const HELP = `npm run drill -- --json                       the whole story without a person, one JSON object at the end
npm run drill -- --json --database embedded   with the built-in stand-in for a database
  --application laravel                       with a Laravel application (npm run setup:test installs what it needs)
  --runbook ID                                with another runbook than restart-workers`;

async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      database: { type: 'string', default: 'auto' },
      application: { type: 'string', default: 'node' },
      runbook: { type: 'string', default: CURE },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return true;
  }
  const engine = values.database;
  if (engine !== 'auto' && engine !== 'server' && engine !== 'embedded') {
    throw new Error('--database takes auto, server or embedded');
  }
  const { application, runbook } = values;
  if (application !== 'node' && application !== 'laravel') throw new Error('--application takes node or laravel');
  const say = (line: string) => console.error(line);
  const demo = await startDemo({ engine, application, port: 0, say });
  const interrupted = () => void demo.stop().then(() => process.exit(130));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupted);
  const report = await playDrill(demo, runbook).finally(() => demo.stop());
  const { outcome, cards, runsStarted } = report;
  console.log(values.json ? JSON.stringify(report) : JSON.stringify(report, null, 2));
  // Only a restart of the workers frees what they hold; of another runbook the story is told as it goes.
  const isGood = runbook === CURE ? outcome === 'recovered' : outcome !== null;
  return isGood && cards === 1 && runsStarted === 1;
}

await main().then(
  (isGood) => process.exit(isGood ? 0 : 1),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
