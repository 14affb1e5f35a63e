import { isSilent } from '../../functions/core/incident/maintenance.ts';
import { PACED } from '../../functions/core/model/channel.ts';
import type { RequestRecord } from '../../functions/core/model/decision.ts';
import { isOwed } from '../../functions/core/model/delivery.ts';
import type { Freeze } from '../../functions/core/model/freeze.ts';
import type { Face, Notice } from '../../functions/core/model/notice.ts';
import type { Request } from '../../functions/core/model/request.ts';
import type { Reading, Sample } from '../../functions/core/model/sample.ts';
import { faceOf } from '../../functions/core/notify/face-of.ts';
import type { CommandOrder, SampleSource, Stores } from '../../functions/core/ports.ts';
import type { CatalogueEntry } from '../../functions/core/runbook/manifest.ts';
import type { Settings } from '../../functions/core/settings.ts';
import { inboxIdOf } from '../../functions/core/store/inbox.ts';
import { StoreError } from '../../functions/core/store/store-error.ts';
import { decideInbox, decideRequest } from '../../functions/flows/act.ts';
import { advanceRun } from '../../functions/flows/advance-run.ts';
import { notifyTarget } from '../../functions/flows/notify.ts';
import { notifyRequest } from '../../functions/flows/notify-request.ts';
import { notifyChannel, notifyFreezes } from '../../functions/flows/tell-debt.ts';
import { commandMoved, sweepFor } from '../../functions/flows/track.ts';
import { watchNow, watchTick } from '../../functions/flows/watch.ts';
import type { WatchMemory } from '../../functions/flows/watch-memory.ts';
import { createMemoryStores, type MemoryStores, type StoredChange } from '../fakes/memory-store.ts';
import type { RecordingNoticeBoard } from '../fakes/recording-notice-board.ts';
import { type CommandPlay, ScriptedCommandRunner, type TakenCommand } from '../fakes/scripted-command-runner.ts';
import { MINUTE_MS, NIGHT_MS, restartWorkers, settings, startWorkers } from '../support/builders.ts';
import { configRunbooks, copied, counted, diagnose } from '../support/config-runbooks.ts';
import { HostileSlack } from './hostile-slack.ts';
import { type Machine, Machines } from './machine.ts';
import { Crash, Scheduler, seeded } from './scheduler.ts';

export const TARGET = 'orders-db';
export const CONNECTIONS_MAX = 100;
const BASELINE = 12;
const TRIES_MAX = 3;
/** For as long as the function may run. */
const SWEEP_MS_MAX = 55_000;
/** By then people have what they lacked when Slack was well again. */
const RECOVERY_MS_MAX = 30_000;

const FAILED = JSON.stringify({ ending: 'failed', reason: 'PM2 gave no list', lines: [], changed: 'maybe' });
const DONE = JSON.stringify({ ending: 'done', reason: '', lines: ['orders-queue: pid 1 -> 2'] });

/** How rough this history is; all zero is a calm day. */
export interface Weather {
  readonly crashShare: number;
  readonly slackTroubleShare: number;
  readonly ssmTroubleShare: number;
  readonly unreadableShare: number;
  /** Connections leaked a minute while nobody restarts anything. */
  readonly leakPerMinute: number;
  /** Share of commands that free the leaked connections. */
  readonly cureShare: number;
}

/** Whose rights an invocation has. */
export type Role = 'Watch' | 'Notify' | 'Interact' | 'Act' | 'Track';

/** One invocation, on the machine that it got. */
type Work = (machine: Machine) => Promise<unknown>;

export const CALM: Weather = {
  crashShare: 0,
  slackTroubleShare: 0,
  ssmTroubleShare: 0,
  unreadableShare: 0,
  leakPerMinute: 30,
  cureShare: 1,
};

