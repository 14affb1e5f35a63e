import type { FunctionUrlEvent } from '../aws/function-url.ts';

export interface Person {
  readonly id: string;
  readonly name: string;
  /** A guest is restricted; a foreigner belongs to another workspace that shares the channel. */
  readonly kind?: 'member' | 'guest' | 'foreign';
}

export interface Channel {
  readonly id: string;
  readonly name: string;
  readonly archived?: boolean;
  /** Default true. */
  readonly hasBot?: boolean;
  /** Default: everybody. */
  readonly memberIds?: readonly string[];
}

export interface RateLimit {
  readonly callsMax: number;
  readonly windowMs: number;
  /** Counts in each channel instead of over the workspace. */
  readonly perChannel?: boolean;
}

export interface LocalSlackOptions {
  readonly workspaceId: string;
  readonly workspaceName: string;
  readonly channels: readonly Channel[];
  readonly people: readonly Person[];
  readonly userGroups?: readonly { readonly id: string; readonly userIds: readonly string[] }[];
  readonly bot: { readonly name: string; readonly userId: string; readonly botId: string; readonly appId: string };
  readonly botToken: string;
  readonly signingSecret: string;
  /** What the token may do; default: everything that some method asks for. */
  readonly scopes?: readonly string[];
  /** By method, instead of Slack's own; null lifts the limit. */
  readonly rateLimits?: Readonly<Record<string, RateLimit | null>>;
  /** false: a workspace that does not know the chart block yet. */
  readonly charts?: boolean;
  /** For how long the workspace lets messages be edited; default: for ever. */
  readonly editWindowMs?: number;
  readonly nowMs?: () => number;
  /** How long Slack waits for an acknowledgement; default 3 s. */
  readonly ackMsMax?: number;
  /** The interactivity handler. What it throws is what a crash in Lambda is: a 502. */
  readonly interact: (event: FunctionUrlEvent) => Promise<{ readonly statusCode: number; readonly body?: string }>;
}
