'use strict';
// Scenario generator for connection-leak detectors. Plain Node, no dependencies.
// Every trace is a pure function of (split, class, index): same output on every machine.
const AGES = [60, 300, 900, 3600];

// ---------- deterministic random numbers (own 32-bit mixer) ----------
function hash32(str) {
  let h = 0x9e3779b9 | 0;
  for (let i = 0; i < str.length; i++) {
    h = Math.imul(h ^ str.charCodeAt(i), 0x85ebca6b);
    h ^= h >>> 15;
    h = Math.imul(h, 0xc2b2ae35);
    h ^= h >>> 13;
  }
  return h >>> 0;
}
function makeRng(seedStr) {
  let a = hash32(seedStr),
    c = 0x6d2b79f5;
  const u = () => {
    a = (a + c) | 0;
    let x = Math.imul(a ^ (a >>> 16), 0x7feb352d);
    x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
    x ^= x >>> 16;
    return (x >>> 0) / 4294967296;
  };
  const r = { u };
  r.range = (lo, hi) => lo + (hi - lo) * u();
  r.log = (lo, hi) => Math.exp(Math.log(lo) + (Math.log(hi) - Math.log(lo)) * u());
  r.int = (lo, hi) => Math.floor(lo + (hi - lo + 1) * u());
  r.pick = (arr) => arr[Math.floor(u() * arr.length)];
  r.chance = (p) => u() < p;
  r.norm = () => (u() + u() + u() + u() - 2) * 1.7320508; // 4-uniform sum, unit variance, |z|<=3.46
  r.poisson = (l) => {
    if (l <= 0) return 0;
    if (l > 30) return Math.max(0, Math.round(l + Math.sqrt(l) * r.norm()));
    let k = 0,
      p = Math.exp(-l),
      s = p,
      x = u();
    while (x > s && k < 200) {
      k++;
      p *= l / k;
      s += p;
    }
    return k;
  };
  return r;
}

const TAG = 'v2'; // bump when a change alters any trace
const HOUR = 3600,
  DAY = 86400;
const EPOCH = 1767571200; // Monday 2026-01-05 00:00 UTC

const PUBLIC = {
  'h-flat': 10,
  'h-diurnal': 16,
  'h-weekly': 10,
  'h-autoscale': 14,
  'h-batch': 14,
  'h-deploy': 14,
  'h-burst': 14,
  'h-step': 12,
  'h-sawtooth': 14,
  'h-growth': 10,
  'h-lazy': 12,
  'h-nightidle': 10,
  'l-slow': 16,
  'l-medium': 20,
  'l-fast': 20,
  'l-diurnal': 20,
  'l-traffic': 16,
  'l-stair': 16,
  'l-masked': 14,
  'l-storm': 16,
  'l-accel': 16,
  'l-keepalive': 16,
  'b-bounded': 8,
  's-saturation': 10,
  'h-coldstart': 36,
  'h-rollout': 12,
  'h-longidle': 10,
};

// Classes beyond the public ones: what else happens to databases. Used by the splits `tune` and `unseen`.
const EXTRA = {
  'h-failover': 6,
  'h-limit': 6,
  'h-gaps': 6,
  'h-rough': 16,
  'h-churn': 6,
  'h-peakday': 6,
  'l-partial': 10,
  'l-stopped': 8,
  'l-peak': 10,
  'l-pileup': 12,
  'l-gaps': 8,
  'l-limit': 6,
  'l-rough': 16,
  'l-pause': 8,
};
const OWN = { tune: 0.6, unseen: 1, fresh: 0.6 };
// The classes a detector finds hardest, over wider ranges of every parameter, and the healthy ones most like them.
const HARD = {
  'l-accel': 40,
  'l-traffic': 40,
  'l-rough': 60,
  'l-diurnal': 30,
  'l-slow': 20,
  'l-keepalive': 20,
  'l-medium': 15,
  'l-stair': 10,
  'l-pause': 10,
  'l-partial': 10,
  'l-fast': 15,
  'l-weekly': 20,
  'l-roughbatch': 30,
  'l-deploy': 20,
  'l-saw': 10,
  'h-rough': 40,
  'h-roughbatch': 40,
  'h-autoscale': 15,
  'h-longidle': 15,
  'h-deploy': 10,
  'h-batch': 10,
  'h-weekly': 10,
  'h-rollout': 10,
  'h-growth': 10,
  'h-sawtooth': 10,
  'h-lazy': 10,
  'h-nightidle': 10,
  'h-coldstart': 20,
};
// Kept aside to the end: every class at other limits, intervals and loads, and some that nothing was tuned to.
const SEALED = {
  'l-weekly': 6,
  'l-roughbatch': 10,
  'l-deploy': 8,
  'l-saw': 4,
  'l-batchrun': 6,
  'l-walk': 10,
  'l-two': 8,
  'h-roughbatch': 10,
  'h-roughscale': 10,
  'h-loadtest': 6,
  'h-fill': 4,
};
const half = (classes) => Object.fromEntries(Object.entries(classes).map(([c, n]) => [c, Math.ceil(n / 2)]));
const LISTS = { wide: HARD, sealed: Object.assign({}, half(PUBLIC), half(EXTRA), SEALED) };
function list(split) {
  if (LISTS[split]) {
    const o = [];
    for (const c of Object.keys(LISTS[split]))
      for (let i = 0; i < LISTS[split][c]; i++) o.push({ id: `${split}/${c}/${i}`, split, cls: c, idx: i });
    return o;
  }
  if (OWN[split]) {
    const o = [],
      all = Object.assign({}, PUBLIC, EXTRA);
    for (const c of Object.keys(all))
      for (let i = 0; i < Math.ceil(all[c] * OWN[split]); i++)
        o.push({ id: `${split}/${c}/${i}`, split, cls: c, idx: i });
    return o;
  }
  const src = PUBLIC,
    out = [];
  for (const c of Object.keys(src))
    for (let i = 0; i < src[c]; i++) out.push({ id: `${split}/${c}/${i}`, split, cls: c, idx: i });
  return out;
}

