import { beginPractice } from '../../../bin/flows/practice/begin-practice.ts';
import type { ConfigInput } from '../../../functions/core/config/config.ts';
import { configProblemsText, parseConfig } from '../../../functions/core/config/parse-config.ts';
import type { RequestRecord } from '../../../functions/core/model/decision.ts';
import type { Details } from '../../../functions/core/model/details.ts';
import type { Message, Notice } from '../../../functions/core/model/notice.ts';
import type { Request } from '../../../functions/core/model/request.ts';
import type { HolderGroup, Reading, Sample } from '../../../functions/core/model/sample.ts';
import type { CommandOrder } from '../../../functions/core/ports.ts';
import type { Settings } from '../../../functions/core/settings.ts';
import { unreadableSentence } from '../../../functions/core/text/unreadable.ts';
import { decideRequest } from '../../../functions/flows/act.ts';
import { advanceRun } from '../../../functions/flows/advance-run.ts';
import { notifyTarget } from '../../../functions/flows/notify.ts';
import { notifyRequest } from '../../../functions/flows/notify-request.ts';
import { notifyChannel, notifyFreezes } from '../../../functions/flows/tell-debt.ts';
import { commandMoved, sweep } from '../../../functions/flows/track.ts';
import { watchTick } from '../../../functions/flows/watch.ts';
import type { WatchMemory } from '../../../functions/flows/watch-memory.ts';
import { catalogueOf, loadCatalogue } from '../../../lib/runbook-catalogue.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';
import { createMemoryStores, type StoredChange } from '../../fakes/memory-store.ts';
import { RecordingNoticeBoard } from '../../fakes/recording-notice-board.ts';
import { type CommandPlay, ScriptedCommandRunner } from '../../fakes/scripted-command-runner.ts';
import { CHANNEL, ON_CALL, SECOND } from '../../interact/slack-click-stage.ts';

export const MINUTE_MS = 60_000;
/** 2026-03-14 02:30:00 UTC; what happens in the gallery happens in the hour after it. */
const START_MS = Date.UTC(2026, 2, 14, 2, 30, 0);
/** When somebody looks at the pictures. */
export const SHOWN_AT_MS = START_MS + 3 * 3_600_000;
const HOSTS = ['i-0aaaaaaaaaaaaaaa1', 'i-0aaaaaaaaaaaaaaa2'];
const TARGET = 'orders-db';
const CONNECTIONS_MAX = 50;
const RUNBOOKS = new URL('../../../runbooks', import.meta.url).pathname;

/** What the sampler of this tale sees at one instant. */
export type Look = number | 'full' | 'denied' | 'connectionRefused';

const CODES = { denied: '1045', connectionRefused: 'ECONNREFUSED' } as const;

/**
 * A story that the real flows are taken through, so that no picture shows what Runbell would not: samples, clicks and
 * what the hosts answer are made up here, and everything else is decided, stored, rendered and posted as deployed.
 */
export class Tale {
  readonly clock: ManualClock;
  readonly board = new RecordingNoticeBoard(() => this.clock.nowMs());
  look: (atMs: number, targetId: string) => Look = () => 12;
  /** What the script of a run says at its end. */
  says = RESTARTED;
  /** Whether a host keeps a copy of the configuration when it is asked to. */
  hasCopies = true;
  /** Where it differs from host to host. */
  saysOn: ((hostId: string) => string) | null = null;
  takesMs = 7000;
  /** How the commands of people end. */
  ends: Pick<CommandPlay, 'status' | 'exitCode'> = {};
  /** What runs of the application on each host, as a look counts it; null: the host does not answer. */
  app: { readonly up: number; readonly down: number } | null = { up: 3, down: 0 };
  readonly pages: string[] = [];
  readonly #settings: Settings;
  readonly #stores = createMemoryStores((change) => this.#wake(change));
  readonly #commands: ScriptedCommandRunner;
  readonly #memory: WatchMemory = new Map();
  readonly #work: (() => Promise<unknown>)[] = [];
  readonly #scheduled = new Set<string>();
  #ids = 0;

