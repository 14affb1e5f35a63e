import type { Config } from '../config/config.ts';

/**
 * The rules of a configuration that sets none, written out: `detect` starts hundreds of times and
 * must not load the schema. A test holds it equal to the schema's defaults.
 */
export const DEFAULT_RULES: Config['rules'] = {
  level: {
    warningAtShare: 0.8,
    criticalAtShare: 0.9,
    clearBelowShare: 0.75,
    breachesMin: 2,
    windowSize: 3,
    warningAfterSeconds: 150,
    criticalAfterSeconds: 45,
    off: false,
  },
  absolute: { raiseAt: null, clearBelow: null, breachesMin: 2, windowSize: 3 },
  refused: { refusedMin: 5, breachesMin: 2, windowSize: 3, off: false },
  unreadable: { samplesMin: 3, off: false },
  blindMonitor: { off: false },
  leak: { withinSeconds: null, off: false },
};

/** Likewise `quietSeconds`. */
export const DEFAULT_QUIET_MS = 150_000;
