import * as z from 'zod';
import { absolutePath, id, seconds, secretArn, share, slackChannelId } from './values.ts';

const credential = z.discriminatedUnion('kind', [
  /** RDS or Aurora with IAM authentication: a token signed locally, no password anywhere. */
  z.strictObject({
    kind: z.literal('iam'),
    region: z.string().min(1),
    resourceId: z
      .string()
      .regex(
        /^(db|cluster|prx)-[A-Za-z0-9-]+$/,
        'use the DbiResourceId, cluster resource id or proxy id, such as "db-ABCDEFGHIJKL"',
      ),
  }),
  /** A Secrets Manager secret: JSON with "password", or the bare password. */
  z.strictObject({ kind: z.literal('secret'), arn: secretArn }),
  /** For `npm start` on a laptop only: the name of an environment variable. Refused at synth. */
  z.strictObject({
    kind: z.literal('environment'),
    variable: z.string().regex(/^[A-Z_][A-Z0-9_]*$/, 'use the name of an environment variable, such as "DB_PASSWORD"'),
  }),
]);

const tls = z.union([
  /** `rds`: the bundled AWS certificates. `system`: Node's own store. `off` has to be written out. */
  z.enum(['rds', 'system', 'off']),
  z.strictObject({ caFile: z.string().min(1) }),
]);

export const rules = z.strictObject({
  level: z
    .strictObject({
      warningAtShare: share.default(0.8),
      criticalAtShare: share.default(0.9),
      clearBelowShare: share.default(0.75),
      breachesMin: z.number().int().min(1).max(20).default(2),
      windowSize: z.number().int().min(1).max(20).default(3),
      /** By itself it has to last for so long; beside another reason, or in open trouble, it counts at once. */
      warningAfterSeconds: seconds(0, 3600).default(150),
      criticalAfterSeconds: seconds(0, 3600).default(45),
      off: z.boolean().default(false),
    })
    .prefault({}),
  /** Off until a bound is given: how many connections are normal differs from database to database. */
  absolute: z
    .strictObject({
      raiseAt: z.number().int().positive().nullable().default(null),
      /** Default: 80 % of `raiseAt`. */
      clearBelow: z.number().int().positive().nullable().default(null),
      breachesMin: z.number().int().min(1).max(20).default(2),
      windowSize: z.number().int().min(1).max(20).default(3),
    })
    .prefault({}),
  refused: z
    .strictObject({
      refusedMin: z.number().int().min(1).default(5),
      breachesMin: z.number().int().min(1).max(20).default(2),
      windowSize: z.number().int().min(1).max(20).default(3),
      off: z.boolean().default(false),
    })
    .prefault({}),
  unreadable: z
    .strictObject({ samplesMin: z.number().int().min(1).max(60).default(3), off: z.boolean().default(false) })
    .prefault({}),
  blindMonitor: z.strictObject({ off: z.boolean().default(false) }).prefault({}),
  /** `withinSeconds`: a leak that fills the pool later than this is no trouble yet. */
  leak: z
    .strictObject({ withinSeconds: seconds(60, 604_800).nullable().default(null), off: z.boolean().default(false) })
    .prefault({}),
});

export const target = z.strictObject({
  id,
  host: z.string().min(1, 'use the host name of the database, the instance itself and not a proxy'),
  port: z.number().int().min(1).max(65535).default(3306),
  /** Instead of host and port, on a laptop. */
  socketPath: absolutePath.optional(),
  user: z.string().min(1).max(80),
  credential,
  tls: tls.default('rds'),
  /** MySQL's admin_port or MariaDB's extra_port: reaches a server that refuses everybody else. */
  adminPort: z.number().int().min(1).max(65535).optional(),
  rules: rules.optional(),
  /** Default: `slack.channel`. */
  channel: slackChannelId.optional(),
});

const DAY = '(Sun|Mon|Tue|Wed|Thu|Fri|Sat)';

/** A silence with a schedule: sampling goes on, and what is still wrong at its end is told. */
export const maintenance = z.strictObject({
  /** Default: every target. */
  targets: z.array(id).min(1, 'name at least one target, or leave it out for all').optional(),
  /** When it begins, by the clocks of `timeZone`. */
  weekly: z
    .string()
    .regex(
      new RegExp(`^${DAY}(,${DAY})* ([01]\\d|2[0-3]):[0-5]\\d$`),
      'use days and a time of 24 hours, such as "Sun 02:00" or "Mon,Tue,Wed 22:30"',
    ),
  durationMinutes: z
    .number()
    .int()
    .min(1, 'use a whole number of minutes from 1 to 1440')
    .max(1440, 'use a whole number of minutes from 1 to 1440'),
  timeZone: z
    .string()
    .refine(isTimeZone, 'use the name of a time zone, such as "Europe/Berlin" or "UTC"')
    .default('UTC'),
  reason: z.string().trim().min(1, 'say why, for those who read the card').max(200, 'use at most 200 characters'),
  /** `warnings`: what is critical is told and paged all the same, because no schedule knows that customers are refused. */
  holds: z.enum(['warnings', 'everything'], "use 'warnings' or 'everything'").default('warnings'),
});

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    // Offsets such as +01:00 are taken as well, and know no summer.
    return /^[A-Za-z]/.test(name);
  } catch {
    return false;
  }
}
