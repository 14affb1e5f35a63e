import { type AwsAnswer, refused, type SignedPost } from './signed-aws-call.ts';

export interface SessionRequest {
  readonly roleArn: string;
  /** What CloudTrail writes beside everything that is done with the session. */
  readonly sessionName: string;
  /** The session may do what both the role and this allow. */
  readonly policy: object;
}

export interface SessionCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

export type AssumeRole = (request: SessionRequest) => Promise<AwsAnswer<SessionCredentials>>;

/** The shortest that the service gives. */
const SESSION_SECONDS = 900;
const HEADERS = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };

/** Credentials for one piece of work, from the regional STS. Asking twice does no harm, so where nothing came back it is asked again. */
export function createAssumeRole(post: SignedPost): AssumeRole {
  return async ({ roleArn, sessionName, policy }) => {
    const form = new URLSearchParams({
      Action: 'AssumeRole',
      Version: '2011-06-15',
      RoleArn: roleArn,
      RoleSessionName: sessionName,
      DurationSeconds: String(SESSION_SECONDS),
      Policy: JSON.stringify(policy),
    });
    const answer = await ask(post, form.toString());
    return answer.kind === 'failed' ? ask(post, form.toString()) : answer;
  };
}

async function ask(post: SignedPost, form: string): Promise<AwsAnswer<SessionCredentials>> {
  const answer = await post('sts', HEADERS, form);
  if (answer.kind === 'failed') return answer;
  const { statusCode, text } = answer;
  const accessKeyId = elementOf(text, 'AccessKeyId');
  const secretAccessKey = elementOf(text, 'SecretAccessKey');
  const sessionToken = elementOf(text, 'SessionToken');
  if (statusCode === 200 && accessKeyId !== undefined && secretAccessKey !== undefined && sessionToken !== undefined) {
    return { kind: 'done', body: { accessKeyId, secretAccessKey, sessionToken } };
  }
  const code = elementOf(text, 'Code');
  if (statusCode >= 400 && statusCode < 500 && code !== undefined) {
    return refused(code, elementOf(text, 'Message') ?? '');
  }
  return { kind: 'failed', why: `HTTP ${statusCode}` };
}

/** Keys and tokens are letters, digits and `/+=`: nothing in them that XML would write in another way. */
function elementOf(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>\\s*([^<]+?)\\s*</${name}>`).exec(xml)?.[1];
}
