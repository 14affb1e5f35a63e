import { isIP } from 'node:net';
import type { TargetConfig } from '../../core/config/config.ts';
import type { Counters, Reading, Sample, Unreadable, UnreadableCause } from '../../core/model/sample.ts';
import type { Clock, Log, SampleSource } from '../../core/ports.ts';
import { unreadableSentence } from '../../core/text/unreadable.ts';
import { classifyMysqlError, type Encounter, errorCode } from './classify-mysql-error.ts';
import type { CredentialSource } from './credential-source.ts';
import { MysqlSession, type SessionLimits } from './mysql-session.ts';
import { readResults } from './read-results.ts';
import {
  countsStatements,
  GROUPS_MAX,
  holdersStatements,
  isMariaDb,
  probeFeatures,
  type ServerFeatures,
  totalsStatement,
} from './server-features.ts';
import { tlsOptions } from './tls-options.ts';

export interface SampleSourceDeps {
  readonly clock: Clock;
  readonly credentials: CredentialSource;
  readonly log: Log;
  /** From 0 to 1, as Math.random gives. */
  readonly random: () => number;
  readonly limits?: Partial<SampleLimits>;
}

export interface SampleLimits extends SessionLimits {
  /** No new try for detail by the same way begins after this. */
  readonly detailMs: number;
}

const LIMITS: SampleLimits = { connectMs: 3_000, queryMs: 3_000, quitMs: 500, takeMs: 6_000, detailMs: 3_000 };

/** While clients storm a full server one try in five gets the spare slot, at the worst measured. */
const SPARE_SLOT_TRIES = 5;
const ADMIN_PORT_TRIES = 2;

type Want = 'counts' | 'holders';

interface Attempt {
  readonly target: TargetConfig;
  readonly want: Want;
  readonly previous: Counters | null;
  readonly overAdminPort: boolean;
}

/**
 * Reads MySQL and MariaDB, one connection per target and take, ended with COM_QUIT.
 *
 * A calm take (`counts`) is one round trip after the login, whatever the number of connections; `holders` adds one
 * aggregate over the process list to the same round trip. The first take of a target finds out what the server has.
 *
 * A server that refuses with 1040 is `full`, and `take` says so at once: its news must not wait. Who holds the
 * connections is asked for afterwards, with `detail`, over the admin port when there is one and else over the spare
 * slot, which clients in a storm keep taking, so it is tried a few times.
 */
export class MysqlSampleSource implements SampleSource {
  readonly #deps: SampleSourceDeps;
  readonly #limits: SampleLimits;
  readonly #features = new Map<string, ServerFeatures>();

  constructor(deps: SampleSourceDeps) {
    this.#deps = deps;
    this.#limits = { ...LIMITS, ...deps.limits };
  }

  take(target: TargetConfig, want: Want, previous: Counters | null): Promise<Sample> {
    return this.#attempt({ target, want, previous, overAdminPort: false });
  }

  async detail(target: TargetConfig, previous: Counters | null): Promise<Reading | null> {
    const order = { target, want: 'holders', previous } as const;
    const hasAdminPort = target.adminPort !== undefined && target.socketPath === undefined;
    const byAdminPort = hasAdminPort ? await this.#insist({ ...order, overAdminPort: true }, ADMIN_PORT_TRIES) : null;
    return byAdminPort ?? (await this.#insist({ ...order, overAdminPort: false }, SPARE_SLOT_TRIES));
  }

  /** Tries again while the server is full; gives up at anything else, which another try would not change. */
  async #insist(attempt: Attempt, triesMax: number): Promise<Reading | null> {
    const { clock, random, log } = this.#deps;
    const untilMs = clock.nowMs() + this.#limits.detailMs;
    for (let tries = 0; tries < triesMax && clock.nowMs() <= untilMs; tries += 1) {
      if (tries > 0) await clock.sleep(20 + Math.floor(random() * 30));
      const sample = await this.#attempt(attempt);
      if (sample.kind === 'reading') return sample;
      if (sample.kind === 'unreadable') {
        const { cause, sentence } = sample;
        log.error('no-detail', { targetId: attempt.target.id, port: portOf(attempt), cause, sentence });
        return null;
      }
    }
    return null;
  }

  async #attempt(attempt: Attempt): Promise<Sample> {
    const { credentials } = this.#deps;
    const first = await credentials.password(attempt.target, null);
    if (first.kind === 'unavailable') return this.#unreadable(attempt, 'secretUnavailable', null, first.why);
    const sample = await this.#connectAndRead(attempt, first.password);
    if (sample.kind !== 'unreadable' || sample.cause !== 'denied') return sample;
    // A password that was rotated since it was read is refused once, and then read anew.
    const second = await credentials.password(attempt.target, first.password);
    if (second.kind === 'unavailable' || second.password === first.password) return sample;
    return this.#connectAndRead(attempt, second.password);
  }

  async #connectAndRead(attempt: Attempt, password: string): Promise<Sample> {
    const { target, overAdminPort } = attempt;
    const tls = readTls(target);
    if (tls.kind === 'unavailable') return this.#unreadable(attempt, 'secretUnavailable', null, tls.why);
    const overSocket = target.socketPath !== undefined;
    const progress = overSocket || isIP(target.host) !== 0 ? 'dialling' : 'resolving';
    const met: Encounter = { progress, foreign: false, overSocket, overAdminPort };
    const { ssl } = tls;
    const session = new MysqlSession({ target, port: portOf(attempt), password, ssl, limits: this.#limits, met });
    try {
      await session.open();
      return await this.#read(session, attempt);
    } catch (error) {
      // A server that was upgraded or replaced may have other tables now.
      if (met.progress === 'loggedIn') this.#features.delete(target.id);
      const cause = classifyMysqlError(error, met);
      if (cause === 'full') return { kind: 'full', atMs: this.#deps.clock.nowMs(), detail: null };
      return this.#unreadable(attempt, cause, errorCode(error), null);
    } finally {
      await session.close();
    }
  }

  async #read(session: MysqlSession, { target, want, previous, overAdminPort }: Attempt): Promise<Reading> {
    const rowsOf = async (sql: string) => (await session.query([sql]))[0] ?? [];
    const features = this.#features.get(target.id) ?? (await probeFeatures(rowsOf));
    this.#features.set(target.id, features);
    const results = await session.query(want === 'counts' ? countsStatements(features) : holdersStatements(features));
    const isCut = (results[3]?.length ?? 0) >= GROUPS_MAX;
    const totals = isCut ? ((await rowsOf(totalsStatement(features)))[0] ?? null) : null;
    return readResults(results, {
      atMs: this.#deps.clock.nowMs(),
      user: target.user,
      previous,
      refusalsCountAsAborted: isMariaDb(features),
      ownConnections: overAdminPort && isMariaDb(features) ? 0 : 1,
      totals,
    });
  }

  #unreadable(attempt: Attempt, cause: UnreadableCause, code: string | null, why: string | null): Unreadable {
    const sentence = unreadableSentence(cause, { target: attempt.target, port: portOf(attempt), code, why });
    return { kind: 'unreadable', atMs: this.#deps.clock.nowMs(), cause, sentence };
  }
}

function readTls(target: TargetConfig) {
  try {
    return { kind: 'tls', ssl: tlsOptions(target) } as const;
  } catch {
    return { kind: 'unavailable', why: 'the certificate file of its tls setting could not be read' } as const;
  }
}

function portOf({ target, overAdminPort }: Attempt): number {
  return overAdminPort && target.adminPort !== undefined ? target.adminPort : target.port;
}
