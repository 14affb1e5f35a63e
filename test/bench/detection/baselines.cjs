'use strict';
// What people use today, for comparison: each takes samples and gives verdicts.
// Helpers shared by the baseline detectors.
class Ring {
  constructor(n) {
    this.n = n;
    this.t = new Float64Array(n);
    this.v = new Float64Array(n);
    this.h = 0;
    this.c = 0;
  }
  push(t, v) {
    this.t[this.h] = t;
    this.v[this.h] = v;
    this.h = (this.h + 1) % this.n;
    if (this.c < this.n) this.c++;
  }
  at(i) {
    return (this.h - this.c + i + this.n) % this.n;
  }
}
function lsq(r, from) {
  let n = 0,
    sx = 0,
    sy = 0,
    sxx = 0,
    sxy = 0,
    t0 = null,
    tl = 0,
    vl = 0;
  for (let i = 0; i < r.c; i++) {
    const k = r.at(i);
    if (r.t[k] < from) continue;
    if (t0 === null) t0 = r.t[k];
    const x = (r.t[k] - t0) / 1000,
      y = r.v[k];
    n++;
    sx += x;
    sy += y;
    sxx += x * x;
    sxy += x * y;
    tl = x;
    vl = y;
  }
  if (n < 3) return null;
  const d = n * sxx - sx * sx;
  if (d <= 0) return null;
  const b = (n * sxy - sx * sy) / d,
    a = (sy - b * sx) / n;
  return { slope: b, at: a + b * tl, n, span: tl, last: vl };
}
// Prometheus-like alert life cycle: `for` before firing, `keep` after the condition went away.
class Life {
  constructor(forMs, keepMs) {
    this.f = forMs;
    this.k = keepMs;
    this.since = null;
    this.last = null;
    this.on = false;
  }
  step(ts, cond) {
    if (cond) {
      if (this.since === null) this.since = ts;
      this.last = ts;
      if (ts - this.since >= this.f) this.on = true;
    } else {
      this.since = null;
      if (this.on && ts - this.last >= this.k) this.on = false;
    }
    return this.on;
  }
}

const static80 = () => {
  const L = new Life(300e3, 0),
    C = new Life(120e3, 0);
  return {
    push(s) {
      const f = s.connected / s.max,
        w = L.step(s.ts, f > 0.8),
        c = C.step(s.ts, f > 0.95);
      return { state: c && w ? 'critical' : w ? 'warning' : 'ok', reason: 'static80' };
    },
  };
};

// predict_linear(connected[15m], 1h) > max  for: 5m
const predlin_15m = () => {
  const r = new Ring(400),
    L = new Life(5 * 60e3, 0);
  return {
    push(s) {
      r.push(s.ts, s.connected);
      const f = lsq(r, s.ts - 900e3);
      let c = false,
        tte;
      if (f && f.span > 900 * 0.5) {
        c = f.at + f.slope * 1 * 3600 >= s.max;
        if (f.slope > 0) tte = (s.max - s.connected) / f.slope;
      }
      const on = L.step(s.ts, c) || s.connected > 0.9 * s.max;
      return { state: on ? 'warning' : 'ok', reason: 'predict_linear', tte_s: tte };
    },
  };
};

// predict_linear(connected[1h], 4h) > max  for: 15m
const predlin_1h = () => {
  const r = new Ring(400),
    L = new Life(15 * 60e3, 0);
  return {
    push(s) {
      r.push(s.ts, s.connected);
      const f = lsq(r, s.ts - 3600e3);
      let c = false,
        tte;
      if (f && f.span > 3600 * 0.5) {
        c = f.at + f.slope * 4 * 3600 >= s.max;
        if (f.slope > 0) tte = (s.max - s.connected) / f.slope;
      }
      const on = L.step(s.ts, c) || s.connected > 0.9 * s.max;
      return { state: on ? 'warning' : 'ok', reason: 'predict_linear', tte_s: tte };
    },
  };
};

// EWMA control chart: slow mean/deviation (6 h) as the in-control model, fast EWMA (lambda 0.2) as the chart, 3-sigma limit
const ewma = () => {
  let m = null,
    v = 1,
    z = null,
    last = 0,
    n = 0;
  const L = new Life(300e3, 0);
  return {
    push(s) {
      const x = s.connected;
      if (m === null) {
        m = x;
        z = x;
        v = Math.max(1, x);
      }
      const dt = Math.min(600, (s.ts - last) / 1000 || 30),
        a = 1 - Math.exp(-dt / 21600),
        lam = 0.2;
      last = s.ts;
      n++;
      z += lam * (x - z);
      const sig = Math.sqrt(Math.max(1, v)),
        cond = n > 120 && z - m > 3 * sig * Math.sqrt(lam / (2 - lam)) + 3;
      const on = L.step(s.ts, cond);
      m += a * (x - m);
      v += a * ((x - m) * (x - m) - v);
      return { state: on || x > 0.9 * s.max ? 'warning' : 'ok', reason: 'ewma' };
    },
  };
};

