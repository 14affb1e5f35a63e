import { describe, expect, it } from 'vitest';
import { advanceIncident } from '../../../functions/core/incident/advance-incident.ts';
import type { Incident } from '../../../functions/core/model/target.ts';
import type { Verdict } from '../../../functions/core/model/verdict.ts';
import { incident, MINUTE_MS, NIGHT_MS } from '../../support/builders.ts';

const healthy: Verdict = { kind: 'healthy' };
const settling: Verdict = { kind: 'settling', severity: 'critical' };
const unknown: Verdict = { kind: 'unknown', why: 'unreadable' };
const breaching = (severity: 'warning' | 'critical', rule: 'level' | 'unreadable' = 'level'): Verdict => ({
  kind: 'breaching',
  severity,
  reasons: [
    rule === 'level'
      ? { rule, connected: 85, connectionsMax: 100, boundShare: 0.8, severity }
      : { rule, cause: 'denied', samples: 3 },
  ],
  forecast: null,
});

function advance(current: Incident | null, verdict: Verdict, afterMinutes = 1) {
  return advanceIncident({
    current,
    verdict,
    nowMs: NIGHT_MS + afterMinutes * MINUTE_MS,
    newId: 'inc-new0000000',
    reopenMs: 30 * MINUTE_MS,
  });
}

describe('an incident', () => {
  it('opens at a breach and at nothing else', () => {
    expect(advance(null, breaching('warning'))).toMatchObject({ what: 'opened', incident: { id: 'inc-new0000000' } });
    expect(advance(null, unknown)).toEqual({ what: 'nothing', incident: null });
    expect(advance(null, healthy)).toEqual({ what: 'nothing', incident: null });
  });

  it('only ever gets more severe', () => {
    const warning = incident({ severity: 'warning', severityHighest: 'warning' });
    expect(advance(warning, breaching('critical'))).toMatchObject({
      what: 'escalated',
      incident: { severity: 'critical' },
    });
    expect(advance(incident(), breaching('warning'))).toMatchObject({
      what: 'continued',
      incident: { severity: 'critical' },
    });
  });

  it('rests while its end is not yet one, and resolves with the verdict that it is', () => {
    const resting = advance(incident(), settling, 1).incident;
    expect(resting).toMatchObject({ healthySinceMs: NIGHT_MS + MINUTE_MS, resolvedAtMs: null, forecast: null });
    expect(advance(resting, settling, 5)).toMatchObject({
      what: 'continued',
      incident: { healthySinceMs: NIGHT_MS + MINUTE_MS },
    });
    expect(advance(resting, healthy, 6)).toMatchObject({
      what: 'resolved',
      incident: { resolvedAtMs: NIGHT_MS + 6 * MINUTE_MS },
    });
  });

  it('neither opens nor comes back while it settles', () => {
    expect(advance(null, settling).what).toBe('nothing');
    const resolved = incident({ resolvedAtMs: NIGHT_MS });
    expect(advance(resolved, settling, 5)).toEqual({ what: 'nothing', incident: resolved });
  });

  it('starts the quiet period again when it loses sight, and when it breaches', () => {
    const resting = incident({ healthySinceMs: NIGHT_MS });
    expect(advance(resting, unknown, 4).incident?.healthySinceMs).toBeNull();
    expect(advance(resting, breaching('warning'), 4).incident?.healthySinceMs).toBeNull();
  });

  it('stays a connection incident while it is out of sight', () => {
    const both = advance(incident(), breaching('warning', 'unreadable'));
    expect(both.what).toBe('turned');
    expect(both.incident?.reasons.map((reason) => reason.rule)).toEqual(['level', 'unreadable']);
    const again = advance(both.incident, breaching('warning', 'unreadable'));
    expect(again.what).toBe('continued');
    expect(again.incident?.reasons).toHaveLength(2);
  });

  it('reopens with its id when the trouble is back soon, and is a new one later', () => {
    const resolved = incident({ resolvedAtMs: NIGHT_MS });
    expect(advance(resolved, breaching('warning'), 30)).toMatchObject({
      what: 'reopened',
      incident: {
        id: 'inc-a1b2c3d4e5',
        openedAtMs: NIGHT_MS,
        resolvedAtMs: null,
        reopenedTimes: 1,
        severity: 'warning',
      },
    });
    expect(advance(resolved, breaching('warning'), 31)).toMatchObject({
      what: 'opened',
      incident: { id: 'inc-new0000000' },
    });
  });

  it('is forgotten once it can no longer be reopened', () => {
    const resolved = incident({ resolvedAtMs: NIGHT_MS });
    expect(advance(resolved, healthy, 30)).toEqual({ what: 'nothing', incident: resolved });
    expect(advance(resolved, healthy, 31)).toEqual({ what: 'forgotten', incident: null });
  });
});
