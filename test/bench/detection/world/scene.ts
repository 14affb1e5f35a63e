import type { Incident, Trace, TraceSample } from '../generator.cjs';
import type { Chance } from './chance.ts';
import { type Holder, type Server, STEP_S } from './server.ts';

/** Pools and ages are as they would be on a server that has long been in use. */
export const WARM_S = 8 * 3600;
const DAY_S = 86_400;
const GRACE_S = 1800;
/** In health nobody may be near the bound at which a plain 80 % rule would be right to speak. */
const CALM_BELOW = 0.785;
const CALM_BREAK_S = 180;
/** 2026-03-02 00:00 UTC, a Monday. */
const EPOCH_S = 1_772_409_600;

export interface SceneEvent {
  readonly atS: number;
  readonly run: (server: Server) => void;
}

export type Trouble =
  | {
      readonly kind: 'leak';
      readonly startS: number;
      /** When the first session was lost; that may be long after the release that loses them. */
      readonly firstS?: () => number | null;
      /** A trace in which less lies between the first lost session and the limit is made anew. */
      readonly leastS: number;
      /** By then the limit must have refused somebody. */
      readonly untilS: number;
      readonly cure: (server: Server) => void;
      readonly holdS: number;
      readonly tailS: number;
      readonly reqFrac: number;
      /** Restarts that free everything; what began before each is an incident of its own, which nobody has to see. */
      readonly restartsS?: readonly number[];
    }
  | { readonly kind: 'bounded'; readonly startS: number }
  | { readonly kind: 'stopped'; readonly startS: number; readonly stopS: number; readonly freedS: number }
  | { readonly kind: 'saturation'; readonly startS: number };

export interface Scene {
  readonly cls: string;
  readonly server: Server;
  readonly holders: readonly Holder[];
  readonly events: readonly SceneEvent[];
  readonly trouble: Trouble | null;
  readonly weekS: number;
  readonly lengthS: number;
  readonly sampler: {
    readonly everyS: number;
    readonly missing: number;
    readonly gapsPerDay: number;
    readonly gapMostS: number;
  };
}

export type CloseLook = readonly [ts: number, connected: number, running: number];
export type WorldTrace = Trace & { readonly close: readonly CloseLook[] };

/** What happened while the scene was played, in seconds of it. */
interface Seen {
  exhaustS: number | null;
  curedS: number | null;
  highFromS: number | null;
  highToS: number | null;
  isCalm: boolean;
}

export function play(id: string, scene: Scene, chance: Chance): WorldTrace {
  const { server, holders, trouble } = scene;
  const events = scene.events.toSorted((one, other) => one.atS - other.atS);
  const sampler = new Sampler(scene, chance);
  const seen: Seen = { exhaustS: null, curedS: null, highFromS: null, highToS: null, isCalm: true };
  const close: CloseLook[] = [];
  const high = new Stretch(CALM_BELOW);
  const saturated = new Stretch(0.8);
  let endS = scene.lengthS;
  for (let nowS = -WARM_S; nowS < endS; nowS += STEP_S) {
    server.nowS = nowS;
    while (events[0] !== undefined && events[0].atS <= nowS) events.shift()?.run(server);
    const isDown = nowS < server.downUntilS;
    // Whoever comes first gets the last free slot, and that is somebody else each time.
    const first = Math.floor(chance.u() * holders.length);
    for (let at = 0; at < holders.length && !isDown; at++) holders[(first + at) % holders.length]?.step(server);
    if (trouble?.kind === 'leak') endS = followLeak(trouble, server, seen, endS);
    else if (server.firstRefusalS !== null) seen.isCalm = false;
    if (nowS < 0) continue;
    noteLevels(scene, seen, high.lastsS(server), saturated.lastsS(server));
    const running = isDown ? 0 : holders.reduce((sum, holder) => sum + holder.running(), 0);
    if (!isDown) close.push([toMs(scene, nowS), server.connected, clamp(Math.round(running), 1, server.connected)]);
    sampler.look(server, isDown ? null : holders, running);
  }
  const incidents = label(scene, seen, endS);
  return {
    id,
    ok: incidents !== null && seen.isCalm,
    meta: { cls: scene.cls, max: server.limit, step: scene.sampler.everyS, wait_timeout: server.waitTimeoutS },
    incidents: incidents ?? [],
    samples: sampler.samples,
    close,
  };
}

/** Full is when the limit first refuses somebody; then people need a while to find and restart what leaks. */
function followLeak(trouble: Extract<Trouble, { kind: 'leak' }>, server: Server, seen: Seen, endS: number): number {
  if (server.firstRefusalS !== null && server.firstRefusalS < trouble.startS) seen.isCalm = false;
  if (seen.exhaustS === null && server.firstRefusalS !== null) {
    seen.exhaustS = server.firstRefusalS;
    return seen.exhaustS + trouble.holdS + trouble.tailS;
  }
  if (seen.exhaustS === null && server.nowS > trouble.untilS) return server.nowS;
  if (seen.exhaustS !== null && seen.curedS === null && server.nowS >= seen.exhaustS + trouble.holdS) {
    seen.curedS = server.nowS;
    trouble.cure(server);
  }
  return endS;
}

