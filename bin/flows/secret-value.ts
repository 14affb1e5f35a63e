import * as z from 'zod';

/** What the Slack secret holds. Messages say what is wrong and never what was given. */
const slackSecret = z.strictObject({
  botToken: z
    .string()
    .regex(/^[\x21-\x7e]{10,300}$/, 'botToken is not a token: "OAuth & Permissions", "Bot User OAuth Token"'),
  signingSecret: z
    .string()
    .regex(/^[0-9a-f]{32}$/, 'signingSecret is 32 characters of 0-9 and a-f: "Basic Information", "Signing Secret"'),
});

export type SlackSecretValue = z.output<typeof slackSecret>;

export type ReadSecret<T> =
  | { readonly kind: 'valid'; readonly value: T }
  | { readonly kind: 'invalid'; readonly why: string };

/** From standard input: JSON with both. */
export function readSlackSecret(text: string): ReadSecret<SlackSecretValue> {
  const parsed = slackSecret.safeParse(parseJson(text));
  if (parsed.success) return { kind: 'valid', value: parsed.data };
  const problems = parsed.error.issues.map((issue) =>
    issue.path.length === 0
      ? 'give JSON with "botToken" and "signingSecret"'
      : `${issue.path.join('.')}: ${issue.message}`,
  );
  return { kind: 'invalid', why: problems.join('; ') };
}

export function botTokenProblem(text: string): string | undefined {
  return slackSecret.shape.botToken.safeParse(text).error?.issues[0]?.message;
}

export function signingSecretProblem(text: string): string | undefined {
  return slackSecret.shape.signingSecret.safeParse(text).error?.issues[0]?.message;
}

/** One line; the end of the line that a shell adds is not part of a password. */
export function readPassword(text: string): ReadSecret<string> {
  const value = text.replace(/\r?\n$/, '');
  const why = passwordProblem(value);
  return why === undefined ? { kind: 'valid', value } : { kind: 'invalid', why };
}

export function passwordProblem(value: string): string | undefined {
  if (value === '') return 'the password is empty';
  return value.length > 200 || /[\r\n\0]/.test(value) ? 'a password is one line of at most 200 characters' : undefined;
}

/** The new text of a password secret. What else a JSON secret holds, such as "username", stays. */
export function withPassword(before: string | null, password: string): string {
  const parsed = before === null ? null : parseJson(before);
  const kept = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? parsed : {};
  return JSON.stringify({ ...kept, password });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
