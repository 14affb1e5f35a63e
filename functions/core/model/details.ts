import type { Notice, Risk } from './notice.ts';
import type { RunRequest, UndoRequest } from './request.ts';
import type { DocumentRef } from './run.ts';

/** What fills an open form: the whole incident, a run before anybody starts it, or why there is nothing to show. */
export type Details =
  | { readonly kind: 'incident'; readonly notice: Notice; readonly timeline: readonly string[] }
  | RunDetails
  | { readonly kind: 'refused'; readonly sentence: string };

/** Everything a person should know before the click. Submitting the form sends exactly `request`, with the choices. */
export interface RunDetails {
  readonly kind: 'run';
  readonly request: RunRequest | UndoRequest;
  readonly title: string;
  readonly says: string;
  readonly risk: Risk;
  readonly document: DocumentRef;
  /** What the form has been told so far: present trouble in one sentence. */
  readonly summary: string;
  readonly hosts: readonly string[];
  readonly processes: readonly string[];
  /** As the script gets them, except what the person still chooses. */
  readonly parameters: readonly { readonly name: string; readonly value: string; readonly says: string }[];
  readonly choices: readonly Choice[];
  /** What counts as success, how long it may take, and what takes it back. */
  readonly impact: readonly string[];
  readonly hazards: readonly string[];
  /** What it would change on the first host, once that has been looked at; null: nothing can say so. */
  readonly preview?: Preview | null;
  /** How often it helped here, and how often trouble here ends without a run, with the counts. Missing in old items. */
  readonly record?: readonly string[];
  /** The last five of this runbook on this application, newest first, in sentences. */
  readonly lastOutcomes: readonly string[];
  readonly needsApproval: boolean;
  /** Who has to agree besides, or when. Missing: nobody has to. */
  readonly second?: string;
  /** The one who asks may start it without them. */
  readonly mayBreakGlass?: boolean;
  /** It is only tried out, because of the configuration. */
  readonly isObserved?: boolean;
  readonly canDryRun: boolean;
}

export type Preview =
  | { readonly kind: 'reading'; readonly hostId: string }
  /** Names and counts, never values. */
  | { readonly kind: 'read'; readonly hostId: string; readonly lines: readonly string[] }
  | { readonly kind: 'failed'; readonly hostId: string; readonly why: string };

/** A parameter that the manifest leaves to the person. The value goes into `request.choices` by its name. */
export interface Choice {
  readonly name: string;
  readonly says: string;
  /** Anchored; the surface may check it, `decide` does in any case. */
  readonly pattern: string;
  readonly preset: string;
}
