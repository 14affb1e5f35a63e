import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { RUNBOOKS_FOLDER, startDemo } from './demo/start-demo.ts';
import { playDrill } from './drill/play-drill.ts';
import type { Finding } from './drill/scene.ts';
import { STORIES } from './drill/stories/stories.ts';
import { playStory, type StoryOptions } from './drill/story.ts';

const CURE = 'restart-workers';
const STORY_LINES = [...STORIES].map(([name, { says }]) => `  --story ${name.padEnd(13)} ${says}`);
const HELP = `npm run drill -- --json                       the whole story without a person, one JSON object at the end
npm run drill -- --json --database embedded   with the built-in stand-in for a database
  --application laravel                       with a Laravel application (npm run setup:test installs what it needs)
  --runbook ID                                with another runbook than restart-workers

npm run drill -- --story approve              another story; ends with 0 only if everybody saw what they should
${STORY_LINES.join('\n')}
  --json                                      what was looked at and what there was to see, as one JSON object`;

// What is started here writes for its own user alone.
process.umask(0o077);

async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      database: { type: 'string', default: 'auto' },
      application: { type: 'string', default: 'node' },
      runbook: { type: 'string', default: CURE },
      story: { type: 'string' },
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
  const { application, runbook, story, json } = values;
  if (application !== 'node' && application !== 'laravel') throw new Error('--application takes node or laravel');
  const known = readdirSync(RUNBOOKS_FOLDER).filter((id) => existsSync(join(RUNBOOKS_FOLDER, id, 'runbook.json')));
  if (!known.includes(runbook)) throw new Error(`--runbook takes ${known.join(', ')}`);
  const options = { engine, application, say: (line: string) => console.error(line) } as const;
  return story === undefined ? tellDrill(options, runbook, json) : tellStory(options, story, json);
}

async function tellDrill(options: StoryOptions, runbook: string, isJson: boolean): Promise<boolean> {
  const demo = await startDemo({ ...options, port: 0 });
  const interrupted = () => void demo.stop().then(() => process.exit(130));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupted);
  const report = await playDrill(demo, runbook).finally(() => demo.stop());
  const { outcome, clickToEndedMs, clickToOutcomeMs, cards, runsStarted } = report;
  console.log(isJson ? JSON.stringify(report) : JSON.stringify(report, null, 2));
  // Only a restart of the workers frees what they hold, and the card has to say so; of another runbook the story is
  // told as it goes.
  const isGood = runbook === CURE ? outcome === 'recovered' && clickToOutcomeMs !== null : clickToEndedMs !== null;
  return isGood && cards === 1 && runsStarted === 1;
}

async function tellStory(options: StoryOptions, name: string, isJson: boolean): Promise<boolean> {
  const story = STORIES.get(name);
  if (story === undefined) throw new Error(`--story takes ${[...STORIES.keys()].join(', ')}`);
  const report = await playStory(name, story, options);
  console.log(isJson ? JSON.stringify(report) : report.findings.map(lineOf).join('\n'));
  return report.isRight;
}

function lineOf({ what, isRight, saw }: Finding): string {
  return isRight ? `right  ${what}` : `WRONG  ${what}; there was: ${JSON.stringify(saw)}`;
}

await main().then(
  (isGood) => process.exit(isGood ? 0 : 1),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
