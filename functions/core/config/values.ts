import * as z from 'zod';
import { isPracticeId } from './target-id.ts';

/** As they reach a script. */
export function joinedCommands(commands: Readonly<Record<string, string>>): string {
  return Object.entries(commands)
    .map(([name, command]) => `${name}=${command}`)
    .join(';');
}

/** Identifiers that people write: short, safe in resource names, file names and button values. */
export const id = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,39}$/,
    'use 1 to 40 lower-case letters, digits and hyphens, a letter first, such as "orders-db"',
  )
  .refine((name) => !isPracticeId(name), 'practices are called so: use another beginning');

export const seconds = (min: number, max: number) =>
  z
    .number()
    .int()
    .min(min, `use a whole number of seconds from ${min} to ${max}`)
    .max(max, `use a whole number of seconds from ${min} to ${max}`);

export const share = z
  .number()
  .gt(0, 'use a share between 0 and 1, such as 0.8')
  .max(1, 'use a share between 0 and 1, such as 0.8');

export const secretArn = z
  .string()
  .regex(
    /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+$/,
    'use the ARN of a Secrets Manager secret',
  );

export const slackChannelId = z
  .string()
  .regex(
    /^[CG][A-Z0-9]{4,20}$/,
    'use a channel id such as "C012AB3CD" (channel name, View channel details, at the bottom)',
  );

export const slackUserId = z
  .string()
  .regex(/^[UW][A-Z0-9]{4,20}$/, 'use a Slack member id such as "U012AB3CD" (profile, More, Copy member ID)');

export const slackGroupId = z
  .string()
  .regex(/^S[A-Z0-9]{4,20}$/, 'use a Slack user group id such as "S012AB3CD" (People, User groups, Copy group ID)');

/** What an instance or a hybrid node is called in SSM. */
export const hostId = z
  .string()
  .regex(
    /^m?i-[0-9a-f]{8,17}$/,
    'use an instance id such as "i-0abc1234567890def" or a managed node id such as "mi-0abc1234567890def"',
  );

export const absolutePath = z
  .string()
  .regex(/^\/[\w@.+/-]{0,199}$/, 'use an absolute path of letters, digits and . _ @ + - /');

export const unixUser = z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'use a Unix user name such as "deploy"');

/** Run without a shell, its words split at spaces; so it takes no quotes, variables or pipes. */
export const commandLine = z
  .string()
  .regex(
    /^\/[\w@.+:,=/?%-]{1,199}( [\w@.+:,=/?%-]{1,200}){0,20}$/,
    'begin with the absolute path of a program, then words of letters, digits and . _ @ + : , = / ? % - with single spaces between',
  )
  .max(300, 'use at most 300 characters; put longer ones into a script');

export const configFile = z
  .string()
  .regex(/^[\w.@+-]+(\/[\w.@+-]+)*$/, 'use a path below the directory, such as "config/database.php"')
  .refine((path) => path.split('/').every((part) => part !== '.' && part !== '..'), 'use no "." and ".." in it');

export const processName = z
  .string()
  .regex(/^[A-Za-z0-9_.:@-]{1,64}$/, 'use a PM2 process name of letters, digits and . _ : @ -');