export interface Interval {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** The loop with every port simulated: one target, one application, two hosts, two people who click. */
export class World {
  readonly scheduler: Scheduler;
  /** A deployment may switch observe mode on. */
  settings: Settings;
  readonly observedSinceMs: number | null;
  readonly slack: HostileSlack;
  readonly board: RecordingNoticeBoard;
  /** Every call of the table: the role that made it, the store, and the method. */
  readonly used = new Set<string>();
  /** While the table answers nobody. */
  tableAway: { readonly fromMs: number; readonly untilMs: number } | null = null;
  /** What watch said in its log that it could tell nobody. */
  readonly untold: { readonly atMs: number; readonly critical: number }[] = [];
  readonly samples: { readonly atMs: number; readonly kind: Sample['kind'] }[] = [];
  /** Messages that were posted although an earlier one may stand there, by what they are about. */
  readonly blindPosts: string[] = [];
  /** The version that people lacked when Slack was well again; null: none, or it was never out. */
  owedAtRecovery: { readonly version: number; readonly shownInTime: boolean | null } | null = null;
  readonly stores: MemoryStores;
  readonly commands: ScriptedCommandRunner;
  readonly clicks: RequestRecord[] = [];
  readonly errors: unknown[] = [];
  /** What was frozen from which instant on. */
  readonly freezeLog: { readonly atMs: number; readonly freezes: readonly Freeze[] }[] = [];
  readonly silenceLog: { readonly atMs: number; readonly untilMs: number | null }[] = [];
  readonly pages: string[] = [];
  readonly pageTimes: number[] = [];
  /** When nothing listens any more at the database, and when it does again; null: it lives through this history. */
  readonly death: Interval | null;
  /** When the application was dead: a run of somebody's has taken it down, and somebody brings it back by hand. */
  readonly downs: Interval[] = [];
  /** How the card looked after each write, by what is stored. */
  readonly faces: { readonly atMs: number; readonly face: Face }[] = [];
  readonly #fate: () => number;
  readonly #mayKill: boolean;
  weather: Weather;
  /** Before it cleared up. */
  readonly roughly: Weather;
  #leakedSinceMs: number;
  #ids = 0;
  #isOver = false;
  #memory: WatchMemory = new Map();
  readonly #scheduled = new Set<string>();
  readonly #machines: Machines;

