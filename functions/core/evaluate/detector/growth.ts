/** Growth that a rule holds for a leak. */
export interface Growth {
  readonly shape: 'idle' | 'count';
  /** How long it has been seen. */
  readonly seconds: number;
  readonly perSecond: number;
  readonly inSeconds: number;
  readonly connected: { readonly before: number; readonly now: number };
  /** The sleepers it rests on. */
  readonly sleepers: { readonly atLeastSeconds: number; readonly before: number; readonly now: number } | null;
  /** Sleepers of fifteen minutes at the start: where the alert returns to. */
  readonly sleepersBase: number;
  /** What of the growth is asleep for a minute or more. */
  readonly asleepGrowth: number;
  readonly loadGrowth: number;
  readonly healthyMost: number;
  /** `healthyMost` is what a load like this one needed. */
  readonly atThisLoad?: true;
}

/** Further ahead nobody needs to know, and nobody can. */
export const FORECAST_SECONDS_MAX = 6.5 * 3600;
