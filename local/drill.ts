import { parseArgs } from 'node:util';
import { startDemo } from './demo/start-demo.ts';
import { playDrill } from './play-drill.ts';

const HELP = `npm run drill -- --json                       the whole story without a person, one JSON object at the end
npm run drill -- --json --database embedded   with the built-in stand-in for a database`;

async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      database: { type: 'string', default: 'auto' },
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
  const say = (line: string) => console.error(line);
  const demo = await startDemo({ engine, port: 0, say });
  const interrupted = () => void demo.stop().then(() => process.exit(130));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupted);
  const report = await playDrill(demo).finally(() => demo.stop());
  const { outcome, cards, runsStarted } = report;
  console.log(values.json ? JSON.stringify(report) : JSON.stringify(report, null, 2));
  return outcome === 'recovered' && cards === 1 && runsStarted === 1;
}

await main().then(
  (isGood) => process.exit(isGood ? 0 : 1),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
