import type { Incident, Trace } from '../generator.cjs';

const MINUTE_MS = 60_000;
const GRACE_MS = 30 * MINUTE_MS;
/** A healthy trace may touch the 80 % for as long, never stay there. */
const TOUCH_MS = 4 * MINUTE_MS;
/** A restart takes some looks to show. */
const FALL_MS = 5 * MINUTE_MS;
/** A deployment or a task may meet the limit for seconds, between two looks. */
const FULL_LEAST = 0.75;
const RISE_LEAST_MS = 3 * MINUTE_MS;

/** What of a trace does not fit its labels, in words; empty for a good one. */
export function misfits(trace: Trace): string[] {
  const labels = trace.incidents.flatMap((incident) =>
    misfitsOf(trace, incident).map((one) => `${incident.kind}: ${one}`),
  );
  return [...(trace.ok ? [] : ['it could not be made']), ...misfitSamples(trace), ...misfitHealth(trace), ...labels];
}

function misfitSamples({ samples }: Trace): string[] {
  return samples.flatMap(({ ts, connected, running, max, sleep, users }, at) => {
    const sum = Object.values(users).reduce((total, count) => total + count, 0);
    const ages = [connected, ...sleep];
    const wrong = [
      sum !== connected && `users hold ${sum} of ${connected}`,
      connected > max && at > 0 && samples[at - 1]?.max === max && `${connected} of at most ${max}`,
      running > connected && `${running} of ${connected} run`,
      ages.some((count, age) => age > 0 && count > (ages[age - 1] ?? 0)) && `ages ${ages.join()}`,
      at > 0 && ts <= (samples[at - 1]?.ts ?? 0) && 'time stands still',
    ];
    return wrong.filter((one) => one !== false).map((one) => `sample ${at}: ${one}`);
  });
}

/** In health nobody stands at the bound of a plain 80 % rule. */
function misfitHealth({ samples, incidents }: Trace): string[] {
  const inTrouble = (ts: number) =>
    incidents.some((one) => ts >= (one.allowFrom ?? one.start) && ts <= one.end + (one.grace ?? GRACE_MS));
  let sinceTs: number | null = null;
  for (const { ts, connected, max } of samples) {
    if (inTrouble(ts) || connected < 0.8 * max) sinceTs = null;
    else sinceTs ??= ts;
    if (sinceTs !== null && ts - sinceTs > TOUCH_MS) return [`health stands at ${connected} of ${max}`];
  }
  return [];
}

function misfitsOf({ samples }: Trace, { kind, start, exhaust, end, required, reqFrac }: Incident): string[] {
  const levels = (fromTs: number, toTs: number) =>
    samples.filter(({ ts }) => ts >= fromTs && ts <= toTs).map(({ connected, max }) => connected / max);
  const most = Math.max(0, ...levels(start, end));
  if (kind === 'saturation') {
    const least = Math.min(...levels(start, end));
    return least < 0.6 || most > 1 ? [`between ${least.toFixed(2)} and ${most.toFixed(2)} of the limit`] : [];
  }
  if (!required) return exhaust === null && most >= 1 ? ['full, though nobody has to see it'] : [];
  if (exhaust === null || reqFrac === undefined) return ['no end or no warning asked for'];
  const held = levels(exhaust, end);
  const after = levels(end + FALL_MS, end + GRACE_MS);
  const wrong = [
    exhaust - start < RISE_LEAST_MS && 'over within three minutes',
    held.length > 0 && Math.max(...held) < FULL_LEAST && `only ${Math.max(...held).toFixed(2)} of the limit when full`,
    after.length > 0 && Math.min(...after) > 0.85 && 'still nearly full after its end',
  ];
  return wrong.filter((one) => one !== false);
}