// Traffic as rough as recorded traffic is: drift on several time scales, a daily shape that varies, spikes.
function roughDriver(rng, wide) {
  const shape = diurnalShape(rng),
    amps = wide
      ? [rng.range(0.01, 0.12), rng.range(0.02, 0.16), rng.range(0.02, 0.18)]
      : [rng.range(0.01, 0.06), rng.range(0.02, 0.1), rng.range(0.02, 0.12)],
    taus = [300, 3600, 6 * HOUR],
    x = [0, 0, 0],
    pts = [],
    n = 21 * 288,
    off = rng.range(0, 24),
    spiky = rng.range(0, wide ? 0.03 : 0.01),
    shifty = wide && rng.chance(0.3) ? rng.range(0, 0.004) : 0;
  let spike = 0,
    shift = 1;
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < 3; k++)
      x[k] += -x[k] * Math.min(1, 300 / taus[k]) + Math.sqrt(2 * Math.min(0.5, 300 / taus[k])) * rng.norm();
    spike *= 0.7;
    if (rng.chance(spiky)) spike += rng.range(0.1, 0.5);
    if (shifty && rng.chance(shifty)) shift = rng.range(0.5, 1.1);
    pts.push(
      Math.min(
        1.08,
        Math.max(
          0.02,
          0.85 * shift * shape((i / 12 + off) % 24) * (1 + amps[0] * x[0] + amps[1] * x[1] + amps[2] * x[2]) + spike,
        ),
      ),
    );
  }
  return {
    at: (now) => {
      const p = now / 300,
        i = Math.min(n - 2, Math.floor(p));
      return pts[i] + (pts[i + 1] - pts[i]) * (p - i);
    },
  };
}
// ---------- building blocks ----------
function diurnalShape(rng) {
  const lo = rng.range(0.12, 0.5),
    peakH = rng.range(10, 20),
    sharp = rng.range(0.8, 2.2),
    a2 = rng.range(0, 0.25),
    ph2 = rng.range(0, 24);
  return (h) => {
    let s = 0.5 + 0.5 * Math.cos(((h - peakH) / 24) * 2 * Math.PI);
    s = s ** sharp;
    s += a2 * 0.5 * (1 + Math.cos(((h - ph2) / 12) * 2 * Math.PI));
    return lo + ((1 - lo) * s) / (1 + a2);
  };
}
function trap(t, t0, rise, hold, fall) {
  const x = t - t0;
  if (x < 0) return 0;
  if (x < rise) return x / rise;
  if (x < rise + hold) return 1;
  if (x < rise + hold + fall) return 1 - (x - rise - hold) / fall;
  return 0;
}

// A service owns one MySQL user and one pool model.
//  elastic: LIFO pool, shrinks after idleTO;   fixed: constant size;   percall: no pool;
//  lazy: grows to its high-water mark, never shrinks;   scaled: instance count follows traffic.
function mkService(rng, o) {
  return Object.assign(
    {
      user: 'web',
      pool: 'elastic',
      share: 1,
      k: 4,
      idleTO: rng.pick([300, 600, 600, 900]),
      maxLife: rng.pick([0, 0, 1800, 1800, 3600]),
      lifo: rng.chance(0.7),
      minFrac: rng.range(0.05, 0.3),
      util: rng.range(0.15, 0.6),
      tau: rng.range(4, 25),
      k_noise: rng.range(0.7, 1.4),
      amp: 1,
      traffic: 1,
    },
    o,
  );
}

