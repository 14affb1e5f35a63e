import { parseArgs } from 'node:util';
import { type SlackWay, slackManifest } from '../flows/slack-manifest.ts';
import { type Console, processConsole } from './common/console.ts';
import { Failure } from './common/failure.ts';
import { findStack } from './common/find-stack.ts';

export const help = `the Slack app as a manifest, ready to paste

  npx runbell slack-manifest                    before the first deployment: make the app, install it, get its token
  npx runbell slack-manifest --url URL          with the address from the output SlackRequestUrl
  npx runbell slack-manifest --stack runbell    reads that address from the deployed stack
  npx runbell slack-manifest --socket           for npm start -- --slack, where nothing is deployed

Example, straight into the clipboard of a Mac:
  npx runbell slack-manifest --url https://abc123.lambda-url.eu-central-1.on.aws/ | pbcopy

Paste it at https://api.slack.com/apps: "Create New App", "From a manifest"; later "App Manifest" of the same app.`;

/** Prints the manifest on standard output and what to do with it on standard error. */
export async function run(args: readonly string[], io: Console = processConsole()): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { url: { type: 'string' }, stack: { type: 'string' }, socket: { type: 'boolean', default: false } },
  });
  const way = await wayOf(values, io);
  io.out(JSON.stringify(slackManifest(way), null, 2));
  io.say(NEXT[way.kind]);
  return 0;
}

async function wayOf(
  given: { readonly url?: string; readonly stack?: string; readonly socket: boolean },
  io: Console,
): Promise<SlackWay> {
  if (given.socket) return { kind: 'socket' };
  if (given.url !== undefined) return { kind: 'url', url: checkedUrl(given.url) };
  if (given.stack === undefined) return { kind: 'none' };
  const stack = await findStack(given.stack, io.environment);
  if (stack.kind === 'unknown') throw new Failure(`${stack.why}. Or give the address yourself: --url URL.`);
  const url = stack.outputs.get('SlackRequestUrl');
  if (url === undefined) throw new Failure(`The stack ${given.stack} has no output SlackRequestUrl: is it Runbell's?`);
  return { kind: 'url', url: checkedUrl(url) };
}

function checkedUrl(text: string): string {
  if (URL.canParse(text) && new URL(text).protocol === 'https:') return text;
  throw new Failure('--url takes the https address from the output SlackRequestUrl, such as https://abc.example/.');
}

const NEXT: Readonly<Record<SlackWay['kind'], string>> = {
  none: `
Paste this at https://api.slack.com/apps ("Create New App", "From a manifest"), then "Install to Workspace".
Buttons reach nobody until you have deployed and pasted it again with --url.
Next: npx runbell secrets set --slack`,
  url: `
Paste this at https://api.slack.com/apps, "App Manifest" of your app (or "Create New App", "From a manifest").
Next: npx runbell secrets set --slack, and /invite @runbell in the channel.`,
  socket: `
Paste this at https://api.slack.com/apps ("Create New App", "From a manifest"), and make an app-level token with
connections:write under "Basic Information".`,
};
