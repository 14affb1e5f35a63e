'use strict';
// Traces from the cache, and how a detector's verdicts on one are scored.
const fs = require('node:fs');
const path = require('node:path');
const gen = require('./generator.cjs');
const MIN = 60e3,
  HOUR = 3600e3,
  DAY = 86400e3,
  GRACE = 30 * MIN,
  RAISE_LIMIT = 10 * MIN,
  FLAP_GAP = 60 * MIN; // a flap: raised again within an hour of closing

// ---------- binary cache of generated traces (pure speed-up) ----------
const CACHE = process.env.DETECTION_TRACES || path.join(require('node:os').tmpdir(), 'runbell-traces');
const GENTAG = gen.TAG;
function loadTrace(id, generate = gen.generate, tag = GENTAG) {
  const f = path.join(CACHE, tag, `${id.replace(/\//g, '_')}.bin`);
  if (!fs.existsSync(f)) {
    const r = generate(id),
      n = r.samples.length,
      names = [...new Set(r.samples.flatMap((s) => Object.keys(s.users)))];
    const cols = 9 + names.length,
      buf = new Float64Array(n * cols);
    r.samples.forEach((s, i) => {
      let o = i * cols;
      buf[o++] = s.ts;
      buf[o++] = s.connected;
      buf[o++] = s.running;
      buf[o++] = s.max;
      for (let a = 0; a < 4; a++) buf[o++] = s.sleep[a];
      buf[o++] = s.uptime;
      for (const u of names) buf[o++] = s.users[u] === undefined ? -1 : s.users[u];
    });
    const head = Buffer.from(JSON.stringify({ n, names, meta: r.meta, incidents: r.incidents, ok: r.ok }));
    const hl = Buffer.alloc(8);
    hl.writeUInt32LE(head.length);
    hl.writeUInt32LE((8 - (head.length % 8)) % 8, 4);
    fs.mkdirSync(path.dirname(f), { recursive: true });
    fs.writeFileSync(
      `${f}.tmp${process.pid}`,
      Buffer.concat([hl, head, Buffer.alloc((8 - (head.length % 8)) % 8), Buffer.from(buf.buffer)]),
    );
    fs.renameSync(`${f}.tmp${process.pid}`, f);
    r.id = id;
    return r;
  }
  const b = fs.readFileSync(f),
    l = b.readUInt32LE(0),
    pad = b.readUInt32LE(4),
    h = JSON.parse(b.subarray(8, 8 + l).toString());
  const start = 8 + l + pad,
    ab = b.buffer.slice(b.byteOffset + start, b.byteOffset + b.length),
    F = new Float64Array(ab),
    cols = 9 + h.names.length,
    samples = new Array(h.n);
  for (let i = 0; i < h.n; i++) {
    const o = i * cols;
    const users = {};
    for (let k = 0; k < h.names.length; k++) {
      const v = F[o + 9 + k];
      if (v >= 0) users[h.names[k]] = v;
    }
    samples[i] = {
      ts: F[o],
      connected: F[o + 1],
      running: F[o + 2],
      max: F[o + 3],
      sleep: [F[o + 4], F[o + 5], F[o + 6], F[o + 7]],
      users,
      uptime: F[o + 8],
      wait_timeout: h.meta.wait_timeout,
    };
  }
  return { id, ok: h.ok, meta: h.meta, incidents: h.incidents, samples };
}