  constructor(seed: number, weather: Weather) {
    this.weather = weather;
    this.roughly = weather;
    this.death = deathOf(seed);
    this.#fate = seeded(seed ^ 0xa99);
    this.#mayKill = this.#fate() < KILLING_SHARE;
    this.scheduler = new Scheduler(seed, NIGHT_MS, weather.crashShare);
    this.#machines = new Machines(seed, this.scheduler);
    const approvers = this.scheduler.chance(0.4) ? 2 : 1;
    const approval = this.scheduler.chance(0.5) ? { approval: { withinSeconds: 120, approvers } } : {};
    const observe = this.scheduler.chance(0.1);
    const deployed = (isObserved: boolean) =>
      settings(
        {
          verify: { windowSeconds: 120, relapseSeconds: 600 },
          quietSeconds: 180,
          page: { topicArn: 'arn:aws:sns:eu-central-1:000000000000:pages' },
          reminder: { afterSeconds: 120, pageAfterSeconds: 180 },
          people: ['U0FIRST', 'U0SECOND', 'U0THIRD'].map((slackUserId) => ({ slackUserId, name: slackUserId })),
          breakGlass: ['U0FIRST'],
          observe: isObserved,
          runbooks: { 'restart-workers': { cooldownSeconds: 60, ...approval } },
          snapshots: { atUtc: '03:10' },
        },
        [triable(restartWorkers({ undo: 'start-workers' })), triable(startWorkers()), ...configRunbooks(), diagnose()],
      );
    this.settings = deployed(observe);
    this.observedSinceMs = observe ? NIGHT_MS : null;
    this.slack = new HostileSlack(this.scheduler.nowMs, seeded(seed ^ 0x51ac), () => this.weather.slackTroubleShare);
    this.board = this.slack.board;
    if (weather === CALM) this.slack.calm();
    this.stores = createMemoryStores((change) => this.#onWrite(change));
    this.commands = new ScriptedCommandRunner({
      nowMs: this.scheduler.nowMs,
      documents: null,
      play: (order) => this.#play(order),
    });
    this.#leakedSinceMs = NIGHT_MS + 2 * MINUTE_MS;
    if (!observe && this.scheduler.chance(0.1)) {
      const atMs = NIGHT_MS + this.scheduler.between(3 * MINUTE_MS, 12 * MINUTE_MS);
      this.observedSinceMs = atMs;
      this.scheduler.at(atMs, () => {
        this.settings = deployed(true);
      });
    }
    this.#every(MINUTE_MS, (atMs) => this.#watchTick(atMs));
    this.#every(MINUTE_MS, () =>
      this.invoke('sweep', (machine) => {
        const endMs = this.scheduler.nowMs() + SWEEP_MS_MAX;
        return sweepFor(this.#runDeps(machine, false), () => endMs - this.scheduler.nowMs());
      }),
    );
    this.#watchSlack();
  }

  /** Somebody deletes a card; and what people lack when an outage is over has to be there soon after. */
  #watchSlack(): void {
    const { deletionMs, outage } = this.slack;
    if (deletionMs !== null) {
      this.scheduler.at(deletionMs, () => {
        const card = this.board.messages.findLast(({ incidentId }) => incidentId.startsWith('inc-'));
        if (card !== undefined) this.board.remove(card.ref);
      });
    }
    if (outage === null) return;
    this.scheduler.at(outage.untilMs, () => void this.#noteOwed());
    this.scheduler.at(outage.untilMs + RECOVERY_MS_MAX, () => void this.#noteShown());
  }

  async #noteOwed(): Promise<void> {
    const state = (await this.stores.targets.read(TARGET))?.value;
    const { incident = null, notice } = state ?? {};
    const isUrgent = incident?.severity === 'critical' && incident.resolvedAtMs === null;
    if (state === undefined || notice === undefined || !isUrgent || isSilent(state, this.scheduler.nowMs())) return;
    if (isOwed(notice)) this.owedAtRecovery = { version: notice.owedVersion, shownInTime: null };
  }

  async #noteShown(): Promise<void> {
    const { owedAtRecovery: owed } = this;
    const state = (await this.stores.targets.read(TARGET))?.value;
    if (owed === null || state === undefined) return;
    // Somebody silenced it meanwhile, or the edits of this minute are used up.
    const isExcused = isSilent(state, this.scheduler.nowMs()) || state.notice.lastProblem === PACED;
    this.owedAtRecovery = { ...owed, shownInTime: isExcused || state.notice.shownVersion >= owed.version };
  }

  /** The weather clears up; what was owed has to be settled by itself. */
  calm(): void {
    this.weather = { ...this.weather, crashShare: 0, slackTroubleShare: 0, ssmTroubleShare: 0, unreadableShare: 0 };
    this.scheduler.crashShare = 0;
    this.#machines.stepShare = 0;
    this.slack.calm();
  }

  /** No new tick begins, so that what is in flight can land. */
  end(): void {
    this.#isOver = true;
  }

