import * as z from 'zod';
import { id } from './values.ts';

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