  /** `earlierMs`: how long before the others it begins. */
  constructor(change: Partial<ConfigInput> = {}, earlierMs = 0) {
    this.clock = new ManualClock(START_MS - earlierMs, 'jumps');
    const parsed = parseConfig({ ...CONFIG, ...change });
    if (parsed.kind === 'invalid') throw new Error(configProblemsText(parsed.problems));
    const catalogue = catalogueOf(loadCatalogue('runbell', RUNBOOKS));
    this.#settings = { schema: 1, version: 'gallery', config: parsed.config, catalogue };
    this.#commands = new ScriptedCommandRunner({
      nowMs: () => this.clock.nowMs(),
      documents: null,
      play: (order) => ({ runsForMs: this.takesMs, ...this.#answerTo(order) }),
    });
  }

  /** Each minute as on AWS: a look, closer ones under suspicion, what runs is followed, what is overdue is swept. */
  async minutes(count: number): Promise<void> {
    for (let minute = 0; minute < count; minute += 1) {
      const tickMs = Math.ceil((this.clock.nowMs() + 1) / MINUTE_MS) * MINUTE_MS;
      await this.pass(tickMs - this.clock.nowMs());
      await watchTick(
        { ...this.#basics(), ...this.#sampling() },
        { shard: 0, tickMs, untilMs: tickMs + MINUTE_MS - 5000 },
      );
      await this.#settle();
    }
  }

  /** Time goes by, and commands end. */
  async pass(ms: number): Promise<void> {
    await this.clock.sleep(ms);
    for (const { commandId, endsAtMs } of this.#commands.taken) {
      if (endsAtMs <= this.clock.nowMs()) await commandMoved(this.#runDeps(false), commandId);
    }
    await sweep(this.#runDeps(false));
    await this.#settle();
  }

  /** Goes on until the newest card of the incident is so. */
  async until(isSo: (notice: Notice) => boolean, minutesMax = 60): Promise<void> {
    for (let minute = 0; minute < minutesMax; minute += 1) {
      if (this.shown().some((one) => one.kind === 'incident' && isSo(one))) return;
      await this.minutes(1);
    }
    throw new Error(`it never came to ${isSo}; the card is ${JSON.stringify(this.card())}`);
  }

  /** A person asks for something, as a button or a command would. */
  async ask(request: Request, userId = ON_CALL): Promise<void> {
    this.#ids += 1;
    const record: RequestRecord = {
      schema: 1,
      id: String(this.#ids).padStart(16, '0').padEnd(64, 'f'),
      receivedAtMs: this.clock.nowMs(),
      by: { userId, teamId: 'T0AAAAAAA1', kind: 'member' },
      channel: CHANNEL,
      messageTs: null,
      request,
      decision: null,
      answerOwed: true,
      answerFailures: 0,
    };
    await this.#stores.requests.write(record.id, record, null);
    await this.#settle();
  }

  /** Starts what the card offers first, or this one of it. */
  async run(runbookId?: string, userId = ON_CALL): Promise<void> {
    const offers = this.card().offers.flatMap((offer) => (offer.kind === 'runnable' ? [offer.request] : []));
    const request = runbookId === undefined ? offers[0] : offers.find((one) => one.runbookId === runbookId);
    if (request === undefined) throw new Error(`the card offers no ${runbookId ?? 'runbook'}`);
    await this.ask(request, userId);
  }

  /** Somebody tries Runbell out, as the command line does it. */
  async practise(): Promise<void> {
    const begun = { begunBy: 'oncall', incidentId: 'inc-a1b2c3d4e5', nowMs: this.clock.nowMs() };
    await beginPractice(this.#stores.targets, TARGET, begun);
    await this.#settle();
  }

  /** What a form would be filled with. */
  async details(of: Request & { readonly kind: 'details' }): Promise<Details> {
    await this.ask({ ...of, viewId: 'V0OPEN' });
    const filled = this.board.filled.at(-1)?.details;
    if (filled === undefined) throw new Error('no form was filled');
    return filled;
  }

  /** The newest edit of the newest card. */
  card(): Notice {
    const found = this.shown().findLast((message) => message.kind === 'incident');
    if (found?.kind !== 'incident') throw new Error('there is no card');
    return found;
  }

  /** What its thread says. */
  thread(): readonly string[] {
    return this.board.messages.at(-1)?.replies ?? [];
  }

  /** What the one target's item holds. */
  async target() {
    const state = (await this.#stores.targets.read(TARGET))?.value;
    if (state === undefined) throw new Error('nothing was stored');
    return state;
  }

  /** Looks of Runbell's own at the application, by host. */
  looks(): readonly string[] {
    const own = this.#commands.taken.filter(({ order }) => order.runId.startsWith('beside-'));
    return own.filter(({ order }) => order.documentName.includes('diagnose')).map(({ order }) => order.hostId);
  }

  /** The faces that the newest card has had, each once in a row. */
  faces(): readonly string[] {
    const faces = (this.board.messages.at(-1)?.notices ?? []).flatMap((one) =>
      one.kind === 'incident' ? [one.face] : [],
    );
    return faces.filter((face, at) => face !== faces[at - 1]);
  }

  /** Every message of the channel as it is now. */
  shown(): Message[] {
    return this.board.messages.flatMap(({ notices }) => notices.slice(-1));
  }

  #wake({ entity, id, markers }: StoredChange): void {
    const { owes } = markers;
    if (owes === 'notice' && entity === 'freezes') this.#work.push(() => notifyFreezes(this.#notifyDeps()));
    if (owes === 'notice' && entity === 'channel') this.#work.push(() => notifyChannel(this.#notifyDeps(), id));
    if (owes === 'notice' && entity === 'target') this.#work.push(() => notifyTarget(this.#notifyDeps(), id));
    if (owes === 'answer') this.#work.push(() => notifyRequest(this.#notifyDeps(), id));
    if (owes === 'decision') this.#work.push(() => decideRequest(this.#runDeps(true), id));
    if (owes === 'step') this.#work.push(() => advanceRun(this.#runDeps(true), id));
  }

  async #settle(): Promise<void> {
    for (let work = this.#work.shift(); work !== undefined; work = this.#work.shift()) await work();
  }

  #basics() {
    const newId = (prefix: string) => {
      this.#ids += 1;
      return `${prefix}-${String(this.#ids).padStart(10, 'a1b2c3d4e5')}`;
    };
    const log = { info: () => undefined, error: () => undefined };
    return { settings: this.#settings, clock: this.clock, ids: { newId }, log, stores: this.#stores };
  }

  #sampling() {
    const take = async ({ id }: { readonly id: string }): Promise<Sample> => this.#sample(id);
    return { samples: { take, detail: async () => null }, chunks: this.#stores.chunks, memory: this.#memory };
  }

  #notifyDeps() {
    return {
      ...this.#basics(),
      board: this.board,
      pager: { page: (_: string, subject: string) => this.#page(subject) },
    };
  }

  async #page(subject: string) {
    this.pages.push(subject);
    return 'sent' as const;
  }

  #runDeps(maySend: boolean) {
    const directory = { members: async () => 'unknown' as const, kindOf: async () => 'member' as const };
    const watch = { watchNow: async () => undefined };
    return { ...this.#basics(), commands: this.#commands, watch, maySend, directory, scheduled: this.#scheduled };
  }

  /** Copies of the configuration are looked after, and Runbell's own looks find what there is. */
  #answerTo({ runId, documentName, hostId }: CommandOrder): CommandPlay {
    if (!runId.startsWith('beside-')) return { output: this.saysOn?.(hostId) ?? this.says, ...this.ends };
    if (!documentName.includes('diagnose')) return { output: this.#copy() };
    if (this.app === null) return { status: 'Undeliverable', exitCode: -1 };
    return { output: JSON.stringify({ ending: 'done', reason: '', lines: [], app: this.app, changed: 'no' }) };
  }

  #copy(): string {
    if (!this.hasCopies)
      return JSON.stringify({ ending: 'refused', reason: 'none of the configured files can be kept', lines: [] });
    const snapshot = { version: 4, at: new Date(START_MS - 45 * MINUTE_MS).toISOString(), isNew: false };
    return JSON.stringify({ ending: 'nothingToDo', reason: 'the same files', lines: [], snapshot });
  }

  #sentence(cause: keyof typeof CODES, targetId: string): string {
    const target = this.#settings.config.targets.find(({ id }) => id === targetId);
    if (target === undefined) throw new Error(`there is no ${targetId}`);
    return unreadableSentence(cause, { target, port: target.port, code: CODES[cause], why: null });
  }

  #sample(targetId: string): Sample {
    const atMs = this.clock.nowMs();
    const seen = this.look(atMs, targetId);
    if (seen === 'full') return { kind: 'full', atMs, detail: null };
    if (typeof seen === 'string') {
      return { kind: 'unreadable', atMs, cause: seen, sentence: this.#sentence(seen, targetId) };
    }
    return readingOf(atMs, Math.round(seen));
  }
}

const CONFIG: ConfigInput = {
  slack: { channel: CHANNEL, workspaceId: 'T0AAAAAAA1' },
  people: [
    { slackUserId: ON_CALL, name: 'oncall' },
    { slackUserId: SECOND, name: 'second' },
  ],
  targets: [
    {
      id: TARGET,
      host: 'db.example.internal',
      user: 'runbell',
      credential: { kind: 'iam', region: 'eu-central-1', resourceId: 'db-EXAMPLE' },
    },
  ],
  applications: [
    {
      id: 'shop',
      kind: 'laravel',
      targets: [TARGET],
      hosts: HOSTS,
      directory: '/srv/shop',
      user: 'deploy',
      pm2: { home: '/home/deploy/.pm2', processes: ['shop-worker', 'shop-mailer'] },
      databaseUsers: ['shop'],
      phpFpmUnit: 'php8.3-fpm',
    },
  ],
};

const RESTARTED = JSON.stringify({
  ending: 'done',
  reason: '',
  lines: ['shop-worker: pid 2114 -> 9671, connections 17 -> 2', 'shop-mailer: pid 2115 -> 9688, connections 3 -> 1'],
});

/** Whatever is above a dozen is held by one host's workers, idle since they were forgotten. */
function readingOf(atMs: number, connected: number): Reading {
  const leaked = Math.max(0, connected - 12);
  const steady = Math.min(6, connected);
  const groups = [
    group('10.0.3.17', connected - steady, Math.max(0, connected - steady - 2)),
    group('10.0.3.18', steady, Math.min(4, steady)),
  ].filter(({ connections }) => connections > 0);
  const uptimeSeconds = 86_400 + Math.floor((atMs - START_MS) / 1000);
  return {
    kind: 'reading',
    atMs,
    connected,
    running: 2,
    connectionsMax: CONNECTIONS_MAX,
    refused: 0,
    attempts: 30,
    uptimeSeconds,
    waitTimeoutSeconds: 28_800,
    holders: {
      groups,
      ages: [leaked, Math.floor(leaked / 2), 0, 0],
      sight: 'whole',
      unauthenticated: 0,
      waitingForMetadataLock: 0,
      longStatements: 0,
    },
    counters: { connections: 1000, abortedConnects: 3, refusedByLimit: 0, uptimeSeconds },
  };
}

function group(host: string, connections: number, sleeping: number): HolderGroup {
  const ages = [sleeping, Math.floor(sleeping / 2), 0, 0] as const;
  return { user: 'shop', host, database: 'shop', connections, sleeping, ages, longestIdleSeconds: 40 + sleeping * 12 };
}