  /** Somebody does something on the newest card, or on an older one; Slack may deliver it twice. */
  click(userId: string, isStale: boolean): void {
    const message = this.board.messages[this.scheduler.between(0, this.board.messages.length)];
    const notices = message?.notices ?? [];
    const notice = isStale ? notices[this.scheduler.between(0, notices.length)] : notices.at(-1);
    const request = notice?.kind === 'incident' ? this.#wish(notice) : null;
    if (request === null) return;
    this.#ids += 1;
    if (request.kind === 'details' && request.viewId !== null) this.slack.mayClose(request.viewId);
    const record: RequestRecord = {
      schema: 1,
      id: String(this.#ids).padStart(16, '0').padEnd(64, 'f'),
      receivedAtMs: this.scheduler.nowMs(),
      by: { userId, teamId: 'T0TEAM', kind: 'member' },
      channel: 'C0ALERTS',
      messageTs: message?.ref.ts ?? null,
      request,
      decision: null,
      answerOwed: true,
      answerFailures: 0,
    };
    this.clicks.push(record);
    const deliver = () =>
      this.invoke(
        'interact',
        () => this.#reached(this.stores.inbox, 'Interact', 'inbox').write(inboxIdOf(record), record, null),
        1,
      );
    deliver();
    if (this.scheduler.chance(0.3)) deliver();
  }

  /** What the card offers, most often a runbook. */
  #wish(notice: Notice): Request | null {
    const { scheduler } = this;
    const { controls, targetId } = notice;
    const offered = notice.offers.flatMap((offer) => (offer.kind === 'runnable' ? [offer.request] : []));
    const [first] = offered;
    const rollback = offered.find(({ runbookId }) => runbookId === 'rollback-config') ?? null;
    const dryRun = scheduler.chance(0.1);
    const breakGlass = scheduler.chance(0.4) ? { breakGlass: 'nobody answers' } : {};
    const run = first === undefined ? null : { ...first, ...breakGlass, dryRun };
    const answer = controls.approve ?? controls.cancel;
    if (answer !== null && scheduler.chance(0.7)) return scheduler.chance(0.8) ? answer : (controls.reject ?? answer);
    if (scheduler.chance(0.6)) return run ?? controls.undo?.request ?? null;
    const others: readonly (Request | null)[] = [
      controls.acknowledge,
      controls.undo?.request ?? null,
      controls.unsilence ?? {
        kind: 'silence',
        targetId,
        forSeconds: 60 + scheduler.between(0, 120),
        why: 'planned work',
      },
      { kind: 'freeze', scope: { kind: 'application', id: 'orders' }, forSeconds: 120, why: 'a release' },
      { kind: 'freeze', scope: { kind: 'everything' }, forSeconds: null, why: 'stop' },
      { kind: 'unfreeze', scope: { kind: 'everything' } },
      { kind: 'details', targetId, of: run, viewId: `V${this.#ids}` },
      { kind: 'details', targetId, of: rollback, viewId: `V${this.#ids}` },
      { kind: 'tell', what: { kind: 'status' } },
    ];
    return others[scheduler.between(0, others.length)] ?? null;
  }

  isDown(atMs: number): boolean {
    return this.downs.some(({ fromMs, untilMs }) => atMs >= fromMs && atMs < untilMs);
  }

  connected(): number {
    if (this.isDown(this.scheduler.nowMs())) return 0;
    const leakedMs = Math.max(0, this.scheduler.nowMs() - this.#leakedSinceMs);
    return Math.min(CONNECTIONS_MAX, BASELINE + Math.floor((leakedMs / MINUTE_MS) * this.weather.leakPerMinute));
  }

  /** Runs a function as Lambda would: a crash is tried again a few times, then left to the sweep. */
  invoke(name: string, work: Work, tries = TRIES_MAX): void {
    this.#machines.run(name, work).catch((error: unknown) => {
      const isOutage = error instanceof StoreError && this.tableAway !== null;
      if (!(error instanceof Crash) && !isOutage) this.errors.push(error);
      else if (tries > 1)
        this.scheduler.at(this.scheduler.nowMs() + this.scheduler.between(10, 2000), () =>
          this.invoke(name, work, tries - 1),
        );
    });
  }

  #every(ms: number, run: (atMs: number) => void): void {
    const next = (atMs: number) =>
      this.scheduler.at(atMs, () => {
        if (this.#isOver) return;
        run(atMs);
        next(atMs + ms);
      });
    next(NIGHT_MS + ms);
  }