// Build the parameter set of one trace.
function build(split, cls, idx, attempt) {
  const ho = split === 'unseen' || split === 'fresh';
  const wide = split === 'wide' || split === 'sealed';
  // Wider ranges of a parameter than the public ones, where a split asks for them.
  const or = (own, wider) => (wide ? wider : own);
  const rng = makeRng(`${split}|${cls}|${idx}|${attempt}|v1`);
  const S = { cls, rng, split, idx };
  S.M = rng.pick(
    split === 'sealed'
      ? [45, 70, 90, 128, 170, 240, 350, 450, 700, 900, 1200, 2500, 6000]
      : wide
        ? [40, 50, 64, 75, 100, 151, 200, 256, 300, 400, 500, 750, 1000, 2000, 4000]
        : ho
          ? [60, 80, 120, 151, 250, 400, 600, 800, 1500, 3000, 5000]
          : [50, 100, 151, 151, 200, 300, 500, 500, 1000, 2000, 5000],
  );
  S.step = rng.pick(
    split === 'sealed' ? [12, 15, 25, 30, 40, 60] : or([15, 15, 30, 30, 60], [10, 15, 20, 30, 45, 60, 60]),
  );
  S.jit = rng.range(0.02, 0.12);
  S.pMiss = rng.range(0.002, ho ? 0.04 : 0.02);
  S.gapRate = rng.range(0, 0.6) / DAY;
  S.gapMax = ho ? 2700 : 1500;
  S.start = rng.int(0, 7 * 24 - 1) * HOUR + rng.int(0, 3599);
  S.dur = 7 * DAY;
  S.wt = 28800;
  S.fp = rng.range(or(0.3, 0.2), or(0.66, 0.72)) * 0.94 ** attempt; // healthy peak as a fraction of max
  S.shape = () => 1;
  S.weekend = 1;
  S.growth = 0;
  S.slowSig = rng.range(0.01, 0.05);
  S.slowTau = rng.range(600, 2400);
  S.services = [];
  S.bursts = [];
  S.batches = [];
  S.deploys = [];
  S.restarts = [];
  S.steps = [];
  S.saw = null;
  S.maxChanges = [];
  S.bigGaps = [];
  S.failovers = [];
  S.leak = null;
  S.incidents = [];
  S.drops = [];
  const webPool = (pools) => rng.pick(pools);
  const addStd = (mainPool, mainShare) => {
    S.services.push(mkService(rng, { user: 'web', pool: mainPool, share: mainShare }));
    S.services.push(
      mkService(rng, {
        user: 'worker',
        pool: rng.pick(['fixed', 'fixed', 'elastic']),
        share: (1 - mainShare) * 0.7,
        amp: 0.3,
      }),
    );
    S.services.push(
      mkService(rng, { user: 'api', pool: rng.pick(['percall', 'elastic', 'fixed']), share: (1 - mainShare) * 0.3 }),
    );
  };
  const diurnalBase = (d) => {
    S.shape = diurnalShape(rng);
    S.slowSig = rng.range(0.02, 0.08);
    if (d) S.weekend = rng.range(0.3, 0.8);
  };
  const anyBase = () => {
    // base used under leak classes
    const b = rng.pick(['flat', 'flat', 'elastic', 'auto', 'diurnal']);
    if (b === 'flat') {
      addStd('fixed', rng.range(0.5, 0.8));
      S.shape = (() => {
        const f = diurnalShape(rng);
        const m = rng.range(0, 0.4);
        return (h) => 1 - m + m * f(h);
      })();
    } else if (b === 'elastic') {
      addStd('elastic', rng.range(0.5, 0.8));
      S.shape = (() => {
        const f = diurnalShape(rng);
        const m = rng.range(0.1, 0.5);
        return (h) => 1 - m + m * f(h);
      })();
      S.slowSig = rng.range(0.02, 0.09);
    } else if (b === 'auto') {
      addStd('scaled', rng.range(0.5, 0.8));
      S.shape = (() => {
        const f = diurnalShape(rng);
        const m = rng.range(0.1, 0.5);
        return (h) => 1 - m + m * f(h);
      })();
    } else {
      addStd('elastic', rng.range(0.5, 0.8));
      diurnalBase(false);
    }
    S.base = b;
  };
  const someBatches = (n, lo, hi) => {
    for (let i = 0; i < n; i++) {
      const every = rng.pick([HOUR, 3 * HOUR, 6 * HOUR, DAY, DAY]);
      S.batches.push({
        every,
        at: rng.range(0, every),
        n: rng.range(lo, hi),
        rise: rng.log(20, Math.min(2400, every / 6)),
        hold: rng.log(200, Math.min(5400, every / 4)),
        fall: rng.range(5, 120),
        user: rng.pick(['etl', 'report', 'backup']),
      });
    }
  };
  const someDeploys = (perDay) => {
    for (let t = (rng.range(0.1, 1) * DAY) / perDay; t < S.dur; t += (rng.range(0.4, 1.6) * DAY) / perDay)
      S.deploys.push({
        t,
        svc: rng.int(0, S.services.length - 1),
        kind: rng.pick(['rolling', 'rolling', 'bluegreen', 'restart']),
        dur: rng.log(90, 1200),
        overlap: rng.range(0.2, 0.8),
        warm: rng.log(20, 900),
      });
  };
  const someBursts = (perDay, a0, a1) => {
    for (let t = (rng.range(0, 1) * DAY) / perDay; t < S.dur; t += (rng.range(0.3, 1.8) * DAY) / perDay)
      S.bursts.push({
        t,
        a: rng.range(a0, a1),
        rise: rng.log(45, 1200),
        hold: rng.log(60, 1500),
        fall: rng.log(60, 1800),
      });
  };
  // lead-in of leak traces
  const lead = () => rng.range(or(12, 8), or(50, 80)) * HOUR;
  const leakFor = (o) => {
    S.leak = Object.assign({ svc: 0, kind: 'linear', t0: lead(), tte: 4 * HOUR, keepalive: false, busy: false }, o);
    S.leak.hold = rng.range(300, 2400);
    S.tail = rng.range(2.5, 5) * HOUR;
    S.dur = S.leak.t0 + S.leak.tte * 3 + 12 * HOUR;
  };
  const noReap = () => {
    S.wt = rng.pick([86400, 604800, 31536000]);
  };

  switch (cls) {
    case 'h-flat':
      addStd('fixed', rng.range(0.5, 0.9));
      break;
    case 'h-diurnal':
      addStd(webPool(['elastic', 'elastic', 'percall']), rng.range(0.6, 0.9));
      diurnalBase(false);
      break;
    case 'h-weekly':
      addStd(webPool(['elastic', 'scaled', 'percall']), rng.range(0.6, 0.9));
      diurnalBase(true);
      S.dur = 14 * DAY;
      break;
    case 'h-autoscale':
      addStd('scaled', rng.range(0.6, 0.9));
      diurnalBase(rng.chance(0.5));
      S.slowSig = rng.range(0.05, 0.16);
      break;
    case 'h-batch':
      addStd(webPool(['elastic', 'fixed']), rng.range(0.5, 0.8));
      if (rng.chance(0.6)) diurnalBase(false);
      S.fp *= 0.75;
      someBatches(rng.int(1, 3), 0.08, 0.22);
      break;
    case 'h-deploy':
      addStd(webPool(['elastic', 'fixed', 'lazy']), rng.range(0.5, 0.8));
      if (rng.chance(0.5)) diurnalBase(false);
      S.fp *= 0.8;
      someDeploys(rng.range(1, 5));
      if (rng.chance(0.6))
        for (let i = 0; i < rng.int(1, 3); i++)
          S.restarts.push({
            t: rng.range(0.05, 0.95) * S.dur,
            down: rng.range(5, 240),
            warm: rng.log(5, 600),
            over: rng.range(1, 1.25),
          });
      break;
    case 'h-burst':
      addStd(webPool(['elastic', 'percall']), rng.range(0.6, 0.9));
      if (rng.chance(0.5)) diurnalBase(false);
      S.fp *= 0.55;
      someBursts(rng.range(1, 5), 0.4, 1.6);
      break;
    case 'h-step':
      addStd(webPool(['fixed', 'scaled', 'elastic']), rng.range(0.5, 0.8));
      if (rng.chance(0.4)) diurnalBase(false);
      S.fp *= 0.62;
      {
        const n = rng.int(1, 4);
        let t = rng.range(0.1, 0.7) * S.dur;
        for (let i = 0; i < n; i++) {
          S.steps.push({ t, add: rng.range(0.04, 0.24 / n + 0.04), dur: rng.log(5, 600) });
          t += rng.log(600, 4 * HOUR);
        }
      }
      break;
    case 'h-sawtooth':
      addStd(webPool(['elastic', 'fixed']), rng.range(0.5, 0.8));
      if (rng.chance(0.4)) diurnalBase(false);
      S.fp *= 0.75;
      S.saw = {
        amp: rng.range(0.06, 0.26),
        period: rng.log(480, 7200),
        sync: rng.pick([0, 0, 0.1, 0.3, 1]),
        jitter: rng.range(0.02, 0.25),
      };
      break;
    case 'h-growth':
      addStd(webPool(['elastic', 'percall']), rng.range(0.6, 0.9));
      diurnalBase(rng.chance(0.5));
      S.growth = rng.range(0.005, 0.03);
      S.fp *= 0.85;
      S.dur = 14 * DAY;
      break;
    case 'h-lazy':
      addStd('lazy', rng.range(0.6, 0.9));
      if (rng.chance(0.6)) diurnalBase(false);
      S.slowSig = rng.range(0.03, 0.1);
      someDeploys(rng.range(0.2, 1));
      for (const d of S.deploys) {
        d.kind = 'restart';
        d.svc = 0;
      }
      break;
    case 'h-nightidle':
      addStd('fixed', rng.range(0.7, 0.9));
      S.services[0].lifo = true;
      S.services[0].maxLife = 0;
      S.shape = diurnalShape(rng);
      S.services[0].util = rng.range(0.6, 0.95);
      break;

    case 'l-slow':
      anyBase();
      noReap();
      leakFor({ tte: rng.log(12, 40) * HOUR });
      break;
    case 'l-medium':
      anyBase();
      leakFor({ tte: rng.log(2, 7.5) * HOUR });
      break;
    case 'l-fast':
      anyBase();
      leakFor({ tte: rng.log(20, 70) * 60 });
      break;
    case 'l-diurnal':
      addStd(webPool(['elastic', 'percall', 'scaled']), rng.range(0.6, 0.9));
      diurnalBase(false);
      noReap();
      leakFor({ tte: rng.log(or(5, 4), or(30, 40)) * HOUR, t0: rng.range(14, 50) * HOUR });
      break;
    case 'l-traffic':
      addStd(webPool(['elastic', 'scaled']), rng.range(0.6, 0.9));
      diurnalBase(false);
      noReap();
      leakFor({ kind: 'traffic', tte: rng.log(or(4, 2.5), or(24, 32)) * HOUR });
      break;
    case 'l-stair':
      anyBase();
      noReap();
      {
        const tte = rng.log(2, 16) * HOUR;
        leakFor({ kind: 'stair', tte, every: rng.log(600, Math.min(3600, tte / 6)) });
      }
      break;
    case 'l-masked':
      addStd(webPool(['elastic', 'fixed']), rng.range(0.5, 0.8));
      if (rng.chance(0.4)) diurnalBase(false);
      noReap();
      {
        const tte = rng.log(6, 20) * HOUR;
        leakFor({ tte, t0: rng.range(6, 20) * HOUR });
        const per = tte * rng.range(0.3, 0.55),
          n = rng.int(2, 6);
        for (let i = 1; i <= n; i++) S.drops.push(S.leak.t0 + i * per + rng.range(-0.1, 0.1) * per);
        S.dur = S.leak.t0 + per * n + tte * 3 + 10 * HOUR;
      }
      break;
    case 'l-storm':
      anyBase();
      leakFor({ kind: 'exp', busy: true, tte: rng.log(6, 25) * 60, dbl: rng.range(50, 240) });
      break;
    case 'l-accel':
      anyBase();
      noReap();
      leakFor({ kind: 'accel', tte: rng.log(1, or(12, 24)) * HOUR, pw: rng.range(or(1.7, 1.3), or(3, 3.5)) });
      break;
    case 'l-keepalive':
      anyBase();
      leakFor({
        keepalive: true,
        kind: rng.pick(['linear', 'stair']),
        every: rng.log(300, 1200),
        tte: rng.log(2, 14) * HOUR,
      });
      break;
    case 'h-rollout': // a new fleet is rolled out in many small steps, then stops: looks like a staircase leak while it lasts
      addStd(webPool(['fixed', 'scaled', 'elastic']), rng.range(0.5, 0.8));
      if (rng.chance(0.5)) diurnalBase(false);
      S.fp *= 0.6;
      for (let r = 0; r < 2; r++) {
        const n = rng.int(7, 16),
          tot = rng.range(0.08, 0.14),
          span = rng.log(2400, 5 * HOUR),
          t = (0.2 + 0.4 * r + rng.range(0, 0.2)) * S.dur;
        for (let i = 0; i < n; i++) S.steps.push({ t: t + (i * span) / n, add: tot / n, dur: rng.range(10, 90) });
      }
      break;
    case 'h-longidle':
      addStd('elastic', rng.range(0.7, 0.9));
      diurnalBase(rng.chance(0.5));
      S.services[0].idleTO = 3600;
      S.services[0].lifo = true;
      S.services[0].maxLife = 0;
      S.slowSig = rng.range(0.05, 0.14);
      break;
    case 'h-coldstart': {
      // one short trace per database: the sampler itself has just been started
      S.start = rng.int(0, 6) * DAY + rng.range(4, 11) * HOUR;
      S.dur = rng.range(12, 30) * HOUR;
      addStd(webPool(['elastic', 'scaled', 'percall', 'lazy']), rng.range(0.6, 0.9));
      diurnalBase(false);
      if (rng.chance(0.3)) {
        S.fp *= 0.75;
        someBatches(1, 0.06, 0.16);
      } else if (rng.chance(0.4)) {
        S.fp *= 0.75;
        S.saw = { amp: rng.range(0.06, 0.2), period: rng.log(900, 7200), sync: rng.pick([0, 0.1, 1]), jitter: 0.1 };
      }
      if (rng.chance(0.3))
        S.deploys.push({
          t: rng.range(0.1, 0.6) * S.dur,
          svc: 0,
          kind: 'restart',
          dur: 300,
          overlap: 0.3,
          warm: rng.log(30, 1800),
        });
      break;
    }
    case 'b-bounded':
      anyBase();
      S.fp = Math.min(S.fp, 0.45);
      leakFor({ tte: rng.range(3, 5) * HOUR });
      S.wt = Math.round(S.leak.tte * rng.range(0.25, 0.45));
      S.leak.bounded = true;
      S.dur = S.leak.t0 + 2 * DAY;
      break;
    case 's-saturation':
      addStd(webPool(['elastic', 'percall', 'fixed']), rng.range(0.6, 0.9));
      if (rng.chance(0.5)) diurnalBase(false);
      S.fp *= 0.7;
      S.sat = {
        t: rng.range(1, 3) * DAY,
        level: rng.range(0.87, 0.97),
        rise: rng.log(300, 5400),
        hold: rng.range(1500, 3 * HOUR),
        fall: rng.log(60, 1800),
      };
      S.dur = S.sat.t + S.sat.rise + S.sat.hold + S.sat.fall + 6 * HOUR;
      break;
    case 'h-failover':
      addStd(webPool(['elastic', 'percall', 'scaled']), rng.range(0.6, 0.9));
      diurnalBase(rng.chance(0.4));
      S.fp *= 0.6;
      for (let t = rng.range(0.3, 2) * DAY; t < S.dur; t += rng.range(0.5, 3) * DAY)
        S.failovers.push({ t, len: rng.log(120, 5400), f: rng.pick([0.05, 0.4, 1.3, 1.6]) });
      break;
    case 'h-limit':
      addStd(webPool(['elastic', 'fixed', 'scaled']), rng.range(0.6, 0.9));
      if (rng.chance(0.6)) diurnalBase(false);
      S.fp *= 0.7;
      {
        let t = rng.range(0.5, 3) * DAY,
          f = 1;
        for (let i = 0; i < rng.int(1, 3); i++) {
          f = rng.pick([0.95, 1.25, 1.5, 2, 3]);
          S.maxChanges.push({ t, f });
          t += rng.range(0.5, 2) * DAY;
        }
      }
      break;
    case 'h-gaps':
      addStd(webPool(['elastic', 'lazy', 'scaled']), rng.range(0.6, 0.9));
      diurnalBase(rng.chance(0.5));
      for (let t = rng.range(0.1, 1) * DAY; t < S.dur; t += rng.range(0.2, 1.5) * DAY)
        S.bigGaps.push({ t, len: rng.log(600, 8 * HOUR) });
      break;
    case 'h-rough':
      addStd(webPool(['elastic', 'scaled', 'percall']), 0.85);
      S.driver = roughDriver(rng, wide);
      S.gapRate = 0.2 / DAY;
      break;
    case 'h-churn':
      addStd('percall', rng.range(0.7, 0.95));
      diurnalBase(rng.chance(0.5));
      S.services[0].k_noise = rng.range(1.4, 2.4);
      S.slowSig = rng.range(0.05, 0.15);
      S.fp *= 0.85;
      break;
    case 'h-peakday':
      addStd(webPool(['elastic', 'scaled', 'percall']), rng.range(0.6, 0.9));
      diurnalBase(rng.chance(0.5));
      S.fp *= 0.6;
      {
        const d = rng.int(2, 5);
        S.bursts.push({
          t: d * DAY - (S.start % DAY) + rng.range(6, 10) * HOUR,
          a: rng.range(0.2, 0.55),
          rise: rng.range(1, 4) * HOUR,
          hold: rng.range(2, 8) * HOUR,
          fall: rng.range(1, 4) * HOUR,
        });
      }
      break;
    case 'l-partial':
      addStd(webPool(['elastic', 'fixed']), rng.range(0.5, 0.8));
      if (rng.chance(0.4)) diurnalBase(false);
      noReap();
      {
        const tte = rng.log(4, 16) * HOUR;
        leakFor({ tte, partial: true });
        for (let i = 1; i <= rng.int(1, 3); i++) S.drops.push(S.leak.t0 + i * tte * rng.range(0.25, 0.4));
      }
      break;
    case 'l-stopped':
      anyBase();
      noReap();
      leakFor({ tte: rng.log(2, 16) * HOUR, stopFrac: rng.range(0.3, 0.7) });
      break;
    case 'l-peak':
      addStd(webPool(['elastic', 'percall', 'scaled']), rng.range(0.6, 0.9));
      diurnalBase(false);
      noReap();
      leakFor({ tte: rng.log(5, 24) * HOUR, t0: rng.range(14, 40) * HOUR, atPeak: true });
      break;
    case 'l-pileup':
      anyBase();
      leakFor({ busy: true, tte: rng.log(5, 60) * 60 });
      break;
    case 'l-gaps':
      anyBase();
      noReap();
      {
        const tte = rng.log(3, 16) * HOUR;
        leakFor({ tte });
        for (let i = 0; i < rng.int(1, 3); i++)
          S.bigGaps.push({ t: S.leak.t0 + rng.range(-0.3, 0.5) * tte, len: rng.log(900, 0.15 * tte) });
      }
      break;
    case 'l-limit':
      anyBase();
      noReap();
      leakFor({ tte: rng.log(3, 16) * HOUR });
      S.maxChanges.push({ t: rng.range(0.2, 0.9) * S.leak.t0, f: rng.pick([0.95, 1.25]) });
      break;
    case 'l-rough':
      addStd(webPool(['elastic', 'scaled', 'percall']), 0.85);
      S.driver = roughDriver(rng, wide);
      S.gapRate = 0.2 / DAY;
      noReap();
      leakFor({
        kind: rng.pick(or(['linear', 'linear', 'traffic'], ['linear', 'traffic', 'accel', 'stair'])),
        every: 1800,
        pw: 2,
        keepalive: rng.chance(0.25),
        tte: rng.log(3, or(16, 24)) * HOUR,
        t0: rng.range(14, 60) * HOUR,
      });
      break;
    case 'l-pause':
      anyBase();
      noReap();
      {
        const tte = rng.log(4, 16) * HOUR;
        leakFor({ kind: 'stair', tte, every: rng.log(1200, Math.min(7200, tte / 5)) });
      }
      break;
    case 'l-weekly': // over days with a weekend in them
      addStd(webPool(['elastic', 'scaled', 'percall']), rng.range(0.6, 0.9));
      diurnalBase(true);
      noReap();
      leakFor({ kind: rng.pick(['linear', 'traffic']), tte: rng.log(5, 30) * HOUR, t0: rng.range(24, 120) * HOUR });
      break;
    case 'h-roughbatch':
    case 'l-roughbatch': // rough traffic, with batches and deploys on top
      addStd(webPool(['elastic', 'scaled', 'fixed', 'percall']), rng.range(0.5, 0.85));
      S.driver = roughDriver(rng, true);
      S.fp *= 0.75;
      someBatches(rng.int(1, 3), 0.04, 0.15);
      if (rng.chance(0.5)) someDeploys(rng.range(0.5, 2));
      if (cls === 'l-roughbatch') {
        noReap();
        leakFor({ kind: rng.pick(['linear', 'traffic', 'accel']), pw: rng.range(1.4, 3), tte: rng.log(2, 20) * HOUR });
      }
      break;
    case 'l-batchrun': // each run of a batch leaks, nothing between the runs
      addStd(webPool(['elastic', 'fixed']), rng.range(0.5, 0.8));
      S.fp *= 0.75;
      S.batches.push({
        every: rng.pick([HOUR, 2 * HOUR]),
        at: rng.range(0, HOUR),
        n: 0.06,
        rise: 60,
        hold: rng.range(900, 2400),
        fall: 60,
        user: 'etl',
      });
      noReap();
      leakFor({ kind: 'batch', tte: rng.log(4, 16) * HOUR });
      break;
    case 'l-walk': // a rate that wanders
      anyBase();
      noReap();
      leakFor({ kind: 'walk', tte: rng.log(2, 20) * HOUR });
      break;
    case 'l-two': // a second leak joins the first
      anyBase();
      noReap();
      leakFor({ kind: 'two', tte: rng.log(2, 20) * HOUR });
      break;
    case 'h-roughscale':
      addStd('scaled', rng.range(0.6, 0.9));
      S.driver = roughDriver(rng, true);
      S.dur = 10 * DAY;
      break;
    case 'h-loadtest': // hours of a load that was never seen before
      addStd(webPool(['elastic', 'percall', 'scaled']), rng.range(0.6, 0.9));
      diurnalBase(rng.chance(0.5));
      S.fp *= 0.5;
      for (let i = 0; i < 2; i++)
        S.bursts.push({
          t: rng.range(1.5, 6) * DAY,
          a: rng.range(0.3, 0.8),
          rise: rng.range(0.5, 3) * HOUR,
          hold: rng.range(0.5, 3) * HOUR,
          fall: rng.range(60, 1800),
        });
      break;
    case 'h-fill': // a new service fills its pool over hours, slower and slower, and keeps it
      addStd(webPool(['fixed', 'elastic']), rng.range(0.5, 0.8));
      if (rng.chance(0.5)) diurnalBase(false);
      S.fp *= 0.7;
      S.steps.push({
        t: rng.range(0.3, 0.8) * S.dur,
        add: rng.range(0.06, 0.13),
        dur: rng.log(1, 4) * HOUR,
        fills: true,
      });
      break;
    case 'l-deploy': // the leak goes on through deploys and bursts
      addStd(webPool(['elastic', 'fixed', 'scaled']), rng.range(0.5, 0.8));
      if (rng.chance(0.5)) diurnalBase(false);
      S.fp *= 0.8;
      noReap();
      leakFor({ kind: rng.pick(['linear', 'stair', 'accel']), every: 1200, pw: 1.8, tte: rng.log(1, 16) * HOUR });
      someDeploys(rng.range(1, 5));
      someBursts(rng.range(1, 4), 0.1, 0.5);
      break;
    case 'l-saw': // beside workers that fill and empty their pools
      addStd(webPool(['elastic', 'fixed']), rng.range(0.5, 0.8));
      S.fp *= 0.75;
      S.saw = { amp: rng.range(0.04, 0.2), period: rng.log(480, 7200), sync: rng.pick([0, 0.3, 1]), jitter: 0.1 };
      noReap();
      leakFor({ tte: rng.log(1, 16) * HOUR });
      break;
    default:
      throw new Error(`unknown class ${cls}`);
  }
  return S;
}

