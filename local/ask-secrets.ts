import * as clack from '@clack/prompts';
import type { Config } from '../functions/core/config/config.ts';
import type { RealWorkspace } from './slack/socket-mode.ts';

type Environment = Readonly<Record<string, string | undefined>>;
/** Out of the environment, else asked for. */
export type AskSecret = (variable: string, what: string) => Promise<string>;

/** What is asked for is kept in memory only, shown nowhere, and ends with the process. */
export function secretsOf(environment: Environment): AskSecret {
  return async (variable, what) => {
    const given = environment[variable]?.trim();
    if (given !== undefined && given !== '') return given;
    if (process.stdin.isTTY !== true) {
      throw new Error(`${what} is missing and nobody is here to be asked: export ${variable}. Nothing was started.`);
    }
    const answer = await clack.password({ message: `${what} (or export ${variable})` });
    if (clack.isCancel(answer)) throw new Error('Stopped. Nothing was started.');
    return answer.trim();
  };
}

export async function askWorkspace(ask: AskSecret, environment: Environment): Promise<RealWorkspace> {
  const appToken = await ask('SLACK_APP_TOKEN', 'The app-level token, "Basic Information" of the app');
  const botToken = await ask('SLACK_BOT_TOKEN', 'The bot token, "OAuth & Permissions" of the app');
  const slackApiUrl = environment['RUNBELL_SLACK_API_URL'];
  return { appToken, botToken, ...(slackApiUrl === undefined ? {} : { slackApiUrl }) };
}

/** Passwords that the deployed function would read from Secrets Manager, by ARN. */
export async function askPasswords({ targets }: Config, ask: AskSecret): Promise<ReadonlyMap<string, string>> {
  const passwords = new Map<string, string>();
  for (const { id, credential } of targets) {
    if (credential.kind !== 'secret' || passwords.has(credential.arn)) continue;
    const variable = `RUNBELL_PASSWORD_${id.replaceAll('-', '_').toUpperCase()}`;
    const password = await ask(variable, `The password of the monitoring account of ${id}`);
    passwords.set(credential.arn, JSON.stringify({ password }));
  }
  return passwords;
}