  #onWrite({ entity, id, markers }: StoredChange): void {
    const wake = (work: Work) => {
      const deliver = () => this.invoke(`${entity} ${markers.owes}`, work);
      this.scheduler.at(this.scheduler.nowMs() + this.scheduler.between(5, 800), deliver);
      if (this.scheduler.chance(0.1))
        this.scheduler.at(this.scheduler.nowMs() + this.scheduler.between(5, 5000), deliver);
    };
    if (entity === 'freezes') void this.#noteFreezes();
    if (entity === 'target') void this.#noteSilence(id);
    if (entity === 'target') void this.#noteFace(id);
    if (entity === 'freezes' && markers.owes === 'notice') wake((machine) => notifyFreezes(this.#notifyDeps(machine)));
    if (entity === 'channel' && markers.owes === 'notice')
      wake((machine) => notifyChannel(this.#notifyDeps(machine), id));
    if (entity === 'target' && markers.owes === 'notice')
      wake((machine) => notifyTarget(this.#notifyDeps(machine), id));
    if (markers.owes === 'answer') wake((machine) => notifyRequest(this.#notifyDeps(machine), id));
    if (entity === 'request' && markers.owes === 'decision')
      wake((machine) => decideRequest(this.#runDeps(machine, true), id));
    if (entity === 'inbox' && markers.owes === 'decision')
      wake((machine) => decideInbox(this.#runDeps(machine, true), id));
    if (markers.owes === 'step') wake((machine) => advanceRun(this.#runDeps(machine, true), id));
  }

  async #noteFreezes(): Promise<void> {
    const freezes = (await this.stores.freezes.read('all'))?.value.freezes ?? [];
    this.freezeLog.push({ atMs: this.scheduler.nowMs(), freezes });
  }

  async #noteFace(id: string): Promise<void> {
    const state = (await this.stores.targets.read(id))?.value;
    if (state?.incident) this.faces.push({ atMs: this.scheduler.nowMs(), face: faceOf(state, state.incident) });
  }

  async #noteSilence(id: string): Promise<void> {
    const untilMs = (await this.stores.targets.read(id))?.value.silence?.untilMs ?? null;
    if (this.silenceLog.at(-1)?.untilMs !== untilMs) this.silenceLog.push({ atMs: this.scheduler.nowMs(), untilMs });
  }

  #watchTick(tickMs: number): void {
    // A cold container now and then: it must decide the same from the chunks.
    if (this.scheduler.chance(0.1)) this.#memory = new Map();
    const tick = { shard: 0, tickMs, untilMs: tickMs + MINUTE_MS };
    const watch = () => this.invoke('watch', (machine) => watchTick(this.#watchDeps(machine), tick), 1);
    watch();
    if (this.scheduler.chance(0.1)) watch();
  }

  #basics(machine: Machine, role: Role) {
    const error = (event: string, fields: Readonly<Record<string, unknown>>) => {
      if (event === 'postedBlind') this.blindPosts.push(String(fields['about']));
      if (event === 'untold') this.untold.push({ atMs: this.scheduler.nowMs(), critical: Number(fields['critical']) });
    };
    const log = { info: () => undefined, error };
    const newId = (prefix: string) => {
      this.#ids += 1;
      return `${prefix}-${String(this.#ids).padStart(10, '0')}`;
    };
    return {
      settings: this.settings,
      clock: machine.clock,
      ids: { newId },
      log,
      stores: this.#gatedStores(machine, role),
    };
  }

  /** The table, as far as it can be reached: a write without an answer may have been made. */
  #reached<T extends object>(port: T, role: Role, name: string): T {
    return new Proxy(port, {
      get: (target, method) => {
        const member: unknown = Reflect.get(target, method);
        if (typeof member !== 'function') return member;
        return async (...args: unknown[]) => {
          this.used.add(`${role} ${name} ${String(method)}${name === 'open' ? ` ${args[0]}` : ''}`);
          const nowMs = this.scheduler.nowMs();
          const { fromMs, untilMs } = this.tableAway ?? { fromMs: 0, untilMs: 0 };
          if (nowMs < fromMs || nowMs >= untilMs) return Reflect.apply(member, target, args);
          const isWrite = /^(write|put|start|append)/.test(String(method));
          if (isWrite && this.scheduler.chance(0.2)) await Reflect.apply(member, target, args);
          throw new StoreError(isWrite ? 'unclear' : 'unavailable', 'the table gave no clear answer');
        };
      },
    });
  }

  #gatedStores(machine: Machine, role: Role) {
    const gate = <K extends keyof Stores>(name: K): MemoryStores[K] =>
      this.scheduler.gated(machine.hearing(this.#reached(this.stores[name], role, name)), () => true);
    return {
      freezes: gate('freezes'),
      channels: gate('channels'),
      pace: gate('pace'),
      timeline: gate('timeline'),
      targets: gate('targets'),
      applications: gate('applications'),
      inbox: gate('inbox'),
      requests: gate('requests'),
      runs: gate('runs'),
      starts: gate('starts'),
      open: gate('open'),
    };
  }

  #watchDeps(machine: Machine) {
    const samples = this.scheduler.gated<SampleSource>(
      {
        take: async () => {
          const sample = this.#sample(machine.wallMs());
          this.samples.push({ atMs: this.scheduler.nowMs(), kind: sample.kind });
          return sample;
        },
        detail: async () => null,
      },
      () => true,
    );
    const chunks = this.scheduler.gated(
      machine.hearing(this.#reached(this.stores.chunks, 'Watch', 'chunks')),
      () => true,
    );
    return { ...this.#basics(machine, 'Watch'), samples, chunks, memory: this.#memory };
  }

  #notifyDeps(machine: Machine) {
    const board = this.scheduler.gated(this.slack.surface, () => true);
    const page = async (_topic: string, subject: string) => {
      this.pages.push(subject);
      this.pageTimes.push(this.scheduler.nowMs());
      return 'sent' as const;
    };
    return { ...this.#basics(machine, 'Notify'), board, pager: { page } };
  }

  #runDeps(machine: Machine, maySend: boolean) {
    const commands = this.scheduler.gated(this.commands, () => true);
    const watch = {
      watchNow: async (ids: readonly string[], askedAtMs: number) => {
        const order = { askedAtMs, forMs: 55_000 };
        if (this.scheduler.chance(0.8))
          this.invoke('watch now', (own) => watchNow(this.#watchDeps(own), ids, order), 1);
      },
    };
    const { directory } = this.slack;
    return {
      ...this.#basics(machine, maySend ? 'Act' : 'Track'),
      commands,
      watch,
      maySend,
      directory,
      scheduled: this.#scheduled,
    };
  }

  #play({ runId, parameters, documentName }: CommandOrder): CommandPlay {
    const isBeside = runId.startsWith('beside-');
    const runsForMs = this.scheduler.between(isBeside ? 500 : 2000, isBeside ? 10_000 : 40_000);
    const isLook = isBeside && documentName.includes('diagnose');
    const output = isLook
      ? this.#count(runsForMs)
      : isBeside
        ? copied(this.scheduler.between(1, 9), this.scheduler.chance(0.5))
        : DONE;
    const at = this.scheduler.nowMs() + runsForMs;
    if (this.scheduler.chance(this.weather.ssmTroubleShare)) {
      const answers = ['acceptUnclear', 'loseUnclear', 'throttle', { refuse: 'ThrottledAccount' }] as const;
      const answer = answers[this.scheduler.between(0, answers.length)] ?? 'throttle';
      return { answer, runsForMs, visibleAfterMs: this.scheduler.between(0, 3000), output };
    }
    const isDeed = !isBeside && parameters['DryRun'] !== 'yes';
    if (isDeed && this.scheduler.chance(this.weather.cureShare)) this.scheduler.at(at, () => this.#cure());
    const kills = isDeed && this.#mayKill && this.#fate() < 0.5;
    this.scheduler.at(at + this.scheduler.between(0, 4000), () => this.#tellOfCommands());
    const visibleAfterMs = this.scheduler.between(0, 1500);
    return { runsForMs, visibleAfterMs, ...(kills ? this.#kill(at) : { output }) };
  }

  /** What was to run is gone: with the script that failed half-way, or soon after one that ended well. */
  #kill(endsAtMs: number): Pick<CommandPlay, 'output' | 'status' | 'exitCode'> {
    const isSeen = this.#fate() < 0.7;
    const fromMs = endsAtMs + (isSeen ? 0 : this.#fate() * 20_000);
    this.downs.push({ fromMs, untilMs: fromMs + (3 + this.#fate() * 4) * MINUTE_MS });
    return isSeen ? { output: FAILED, status: 'Failed', exitCode: 30 } : { output: DONE };
  }

  #count(runsForMs: number): string {
    return this.isDown(this.scheduler.nowMs() + runsForMs) ? counted(0, 2) : counted(2, 0);
  }

  #cure(): void {
    this.#leakedSinceMs = this.scheduler.nowMs() + this.scheduler.between(0, 60) * MINUTE_MS;
  }

  /** EventBridge: best effort. */
  #tellOfCommands(): void {
    const ended = this.commands.taken
      .filter((command: TakenCommand) => command.endsAtMs <= this.scheduler.nowMs())
      .at(-1);
    if (ended === undefined || this.scheduler.chance(0.2)) return;
    this.invoke('event', (machine) => commandMoved(this.#runDeps(machine, false), ended.commandId), 1);
  }

  /** `atMs`: what the sampler's machine takes for now. */
  #sample(atMs: number): Sample {
    const trueMs = this.scheduler.nowMs();
    const connected = this.connected();
    if (this.death !== null && trueMs >= this.death.fromMs && trueMs < this.death.untilMs) {
      return { kind: 'unreadable', atMs, cause: 'connectionRefused', sentence: 'Nothing listens there.' };
    }
    if (this.scheduler.chance(this.weather.unreadableShare)) {
      return { kind: 'unreadable', atMs, cause: 'queryTimedOut', sentence: 'The query took too long.' };
    }
    if (connected >= CONNECTIONS_MAX) return { kind: 'full', atMs, detail: null };
    return readingOf(atMs, connected);
  }
}

const KILLING_SHARE = 0.6;

const DEATH_SHARE = 0.35;

/** By dice of its own, so that it moves nothing else of a history. */
function deathOf(seed: number): World['death'] {
  const random = seeded(seed ^ 0xd1e);
  if (random() >= DEATH_SHARE) return null;
  const fromMs = NIGHT_MS + (3 + random() * 10) * MINUTE_MS;
  return { fromMs, untilMs: fromMs + (5 + random() * 5) * MINUTE_MS };
}

/** One that can be told to only say what it would do. */
function triable({ manifest, document }: CatalogueEntry): CatalogueEntry {
  const dryRun = { name: 'DryRun', from: 'run.dryRun', description: 'yes: only say', pattern: '^(yes|no)$' } as const;
  return { manifest: { ...manifest, parameters: [...manifest.parameters, dryRun] }, document };
}

function readingOf(atMs: number, connected: number): Reading {
  return {
    kind: 'reading',
    atMs,
    connected,
    running: 1,
    connectionsMax: CONNECTIONS_MAX,
    refused: 0,
    attempts: 1,
    uptimeSeconds: 100_000,
    waitTimeoutSeconds: 28_800,
    holders: {
      groups: [],
      ages: [0, 0, 0, 0],
      sight: 'whole',
      unauthenticated: 0,
      waitingForMetadataLock: 0,
      longStatements: 0,
    },
    counters: { connections: 0, abortedConnects: 0, refusedByLimit: 0, uptimeSeconds: 100_000 },
  };
}