// ---------- one-second simulation ----------
function simulate(S, close = null) {
  const rng = S.rng,
    M0 = S.M;
  let M = M0;
  const svcs = S.services,
    NB = 361;
  const sumShare = svcs.reduce((a, s) => a + s.share, 0);
  for (const s of svcs) {
    s.size = Math.max(2, (s.share / sumShare) * S.fp * M0); // target peak connections
    s.noise = 0;
    s.P = 0;
    s.active = 0;
    s.hw = 0;
    s.bmax = 0;
    s.pmin = 1e9;
    s.inst = 0;
    s.lowSince = 0;
    s.ringA = new Float32Array(NB);
    s.ringP = new Float32Array(NB);
    // mean demand at traffic = 1, so that mean + 3 sd of demand is the target size
    const sz = s.size;
    s.A =
      s.pool === 'elastic' || s.pool === 'percall' || s.pool === 'lazy'
        ? Math.max(0.8, sz - 2.6 * s.k_noise * Math.sqrt(sz))
        : sz * s.util;
    s.A = Math.max(s.A, sz * 0.25);
    s.perInst = Math.max(2, Math.round(sz / rng.int(5, 16)));
    s.ninst = Math.max(1, Math.round(sz / s.perInst));
    s.minP = s.pool === 'fixed' ? Math.round(sz) : Math.max(1, Math.round(sz * s.minFrac));
    s.maxP = s.pool === 'fixed' ? Math.round(sz) : Math.round(sz * 2.2);
    s.resetAt = -1e9;
    s.warm = 1;
    s.step = 0;
  }
  const bucketAge = AGES.map((a) => a / 10);
  const samples = [];
  let nextSample = 1 + rng.range(0, S.step),
    gapUntil = -1;
  let slow = 0,
    exhaust = null,
    recover = null,
    dbUp = -rng.range(1, 60) * DAY,
    bi = 0,
    mcI = 0;
  // leaks: queue of birth times (per age pointers); keepalive leaks never look old
  const lk = S.leak;
  let q = new Float64Array(4096),
    qh = 0,
    qt = 0;
  const ptr = [0, 0, 0, 0];
  let leakAcc = 0,
    dropI = 0,
    leakDone = false,
    recovered = false,
    lastStair = 0;
  const _capHit = 0;
  let leakTarget = 0,
    leakOn = lk ? lk.t0 : Infinity;
  if (lk?.atPeak) {
    // start just after the daily peak
    let bt = lk.t0,
      bv = -1;
    for (let x = 0; x < DAY; x += 600) {
      const v = S.shape(((S.start + lk.t0 + x) % DAY) / HOUR);
      if (v > bv) {
        bv = v;
        bt = lk.t0 + x;
      }
    }
    leakOn = lk.t0 = bt + 1200;
  }
  const headroom = M0 * (1 - S.fp * (lk && (S.cls === 'l-diurnal' || S.cls === 'l-traffic') ? 0.75 : 0.9));
  const leakTotal = headroom;
  const push = () => {
    if (qt === q.length) {
      const n = new Float64Array(q.length * 2);
      n.set(q);
      q = n;
    }
    q[qt++] = now;
  };
  const sawN = S.saw ? Math.max(2, Math.min(16, Math.round((S.saw.amp * M0) / 3))) : 0;
  const sawW = [];
  if (S.saw)
    for (let i = 0; i < sawN; i++)
      sawW.push({ t: -S.saw.period * (S.saw.sync === 0 ? 0.3 : rng.u() * S.saw.sync), p: S.saw.period });
  let now = 0,
    burstMul = 1,
    batchN = 0,
    batchUsers = {},
    satN = 0,
    failF = 1,
    downUntil = -1,
    restI = 0,
    _warmMul = 1,
    lastRestart = -1e9,
    lastWarm = 60,
    over = 1,
    hi80 = 0,
    hi80max = 0;
  S.restarts.sort((a, b) => a.t - b.t);
  S.drops.sort((a, b) => a - b);
  let endAt = S.dur;
  const dropTimes = [];
  let tr = 1;
  let satOn = null,
    satOff = null;
  for (now = 0; now < endAt; now++) {
    if (now % 10 === 0) {
      const wall = S.start + now,
        h = (wall % DAY) / HOUR,
        _dow = Math.floor(wall / DAY) % 7;
      slow += (-slow * 10) / S.slowTau + S.slowSig * Math.sqrt(20 / S.slowTau) * rng.norm();
      let wk = 1;
      if (S.weekend < 1) {
        const x = (wall / DAY) % 7;
        const we = x > 5 ? 1 : 0;
        const edge = Math.min(1, Math.max(0, (x - 5) * 6)) * (x > 6.85 ? Math.max(0, (7 - x) / 0.15) : 1);
        wk = 1 - (1 - S.weekend) * (we ? edge : 0);
      }
      burstMul = 1;
      for (const b of S.bursts) {
        if (now > b.t && now < b.t + b.rise + b.hold + b.fall) burstMul += b.a * trap(now, b.t, b.rise, b.hold, b.fall);
      }
      tr = S.shape(h) * wk * (1 + slow) * burstMul * (1 + (S.growth * now) / DAY);
      failF = 1;
      for (const f of S.failovers) if (now > f.t && now < f.t + f.len) failF = f.f;
      if (S.driver) tr = S.driver.at(now);
      tr *= failF;
      if (tr < 0.01) tr = 0.01;
      batchN = 0;
      batchUsers = {};
      for (const b of S.batches) {
        const ph = (wall - b.at) % b.every;
        const n = Math.round(b.n * M0 * trap(ph < 0 ? ph + b.every : ph, 0, b.rise, b.hold, b.fall));
        if (n) {
          batchN += n;
          batchUsers[b.user] = (batchUsers[b.user] || 0) + n;
        }
      }
      if (mcI < S.maxChanges.length && now >= S.maxChanges[mcI].t) {
        M = Math.round(M0 * S.maxChanges[mcI].f);
        mcI++;
      }
      if (restI < S.restarts.length && now >= S.restarts[restI].t) {
        const r = S.restarts[restI++];
        downUntil = now + r.down;
        dbUp = downUntil;
        lastRestart = downUntil;
        lastWarm = r.warm;
        over = r.over;
        for (const s of svcs) {
          s.resetAt = downUntil;
          s.hw = 0;
          s.ringP.fill(0);
          s.P = 0;
        }
        qh = qt;
        for (let i = 0; i < 4; i++) ptr[i] = qt;
      }
      for (const st of S.steps)
        if (!st.done && now >= st.t) {
          st.done = true;
          st.from = now;
        }
      for (const d of S.deploys)
        if (!d.done && now >= d.t) {
          d.done = true;
          d.from = now;
          if (d.kind === 'restart') {
            const s = svcs[d.svc];
            s.resetAt = now;
            s.hw = 0;
            s.P = 0;
            s.ringP.fill(0);
            s.warmDur = d.warm;
          }
        }
    }
    const down = now < downUntil;
    const _wm = down ? 0 : now - lastRestart < lastWarm ? (now - lastRestart + 1) / lastWarm : 1;
    let total = 0,
      running = 0;
    for (let i = 0; i < svcs.length; i++) {
      const s = svcs[i];
      s.noise += -s.noise / s.tau + Math.sqrt(2 / s.tau) * rng.norm();
      const t1 = 1 + (tr - 1) * s.amp,
        mean = s.A * (t1 > 0.01 ? t1 : 0.01);
      let a = Math.round(mean + s.k_noise * Math.sqrt(mean) * s.noise);
      if (a < 0) a = 0;
      const cap = s.pool === 'fixed' ? s.minP : s.pool === 'scaled' ? s.P : s.maxP;
      if (down) a = 0;
      if (now - lastRestart < 120 && !down) a = Math.round(a * over);
      let mult = 1;
      if (S.deploys.length)
        for (const d of S.deploys)
          if (d.done && d.svc === i) {
            const x = now - d.from;
            if (d.kind === 'rolling' && x < d.dur)
              mult += (0.5 + 0.5 * Math.sin((x / d.dur) * Math.PI * 2 * s.k)) / s.k;
            else if (d.kind === 'bluegreen' && x < d.dur) mult += d.overlap * Math.min(1, x / (0.3 * d.dur + 1));
          }
      if (s.pool === 'percall') {
        s.P = a;
      } else if (s.pool === 'fixed') {
        const w =
          now - s.resetAt < (s.warmDur || lastWarm)
            ? Math.max(0, Math.min(1, (now - s.resetAt) / (s.warmDur || lastWarm)))
            : 1;
        s.P = down ? 0 : Math.max(Math.round(s.minP * w), Math.min(a, s.minP));
        if (a > s.P) a = s.P;
      } else if (s.pool === 'scaled') {
        if (now % 10 === 0) {
          const want = Math.max(1, Math.ceil(s.ninst * t1));
          if (want > s.inst) {
            if (!s.upSince) s.upSince = now;
            if (now - s.upSince > 120 || s.inst === 0) {
              s.inst = s.inst === 0 ? want : s.inst + Math.max(1, Math.round((want - s.inst) * 0.5));
              s.upSince = 0;
            }
          } else s.upSince = 0;
          if (want < s.inst - 0) {
            if (!s.lowSince) s.lowSince = now;
            if (now - s.lowSince > 900) {
              s.inst--;
              s.lowSince = now - 600;
            }
          } else s.lowSince = 0;
        }
        s.P = down ? 0 : s.inst * s.perInst;
        if (a > s.P) a = s.P;
      } else {
        if (a > cap) a = cap;
        if (s.P < s.minP && !down) {
          const wd = s.warmDur || lastWarm;
          const w = Math.min(1, Math.max(0, (now - s.resetAt) / wd));
          s.P = Math.max(s.P, Math.round(s.minP * w));
        }
        if (a > s.P) s.P = a;
        if (down) s.P = 0;
      }
      s.active = a;
      if (a > s.bmax) s.bmax = a;
      if (s.P < s.pmin) s.pmin = s.P;
      s.eff = Math.round(s.P * mult);
      total += s.eff;
      running += a * 0.35;
    }
    if (now % 10 === 9) {
      // close a 10-second bucket, shrink elastic pools
      const b = bi % NB;
      for (const s of svcs) {
        s.ringA[b] = s.bmax;
        s.ringP[b] = s.pmin === 1e9 ? 0 : s.pmin;
        s.bmax = 0;
        s.pmin = 1e9;
        if (s.pool === 'elastic') {
          let m = s.minP;
          const n = s.idleTO / 10;
          for (let j = 0; j < n; j++) {
            const v = s.ringA[(b - j + NB) % NB];
            if (v > m) m = v;
          }
          if (m < s.P) s.P = m;
        }
      }
      bi++;
    }
    if (!down) {
      total += batchN;
      running += batchN * 0.6;
    }
    let stepN = 0;
    for (const st of S.steps)
      if (st.done) {
        const x = Math.min(1, (now - st.from) / st.dur);
        stepN += Math.round(st.add * M0 * (st.fills ? 1 - (1 - x) ** 3 : x));
      }
    total += stepN;
    let sawTot = 0;
    if (S.saw) {
      for (const w of sawW) {
        if (now - w.t >= w.p) {
          w.t = now;
          w.p = S.saw.period * (1 + S.saw.jitter * (S.saw.sync === 0 ? 0 : rng.norm()));
        }
        sawTot += Math.floor(((now - w.t) / w.p) * ((S.saw.amp * M0) / sawN));
      }
      total += sawTot;
    }
    if (S.sat) {
      const x = trap(now, S.sat.t, S.sat.rise, S.sat.hold, S.sat.fall);
      satN = x > 0 ? Math.max(0, Math.round(x * (S.sat.level * M0 - total))) : 0;
      total += satN;
      running += satN * 0.5;
    }
    // ---- leak ----
    if (lk && now >= leakOn && !recovered) {
      while (dropI < S.drops.length && now >= S.drops[dropI]) {
        if (lk.partial) {
          const keep = Math.round((qt - qh) * 0.75);
          qh = qt - keep;
        } else qh = qt;
        for (let i = 0; i < 4; i++) if (ptr[i] < qh) ptr[i] = qh;
        if (lk.partial) {
        }
        dropTimes.push(now);
        dropI++;
      }
      const x = now - leakOn;
      let add = 0;
      if (!leakDone) {
        const rate = leakTotal / lk.tte;
        if (lk.kind === 'linear') add = rng.poisson(rate);
        else if (lk.kind === 'traffic') add = rng.poisson(rate * tr * 1.6);
        else if (lk.kind === 'batch') add = batchN > 0 ? rng.poisson(rate * 2) : 0;
        else if (lk.kind === 'two') add = rng.poisson(rate * (x < lk.tte / 2 ? 0.6 : 2));
        else if (lk.kind === 'walk') {
          if (now % 600 === 0) lk.wander = 0.9 * (lk.wander || 0) + 0.3 * rng.norm();
          add = rng.poisson(rate * Math.exp(lk.wander || 0));
        } else if (lk.kind === 'stair') {
          if (now - lastStair >= lk.every * 1) {
            lastStair = now - rng.range(0, 0.15) * lk.every;
            add = Math.max(1, rng.poisson(rate * lk.every));
          }
        } else if (lk.kind === 'accel') {
          leakTarget = leakTotal * (x / lk.tte) ** lk.pw;
          add = Math.max(0, Math.floor(leakTarget) - Math.floor(leakAcc));
          leakAcc = Math.max(leakAcc, leakTarget);
        } else if (lk.kind === 'exp') {
          const n0 = Math.max(0.5, leakTotal / 2 ** (lk.tte / lk.dbl));
          leakTarget = n0 * (2 ** (x / lk.dbl) - 1);
          add = Math.max(0, Math.floor(leakTarget * (1 + 0.0)) - Math.floor(leakAcc));
          leakAcc = Math.max(leakAcc, leakTarget);
        }
        if (lk.stopFrac && total + (qt - qh) >= M0 * (S.fp * 0.9 + (1 - S.fp * 0.9) * lk.stopFrac)) {
          leakDone = true;
          S.stopAt = now;
        }
      }
      const room = M - total - (qt - qh);
      if (add > room) {
        add = Math.max(0, room);
      }
      for (let k = 0; k < add; k++) push();
      if (!lk.keepalive && !lk.busy)
        while (qh < qt && now - q[qh] > S.wt) {
          qh++;
          for (let i = 0; i < 4; i++) if (ptr[i] < qh) ptr[i] = qh;
        }
      total += qt - qh;
      if (lk.busy) running += (qt - qh) * 0.8;
      if (total >= M && exhaust === null) {
        exhaust = now;
        endAt = Math.min(endAt, now + lk.hold + S.tail);
        recover = now + lk.hold;
      }
      if (lk.stopFrac && leakDone && recover === null) {
        recover = now;
        endAt = now + 12 * HOUR;
      }
      if (recover !== null && now >= recover && !lk.stopFrac) {
        recovered = true;
        qh = qt;
        const s = svcs[lk.svc];
        s.resetAt = now;
        s.P = 0;
        s.hw = 0;
        s.ringP.fill(0);
        s.warmDur = 60;
      }
      if (lk.stopFrac && now - recover > 6 * HOUR && leakDone) {
        recovered = true;
        qh = qt;
      }
    }
    if (total > M) total = M;
    if (total < 0) total = 0;
    const preIncident = !(lk && now >= leakOn && !recovered) && !(S.sat && now >= S.sat.t);
    if (preIncident) {
      if (total >= 0.785 * M) {
        hi80++;
        if (hi80 > hi80max) hi80max = hi80;
      } else hi80 = 0;
    }
    if (S.sat) {
      if (total >= 0.8 * M) {
        if (satOn === null) satOn = now;
        satOff = now;
      }
    }
    // What looks every five seconds would see; it takes nothing from the random numbers of the others.
    if (close !== null && now % 5 === 0 && !down) {
      close.push([
        Math.round((EPOCH + S.start + now) * 1000),
        total,
        Math.min(total, Math.max(1, Math.round(running))),
      ]);
    }
    // ---- sampling ----
    if (now >= nextSample) {
      nextSample += S.step;
      const jit = rng.norm() * S.jit * S.step * 0.5;
      nextSample += 0;
      if (gapUntil < now && rng.chance(S.gapRate * S.step)) gapUntil = now + rng.range(180, S.gapMax);
      let miss = now < gapUntil || rng.chance(S.pMiss) || down;
      for (const g of S.bigGaps) if (now > g.t && now < g.t + g.len) miss = true;
      if (!miss) {
        const sl = [0, 0, 0, 0],
          nu = {};
        const leaked = qt - qh;
        for (let i = 0; i < svcs.length; i++) {
          const s = svcs[i];
          nu[s.user] = (nu[s.user] || 0) + s.eff;
          if (s.pool === 'percall' || !s.lifo) continue;
          let mx = s.active,
            mn = s.P,
            j = 0;
          for (let a = 0; a < 4; a++) {
            const T = bucketAge[a];
            for (; j < T; j++) {
              const b = (((bi - 1 - j) % NB) + NB) % NB;
              if (j >= bi) {
                mn = 0;
                break;
              }
              if (s.ringA[b] > mx) mx = s.ringA[b];
              if (s.ringP[b] < mn) mn = s.ringP[b];
            }
            if (now - s.resetAt < AGES[a]) continue;
            let o = Math.max(0, Math.min(mn, s.P) - mx);
            if (s.maxLife) o = AGES[a] >= s.maxLife ? 0 : o * (1 - AGES[a] / s.maxLife);
            sl[a] += Math.round(o);
          }
        }
        for (const u in batchUsers) nu[u] = (nu[u] || 0) + batchUsers[u];
        if (stepN) {
          nu.web += stepN;
          for (let a = 0; a < 4; a++) {
            let o = 0;
            for (const st of S.steps)
              if (st.done && now - st.from - st.dur > AGES[a]) o += Math.round(st.add * M0 * 0.3);
            if (svcs[0].lifo && !svcs[0].maxLife) sl[a] += o;
          }
        }
        if (sawTot) {
          nu.worker = (nu.worker || 0) + sawTot;
          for (let a = 0; a < 4; a++)
            for (const w of sawW)
              sl[a] += Math.max(0, Math.floor(((now - w.t - AGES[a]) / w.p) * ((S.saw.amp * M0) / sawN)));
        }
        if (satN) nu.web += satN;
        if (leaked > 0) {
          const u = svcs[lk.svc].user;
          nu[u] += leaked;
          if (!lk.keepalive && !lk.busy)
            for (let a = 0; a < 4; a++) {
              if (ptr[a] < qh) ptr[a] = qh;
              while (ptr[a] < qt && q[ptr[a]] <= now - AGES[a]) ptr[a]++;
              sl[a] += ptr[a] - qh;
            }
        }
        const sum = Object.values(nu).reduce((x, y) => x + y, 0);
        const c = total;
        if (sum !== c && sum > c) {
          const big = Object.keys(nu).reduce((x, y) => (nu[x] >= nu[y] ? x : y));
          nu[big] = Math.max(0, nu[big] - (sum - c));
        }
        for (let a = 3; a > 0; a--) if (sl[a - 1] < sl[a]) sl[a - 1] = sl[a];
        for (let a = 0; a < 4; a++) if (sl[a] > c) sl[a] = c;
        let run = Math.max(1, rng.poisson(running));
        if (run > c) run = c;
        samples.push({
          ts: Math.round((EPOCH + S.start + now + Math.max(-0.45 * S.step, Math.min(0.45 * S.step, jit))) * 1000),
          connected: c,
          running: run,
          max: M,
          sleep: sl,
          users: nu,
          uptime: Math.floor(now - dbUp),
          wait_timeout: S.wt,
        });
      }
    }
  }
  samples.sort((a, b) => a.ts - b.ts);
  const toMs = (x) => Math.round((EPOCH + S.start + x) * 1000);
  const inc = [];
  let ok = hi80max < 240;
  if (S.sat) {
    inc.push({
      kind: 'saturation',
      start: toMs(satOn),
      allowFrom: toMs(S.sat.t),
      exhaust: null,
      end: toMs(satOff),
      required: true,
    });
    ok = ok && satOn !== null;
  } else if (lk) {
    if (lk.bounded) {
      inc.push({ kind: 'bounded', start: toMs(leakOn), exhaust: null, end: toMs(endAt), required: false });
      ok = ok && exhaust === null;
    } else if (lk.stopFrac) {
      ok = ok && recover !== null && exhaust === null;
      inc.push({
        kind: 'stopped',
        start: toMs(leakOn),
        exhaust: null,
        end: toMs(recover || endAt),
        grace: 8 * 3600e3,
        required: false,
        dropAt: toMs((recover || 0) + 6 * HOUR),
      });
    } else {
      ok = ok && exhaust !== null;
      let st = leakOn;
      const used = dropTimes.filter((d) => exhaust !== null && d < exhaust);
      if (!lk.partial)
        for (const d of used) {
          inc.push({ kind: 'leak', start: toMs(st), exhaust: null, end: toMs(d), required: false });
          st = d;
        }
      inc.push({
        kind: 'leak',
        start: toMs(st),
        exhaust: toMs(exhaust || 0),
        end: toMs(recover || 0),
        required: true,
        reqFrac: lk.kind === 'exp' ? 0.06 : lk.busy ? 0.2 : lk.kind === 'accel' ? 0.2 : lk.keepalive ? 0.35 : 0.4,
      });
      if (exhaust !== null && exhaust - st < 180) ok = false;
    }
  }
  return {
    ok,
    meta: {
      cls: S.cls,
      max: S.M,
      step: S.step,
      days: +(endAt / DAY).toFixed(2),
      base: S.base || null,
      wait_timeout: S.wt,
    },
    incidents: inc,
    samples,
  };
}

function generate(id) {
  const [split, cls, idx] = id.split('/');
  let r = null;
  for (let a = 0; a < 12; a++) {
    r = simulate(build(split, cls, +idx, a));
    if (r.ok) break;
  }
  r.id = id;
  return r;
}

/** The same trace, with [time, connected, running] every five seconds beside its samples. */
function generateClosely(id) {
  const [split, cls, idx] = id.split('/');
  for (let a = 0; a < 12; a++) {
    const close = [];
    const r = simulate(build(split, cls, +idx, a), close);
    if (r.ok || a === 11) return { ...r, id, close };
  }
}

module.exports = { TAG, list, generate, generateClosely, AGES, PUBLIC, makeRng, hash32 };
