import { rulesOf } from '../config/people.ts';
import type { Notice } from '../model/notice.ts';
import type { TargetState } from '../model/target.ts';
import type { Settings } from '../settings.ts';

/** Enough to draw a line, few enough for Slack's chart beside the trail. */
const FORECAST_POINTS = 6;
const FORECAST_MS_MAX = 2 * 3_600_000;

/** The lines of the chart beside what was seen. */
export function chartFacts(state: TargetState, settings: Settings): Pick<Notice, 'bounds' | 'forecast'> {
  return { bounds: boundsOf(state, settings), forecast: forecastOf(state) };
}

function boundsOf({ targetId, figures }: TargetState, { config }: Settings): Notice['bounds'] {
  const target = config.targets.find((one) => one.id === targetId);
  const most = figures?.connectionsMax ?? 0;
  if (target === undefined) return { warningAt: null, criticalAt: null };
  const { level, absolute } = rulesOf(config, target);
  const at = (share: number) => (level.off || most <= 0 ? null : Math.ceil(most * share));
  const warningAt = [at(level.warningAtShare), absolute.raiseAt].filter((bound) => bound !== null);
  return { warningAt: warningAt.length === 0 ? null : Math.min(...warningAt), criticalAt: at(level.criticalAtShare) };
}

function forecastOf({ incident, figures }: TargetState): Notice['forecast'] {
  const forecast = incident?.forecast ?? null;
  const from = figures?.trail.at(-1);
  // Out of sight nobody knows whether it goes on.
  if (forecast === null || from === undefined || forecast.perMinute <= 0 || figures?.lostSight) return [];
  const [atMs, connected] = from;
  const goal = forecast.kind === 'exhaustion' ? (figures?.connectionsMax ?? connected) : forecast.atConnections;
  const fullMs = ((goal - connected) / forecast.perMinute) * 60_000;
  const spanMs = Math.min(FORECAST_MS_MAX, Math.max(0, fullMs));
  if (spanMs === 0) return [];
  return Array.from({ length: FORECAST_POINTS }, (_, at) => {
    const aheadMs = (spanMs * (at + 1)) / FORECAST_POINTS;
    return [Math.round(atMs + aheadMs), Math.round(connected + (forecast.perMinute * aheadMs) / 60_000)] as const;
  });
}
