import * as z from 'zod';
import { isSame } from '../loopback.ts';
import { chatMethods } from './methods/chat.ts';
import { ApiRefusal, type Args, type Methods, must } from './methods/method.ts';
import { readMethods } from './methods/read.ts';
import { viewMethods } from './methods/views.ts';
import type { RateLimit } from './options.ts';
import type { Workspace } from './workspace.ts';

const METHODS: Methods = { ...chatMethods, ...readMethods, ...viewMethods };
const METADATA_SCOPE = 'metadata.message:read';
const ALL_SCOPES = [METADATA_SCOPE, ...new Set(Object.values(METHODS).flatMap(([scope]) => scope ?? []))];

/** An answer on its way out: an object goes as JSON. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | object;
}

const faultSchema = z.strictObject({
  method: z.string(),
  /** `none`: what was ordered for the method before is over. */
  kind: z.enum(['ratelimited', '5xx', 'timeout', 'reset', 'refused', 'none']),
  times: z.number().int().min(1).default(1),
  retryAfterSeconds: z.number().int().min(0).default(1),
  /** Of a refusal: what Slack calls it. */
  error: z.string().default('fatal_error'),
  /** true: the call takes effect and only its answer is lost. */
  applied: z.boolean().default(false),
});

/** The Web API of one workspace: who calls, whether they may, how often, then the method itself. */
export class WebApi {
  readonly #workspace: Workspace;
  readonly #calls = new Map<string, number[]>();
  #faults: z.infer<typeof faultSchema>[] = [];

  constructor(workspace: Workspace) {
    this.#workspace = workspace;
  }

  /** Order a trouble for the next calls of a method. */
  orderFault(given: unknown): Reply {
    const fault = faultSchema.parse(given);
    this.#faults = this.#faults.filter(({ method }) => fault.kind !== 'none' || method !== fault.method);
    if (fault.kind !== 'none') this.#faults.push(fault);
    return { status: 200, body: { ok: true } };
  }

  /** `silent` and `reset`: the caller gets no answer, or a broken connection. */
  call(name: string, token: string, args: Args): Reply | 'silent' | 'reset' {
    const fault = this.#faults.find(({ method, times }) => method === name && times > 0);
    if (fault === undefined) return this.#run(name, token, args);
    fault.times -= 1;
    if (fault.applied) this.#run(name, token, args);
    if (fault.kind === 'ratelimited') return rateLimited(fault.retryAfterSeconds);
    if (fault.kind === 'refused') return { status: 200, body: { ok: false, error: fault.error } };
    if (fault.kind === '5xx') return { status: 503, body: 'upstream connect error' };
    return fault.kind === 'reset' ? 'reset' : 'silent';
  }

  #run(name: string, token: string, args: Args): Reply {
    try {
      const [scope, ownLimit, run] = must(Object.hasOwn(METHODS, name) && METHODS[name], 'unknown_method');
      this.#authorise(scope, token, args);
      const given = this.#workspace.options.rateLimits?.[name];
      const waitMs = this.#waitMs(name, given === undefined ? ownLimit : given, args);
      if (waitMs > 0) return rateLimited(Math.ceil(waitMs / 1_000));
      return { status: 200, body: { ok: true, ...run(this.#workspace, args) } };
    } catch (error) {
      if (error instanceof ApiRefusal)
        return { status: 200, body: { ok: false, error: error.message, ...error.details } };
      throw error;
    }
  }

  #authorise(scope: string | null, token: string, args: Args): void {
    const { botToken, scopes = ALL_SCOPES } = this.#workspace.options;
    must(token !== '', 'not_authed');
    must(isSame(token, botToken), 'invalid_auth');
    const wanted = [scope ?? [], args['include_all_metadata'] === 'true' ? METADATA_SCOPE : []].flat();
    const needed = wanted.find((each) => !scopes.includes(each));
    if (needed !== undefined) throw new ApiRefusal('missing_scope', { needed, provided: scopes.join(',') });
  }

  /** Counts this call, unless it has to wait. */
  #waitMs(name: string, limit: RateLimit | null, args: Args): number {
    if (limit === null) return 0;
    const key = limit.perChannel ? `${name} ${this.#workspace.channel(args['channel'])?.id}` : name;
    const nowMs = this.#workspace.nowMs();
    const recent = (this.#calls.get(key) ?? []).filter((atMs) => nowMs - atMs < limit.windowMs);
    const oldest = recent.at(-limit.callsMax);
    const mustWait = oldest !== undefined && recent.length >= limit.callsMax;
    this.#calls.set(key, mustWait ? recent : [...recent, nowMs]);
    return mustWait ? oldest + limit.windowMs - nowMs : 0;
  }
}

function rateLimited(seconds: number): Reply {
  return { status: 429, headers: { 'retry-after': String(seconds) }, body: { ok: false, error: 'ratelimited' } };
}