// ---------- scoring of one trace ----------
const RANK = { ok: 0, warning: 1, critical: 2 };
function scoreTrace(trace, verdicts) {
  const { incidents, samples } = trace,
    n = samples.length;
  const res = { id: trace.id, cls: trace.meta.cls, fa: 0, faCrit: 0, faMin: 0, healthyMs: 0, inc: [], faTs: [] };
  const allowed = incidents.map((x) => [x.allowFrom || x.start, Math.max(x.end, x.exhaust || 0) + (x.grace || GRACE)]);
  const isAllowed = (ts) => allowed.some((a) => ts >= a[0] && ts <= a[1]);
  const _ev = [];
  let prev = 0,
    prevTs = samples[0].ts,
    raisedAllowed = false;
  const track = incidents.map(() => ({
    raise: null,
    raises: 0,
    crits: 0,
    flap: 0,
    sev: 0,
    lastOk: 0,
    lastNonCrit: 0,
    activeAtStart: false,
    okAtEnd: null,
    seenEnd: false,
    stateAtExhaust: null,
    resolve: null,
    ratios: [],
  }));
  for (let i = 0; i < n; i++) {
    const ts = samples[i].ts,
      v = verdicts[i],
      st = RANK[v.state],
      ok = isAllowed(ts),
      dt = Math.min(ts - prevTs, 10 * MIN);
    if (!ok) {
      res.healthyMs += dt;
      if (st > 0) res.faMin += dt / MIN;
    }
    for (let k = 0; k < incidents.length; k++) {
      const x = incidents[k],
        t = track[k],
        a = allowed[k];
      if (ts >= x.start && !t.started) {
        t.started = true;
        t.carry = prev > 0 && raisedAllowed;
      }
      if (t.carry && st === 0) t.carry = false; // closed soon after the previous cycle ended: not a detection of this one
      if (t.carry && ts >= x.start + RAISE_LIMIT) {
        t.carry = false;
        t.activeAtStart = true;
      }
      if (ts >= a[0] && ts <= a[1]) {
        if (st > 0 && prev === 0) {
          t.raises++;
          if (t.raises > 1 && t.lastOk && ts - t.lastOk <= FLAP_GAP) t.flap++;
          if (t.raise === null && ts >= a[0] && ts < (x.exhaust || x.end)) t.raise = ts;
        }
        if (st === 2 && prev === 1 && !raisedAllowed && t.raise === null && ts < (x.exhaust || x.end)) t.raise = ts; // escalation of an older alarm
        if (st === 2 && prev < 2) {
          t.crits++;
          if (t.lastNonCrit && prev === 1 && ts - t.lastNonCrit <= FLAP_GAP) t.sev++;
        }
        if (st === 0 && prev > 0) t.lastOk = ts;
        if (st === 1 && prev === 2) t.lastNonCrit = ts;
      }
      if (x.exhaust && ts < x.exhaust) t.stateAtExhaust = st;
      if (x.exhaust && st > 0 && ts >= x.start && ts < x.exhaust && v.tte_s > 0) {
        const tr = (x.exhaust - ts) / 1000;
        if (tr > 300 && tr < 8 * 3600) t.ratios.push(v.tte_s / tr);
      }
      if (ts > x.end && t.resolve === null && st === 0) t.resolve = ts - x.end;
      if (ts > x.end && ts < x.end + (x.grace || GRACE)) t.seenEnd = true;
    }
    if (st > 0 && prev === 0) {
      raisedAllowed = ok;
      if (!ok) {
        res.fa++;
        res.faTs.push(ts);
        if (st === 2) res.faCrit++;
      }
    } else if (st === 2 && prev === 1 && !ok) res.faCrit++;
    if (st === 0) raisedAllowed = false;
    prev = st;
    prevTs = ts;
  }
  incidents.forEach((x, k) => {
    if (track[k].raises) track[k].activeAtStart = track[k].activeAtStart && track[k].raise > x.start + RAISE_LIMIT;
    const t = track[k],
      det = t.activeAtStart ? x.start : t.raise,
      med = (a) => (a.length ? a.slice().sort((p, q) => p - q)[a.length >> 1] : null);
    const o = {
      kind: x.kind,
      required: x.required,
      detected: det !== null,
      raises: t.raises + (t.activeAtStart ? 1 : 0),
      crits: t.crits,
      flaps: t.flap,
      sevFlaps: t.sev,
    };
    if (x.exhaust) {
      const D = x.exhaust - x.start;
      o.dur = D;
      o.lead = det === null ? 0 : x.exhaust - det;
      o.ttd = det === null ? null : det - x.start;
      o.timely = o.lead >= Math.min(4 * HOUR, (x.reqFrac || 0.4) * D);
      o.lost = det !== null && t.stateAtExhaust === 0;
      o.ratio = med(t.ratios);
    } else if (x.kind === 'saturation') {
      o.delay = det === null ? null : det - x.start;
      o.timely = det !== null && o.delay <= RAISE_LIMIT;
    } else {
      o.timely = det !== null;
      o.ttd = det === null ? null : det - x.start;
    }
    if (det !== null || t.raises) {
      const last = samples[n - 1].ts;
      o.resolve = t.resolve === null ? last - x.end : t.resolve;
      o.unresolved = t.resolve === null && t.seenEnd;
    }
    res.inc.push(o);
  });
  return res;
}