function noteLevels(scene: Scene, seen: Seen, highS: number, saturatedS: number): void {
  const { trouble, server } = scene;
  const troubleEndsS = trouble?.kind === 'leak' ? (seen.curedS ?? Infinity) : Infinity;
  const isHealth = trouble === null || server.nowS < trouble.startS || server.nowS > troubleEndsS + GRACE_S;
  if (isHealth && highS >= CALM_BREAK_S) seen.isCalm = false;
  if (trouble?.kind !== 'saturation' || saturatedS < CALM_BREAK_S) return;
  seen.highFromS ??= server.nowS - saturatedS;
  seen.highToS = server.nowS;
}

function label(scene: Scene, seen: Seen, endS: number): Incident[] | null {
  const { trouble } = scene;
  const at = (timeS: number) => toMs(scene, timeS);
  if (trouble === null) return [];
  const common = { start: at(trouble.startS), exhaust: null, required: false };
  switch (trouble.kind) {
    case 'bounded':
      return [{ ...common, kind: 'bounded', end: at(endS) }];
    case 'stopped':
      return [
        {
          ...common,
          kind: 'stopped',
          end: at(trouble.stopS),
          grace: (trouble.freedS - trouble.stopS + 2 * 3600) * 1000,
        },
      ];
    case 'saturation':
      if (seen.highFromS === null || seen.highToS === null) return null;
      return [
        {
          kind: 'saturation',
          start: at(seen.highFromS),
          allowFrom: at(trouble.startS),
          exhaust: null,
          end: at(seen.highToS),
          required: true,
        },
      ];
    case 'leak': {
      if (seen.exhaustS === null || seen.curedS === null) return null;
      const { exhaustS } = seen;
      const restarts = (trouble.restartsS ?? []).filter((restartS) => restartS < exhaustS);
      const starts = [trouble.firstS?.() ?? trouble.startS, ...restarts];
      const startS = starts.at(-1) ?? trouble.startS;
      if (exhaustS - startS < trouble.leastS) return null;
      return [
        ...restarts.map(
          (restartS, cycle): Incident => ({
            kind: 'leak',
            start: at(starts[cycle] ?? 0),
            exhaust: null,
            end: at(restartS),
            required: false,
          }),
        ),
        {
          kind: 'leak',
          start: at(startS),
          exhaust: at(exhaustS),
          end: at(seen.curedS),
          required: true,
          reqFrac: trouble.reqFrac,
        },
      ];
    }
  }
}

/** How long the connections have been at or above a part of the limit. */
class Stretch {
  readonly #above: number;
  #sinceS: number | null = null;

  constructor(above: number) {
    this.#above = above;
  }

  lastsS(server: Server): number {
    if (server.connected < this.#above * server.limit) this.#sinceS = null;
    else this.#sinceS ??= server.nowS;
    return this.#sinceS === null ? 0 : server.nowS - this.#sinceS;
  }
}

/** A monitor on its interval: never quite on time, now and then not at all. */
class Sampler {
  readonly samples: TraceSample[] = [];
  readonly #scene: Scene;
  readonly #chance: Chance;
  #nextS: number;
  #gapUntilS = -1;

  constructor(scene: Scene, chance: Chance) {
    this.#scene = scene;
    this.#chance = chance;
    this.#nextS = chance.range(0, scene.sampler.everyS);
  }

  look(server: Server, holders: readonly Holder[] | null, running: number): void {
    const { everyS, missing, gapsPerDay, gapMostS } = this.#scene.sampler;
    if (server.nowS < this.#nextS) return;
    this.#nextS += everyS;
    if (this.#chance.chance((gapsPerDay * everyS) / DAY_S)) {
      this.#gapUntilS = server.nowS + this.#chance.log(120, gapMostS);
    }
    const lateMs = Math.floor(this.#chance.range(0, STEP_S * 900));
    if (this.#chance.chance(missing) || server.nowS < this.#gapUntilS || holders === null) return;
    const sleep: [number, number, number, number] = [0, 0, 0, 0];
    const users: Record<string, number> = {};
    for (const holder of holders) {
      holder.addSleepers(server.nowS, sleep);
      users[holder.user] = (users[holder.user] ?? 0) + holder.held();
    }
    this.samples.push({
      ts: toMs(this.#scene, server.nowS) + lateMs,
      connected: server.connected,
      running: clamp(this.#chance.poisson(running), 1, server.connected),
      max: server.limit,
      sleep,
      users,
      uptime: Math.floor(server.nowS - server.upSinceS),
      wait_timeout: server.waitTimeoutS,
    });
  }
}

function toMs({ weekS }: Scene, timeS: number): number {
  return Math.round((EPOCH_S + weekS + timeS) * 1000);
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(Math.min(least, most), Math.min(most, value));
}