// Mann-Kendall one-sided test on one-minute means over 60 min, p < 0.001
const mannkendall = () => {
  const r = new Ring(60),
    L = new Life(600e3, 0);
  let b = null,
    sum = 0,
    n = 0,
    cond = false;
  return {
    push(s) {
      const k = Math.floor(s.ts / 60e3);
      if (b !== null && k !== b) {
        r.push(b * 60e3, sum / n);
        sum = 0;
        n = 0;
        if (r.c === 60) {
          let S = 0;
          const ties = {};
          for (let i = 0; i < 60; i++) {
            const vi = r.v[r.at(i)];
            ties[vi] = (ties[vi] || 0) + 1;
            for (let j = i + 1; j < 60; j++) {
              const d = r.v[r.at(j)] - vi;
              S += d > 0 ? 1 : d < 0 ? -1 : 0;
            }
          }
          let va = 60 * 59 * 125;
          for (const t in ties) {
            const c = ties[t];
            va -= c * (c - 1) * (2 * c + 5);
          }
          va /= 18;
          cond = va > 0 && (S - 1) / Math.sqrt(va) > 3.09;
        }
      }
      b = k;
      sum += s.connected;
      n++;
      const on = L.step(s.ts, cond);
      return { state: on || s.connected > 0.9 * s.max ? 'warning' : 'ok', reason: 'mk' };
    },
  };
};

// Theil-Sen slope on 60 two-minute medians (2 h), gated by noise: rise over the window > 4 MAD of the residuals and > 5 % of max; forecast < 6 h; for 10 m
const theilMedian = (a) => {
  a.sort((x, y) => x - y);
  const n = a.length;
  return n & 1 ? a[n >> 1] : (a[(n >> 1) - 1] + a[n >> 1]) / 2;
};
const theilsen = () => {
  const W = 60,
    r = new Ring(W),
    L = new Life(600e3, 900e3);
  let b = null,
    cur = [],
    cond = false,
    tte;
  return {
    push(s) {
      const k = Math.floor(s.ts / 120e3);
      if (b !== null && k !== b) {
        r.push(b * 120, theilMedian(cur));
        cur = [];
        if (r.c >= 20) {
          const sl = [];
          for (let i = 0; i < r.c; i++) {
            const ki = r.at(i);
            for (let j = i + 3; j < r.c; j += 2) {
              const kj = r.at(j);
              sl.push((r.v[kj] - r.v[ki]) / (r.t[kj] - r.t[ki]));
            }
          }
          const m = theilMedian(sl),
            rs = [];
          for (let i = 0; i < r.c; i++) {
            const q = r.at(i);
            rs.push(r.v[q] - m * r.t[q]);
          }
          const c0 = theilMedian(rs.slice());
          const mad = theilMedian(rs.map((x) => Math.abs(x - c0))) * 1.4826,
            span = r.t[r.at(r.c - 1)] - r.t[r.at(0)],
            rise = m * span;
          tte = m > 0 ? (s.max - s.connected) / m : undefined;
          cond = m > 0 && rise > 4 * mad && rise > 0.05 * s.max && tte < 6 * 3600;
        }
      }
      b = k;
      cur.push(s.connected);
      const on = L.step(s.ts, cond);
      return { state: on || s.connected > 0.9 * s.max ? 'warning' : 'ok', reason: 'theilsen', tte_s: tte };
    },
  };
};

// Idle-age rule: connections sleeping >= 900 s grew by >= max(3, 3 % of max) over the last hour, and more than half of it in the last 30 min; for 5 m
const idleage = () => {
  const r = new Ring(400),
    L = new Life(300e3, 900e3);
  return {
    push(s) {
      r.push(s.ts, s.sleep[2]);
      let a = null,
        b = null;
      for (let i = 0; i < r.c; i++) {
        const k = r.at(i),
          age = s.ts - r.t[k];
        if (age <= 3600e3 && a === null) a = r.v[k];
        if (age <= 1800e3 && b === null) {
          b = r.v[k];
          break;
        }
      }
      const g = Math.max(3, 0.03 * s.max),
        x = s.sleep[2];
      const cond = a !== null && r.c > 30 && x - a >= g && x - b >= g / 2;
      const on = L.step(s.ts, cond);
      return { state: on || s.connected > 0.9 * s.max ? 'warning' : 'ok', reason: 'idle' };
    },
  };
};

module.exports = {
  'static 80 % for 5 min': static80,
  'predict_linear 15 min': predlin_15m,
  'predict_linear 1 h': predlin_1h,
  'EWMA chart': ewma,
  'Mann-Kendall': mannkendall,
  'Theil-Sen': theilsen,
  'idle age': idleage,
};