const q = (a, p) => {
  if (!a.length) return null;
  const s = a.slice().sort((x, y) => x - y);
  return s[Math.min(s.length - 1, Math.max(0, Math.floor(p * (s.length - 1) + 0.5)))];
};
function aggregate(results) {
  const A = { traces: results.length, byClass: {} };
  const agg = (rs) => {
    const req = rs.flatMap((r) => r.inc.filter((x) => x.required)),
      lk = req.filter((x) => x.dur),
      all = rs.flatMap((r) => r.inc),
      alerted = all.filter((x) => x.raises > 0);
    const hw = rs.reduce((a, r) => a + r.healthyMs, 0) / (7 * DAY),
      leads = lk.map((x) => x.lead / MIN),
      det = lk.filter((x) => x.detected);
    const o = {
      n: rs.length,
      required: req.length,
      leaks: lk.length,
      detPct: lk.length ? (100 * det.length) / lk.length : null,
      timelyPct: req.length ? (100 * req.filter((x) => x.timely).length) / req.length : null,
    };
    o.leadMed = q(leads, 0.5);
    o.leadP10 = q(leads, 0.1);
    o.leadFrac = q(
      lk.map((x) => x.lead / x.dur),
      0.5,
    );
    o.leadFracP10 = q(
      lk.map((x) => x.lead / x.dur),
      0.1,
    );
    o.ttdMed = q(
      det.map((x) => x.ttd / MIN),
      0.5,
    );
    o.fa = rs.reduce((a, r) => a + r.fa, 0);
    o.faCrit = rs.reduce((a, r) => a + r.faCrit, 0);
    o.dbWeeks = hw;
    o.faPerWeek = hw ? o.fa / hw : 0;
    o.faPerMonth = (o.faPerWeek * 30.44) / 7;
    o.faMinPerWeek = hw ? rs.reduce((a, r) => a + r.faMin, 0) / hw : 0;
    o.flapsPerInc = alerted.length ? alerted.reduce((a, x) => a + x.flaps, 0) / alerted.length : 0;
    o.raisesPerInc = alerted.length ? alerted.reduce((a, x) => a + x.raises, 0) / alerted.length : 0;
    o.sevFlaps = alerted.length ? alerted.reduce((a, x) => a + x.sevFlaps, 0) / alerted.length : 0;
    o.flapTotal = alerted.reduce((a, x) => a + x.flaps, 0);
    const rv = all.filter((x) => x.resolve !== undefined && (x.required || x.kind === 'stopped') && x.detected);
    o.resolveMed = q(
      rv.map((x) => x.resolve / MIN),
      0.5,
    );
    o.resolveP90 = q(
      rv.map((x) => x.resolve / MIN),
      0.9,
    );
    o.unresolved = rv.filter((x) => x.unresolved).length;
    o.lost = lk.filter((x) => x.lost).length;
    const ra = lk.map((x) => x.ratio).filter((x) => x);
    o.tteN = ra.length;
    o.tteWithin2 = ra.length ? (100 * ra.filter((x) => x >= 0.5 && x <= 2).length) / ra.length : null;
    o.tteBias = q(ra, 0.5);
    return o;
  };
  A.all = agg(results);
  const cl = {};
  for (const r of results) cl[r.cls] = [...(cl[r.cls] ?? []), r];
  for (const c in cl) A.byClass[c] = agg(cl[c]);
  return A;
}

module.exports = { loadTrace, scoreTrace, aggregate };
