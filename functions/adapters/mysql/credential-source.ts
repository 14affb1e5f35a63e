import type { SignerConfig } from '@aws-sdk/rds-signer';
import type { TargetConfig } from '../../core/config/config.ts';
import { unreachable } from '../../core/invariant.ts';
import type { Clock } from '../../core/ports.ts';

/** Where the password for a target comes from. */
export interface CredentialSource {
  /** `refused`: the password that the server has just refused, which therefore no cache may answer with. */
  password(target: TargetConfig, refused: string | null): Promise<Password>;
}

/** `why` completes "was not asked, because …" and never quotes a value. */
export type Password =
  | { readonly kind: 'password'; readonly password: string }
  | { readonly kind: 'unavailable'; readonly why: string };

export interface CredentialDeps {
  readonly clock: Clock;
  /** The text of a secret. Given by the handler, since one adapter does not import another. */
  readonly readSecret: (arn: string) => Promise<string>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Default: the credentials of the function's role. */
  readonly awsCredentials?: NonNullable<SignerConfig['credentials']>;
}

/** An IAM token is good for 15 minutes; a new one is signed well before that. */
const TOKEN_AGE_MS_MAX = 10 * 60_000;

/** A secret may be rotated without any login being refused, for as long as the old password still works. */
const SECRET_AGE_MS_MAX = 15 * 60_000;

/** A secret that does not come within this time is not coming before the next tick. */
const SECRET_READ_MS_MAX = 3_000;

interface Kept {
  readonly answer: Extract<Password, { kind: 'password' }>;
  readonly atMs: number;
}

/** IAM tokens signed here, secrets, and environment variables; what can be kept is kept, in memory only. */
export class ConfiguredCredentialSource implements CredentialSource {
  readonly #deps: CredentialDeps;
  readonly #tokens = new Map<string, Kept>();
  readonly #secrets = new Map<string, Kept>();
  /** Secrets on their way: a shard's databases share one, and it is read once and not once for each of them. */
  readonly #reading = new Map<string, Promise<Password>>();

  constructor(deps: CredentialDeps) {
    this.#deps = deps;
  }

  async password(target: TargetConfig, refused: string | null): Promise<Password> {
    const { credential } = target;
    switch (credential.kind) {
      case 'iam':
        return this.#token(target, credential.region, refused);
      case 'secret':
        return this.#secret(credential.arn, refused);
      case 'environment': {
        const password = this.#deps.environment[credential.variable];
        if (password !== undefined) return { kind: 'password', password };
        return { kind: 'unavailable', why: `the environment variable ${credential.variable} is not set` };
      }
      default:
        return unreachable(credential);
    }
  }

  async #token(target: TargetConfig, region: string, refused: string | null): Promise<Password> {
    const { id, host: hostname, port, user: username } = target;
    const nowMs = this.#deps.clock.nowMs();
    const kept = this.#tokens.get(id);
    // A refused token is not tried again, and a second one in the same breath would be refused as well.
    if (refused !== null) this.#tokens.delete(id);
    if (kept !== undefined && nowMs - kept.atMs < TOKEN_AGE_MS_MAX) return kept.answer;
    try {
      const { Signer } = await import('@aws-sdk/rds-signer');
      const credentials = this.#deps.awsCredentials;
      const signer = new Signer({
        hostname,
        port,
        username,
        region,
        ...(credentials === undefined ? {} : { credentials }),
      });
      const answer = { kind: 'password', password: await signer.getAuthToken() } as const;
      this.#tokens.set(id, { answer, atMs: nowMs });
      return answer;
    } catch (error) {
      return { kind: 'unavailable', why: `no IAM token could be signed (${nameOf(error)})` };
    }
  }

  async #secret(arn: string, refused: string | null): Promise<Password> {
    const nowMs = this.#deps.clock.nowMs();
    const kept = this.#secrets.get(arn);
    const usable = kept === undefined || kept.answer.password === refused ? null : kept;
    if (usable !== null && nowMs - usable.atMs < SECRET_AGE_MS_MAX) return usable.answer;
    const reading = this.#reading.get(arn) ?? this.#readSecret(arn).finally(() => this.#reading.delete(arn));
    this.#reading.set(arn, reading);
    const read = await reading;
    // The old password most likely still works: a secret store that is down must not blind the sampler.
    if (read.kind === 'unavailable') return usable?.answer ?? read;
    this.#secrets.set(arn, { answer: read, atMs: nowMs });
    return read;
  }

  async #readSecret(arn: string): Promise<Password> {
    const name = arn.split(':').at(-1) ?? arn;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(() => resolve(null), SECRET_READ_MS_MAX);
    });
    try {
      const text = await Promise.race([this.#deps.readSecret(arn), late]);
      if (text === null) return { kind: 'unavailable', why: `the secret ${name} did not come in time` };
      const password = passwordIn(text);
      if (password === null) return { kind: 'unavailable', why: `the secret ${name} holds no "password"` };
      return { kind: 'password', password };
    } catch (error) {
      return { kind: 'unavailable', why: `the secret ${name} could not be read (${nameOf(error)})` };
    } finally {
      clearTimeout(timer);
    }
  }
}

/** JSON with a "password", or the bare password itself. */
function passwordIn(text: string): string | null {
  if (!text.trimStart().startsWith('{')) return text === '' ? null : text;
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null || !('password' in parsed)) return null;
    return typeof parsed.password === 'string' && parsed.password !== '' ? parsed.password : null;
  } catch {
    // A bare password may begin with a brace as well.
    return text;
  }
}

/** The error's name only: messages can quote identifiers and values. */
function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown error';
}
