import { createSlackClient } from '../../../functions/adapters/slack/slack-notice-board.ts';

export type SlackIdentity =
  | {
      readonly kind: 'known';
      readonly workspaceId: string;
      readonly workspace: string;
      readonly scopes: readonly string[];
    }
  /** Slack's own word for it, such as invalid_auth. */
  | { readonly kind: 'refused'; readonly code: string }
  | { readonly kind: 'noAnswer'; readonly why: string };

type Environment = Readonly<Record<string, string | undefined>>;

export function slackClient(token: string, environment: Environment) {
  const slackApiUrl = environment['RUNBELL_SLACK_API_URL'];
  return createSlackClient(token, slackApiUrl === undefined ? {} : { slackApiUrl });
}

/** Whose token it is. Nothing of the token reaches the answer. */
export async function askSlack(token: string, environment: Environment): Promise<SlackIdentity> {
  try {
    const answer = await slackClient(token, environment).auth.test();
    return {
      kind: 'known',
      workspaceId: answer.team_id ?? '',
      workspace: answer.team ?? '',
      scopes: answer.response_metadata?.scopes ?? [],
    };
  } catch (error) {
    return refusalOf(error);
  }
}

/** Slack's word out of an error of its client. Messages of the client can quote a request, so none is used. */
export function refusalOf(error: unknown): Exclude<SlackIdentity, { kind: 'known' }> {
  if (typeof error === 'object' && error !== null && 'data' in error) {
    const { data } = error;
    if (typeof data === 'object' && data !== null && 'error' in data)
      return { kind: 'refused', code: String(data.error) };
  }
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'no answer';
  return { kind: 'noAnswer', why: code };
}
