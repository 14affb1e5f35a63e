import type { MessageRef } from './delivery.ts';

/** What came of one call of Slack. */
export type BoardAnswer<T> = ({ readonly kind: 'done' } & T) | BoardProblem;
export type BoardProblem = NotNow | BoardRefusal | Unclear;

/** Nothing was written; try again, but not before this instant. */
export interface NotNow {
  readonly kind: 'later';
  readonly notBeforeMs: number;
  readonly why: string;
}

/** No answer: it may or may not have been written. */
export interface Unclear {
  readonly kind: 'unclear';
  readonly why: string;
}

/** Slack said no, nothing was written, and the same call will be refused again. */
export interface BoardRefusal {
  readonly kind: 'refused';
  /** Slack's own word. */
  readonly code: string;
  readonly sentence: string;
  readonly about: RefusedThing;
}

export type RefusedThing =
  /** The message, thread or form is not there any more. */
  | 'gone'
  /** The message stands, and cannot be edited any more. */
  | 'uneditable'
  /** Nothing can be written there; elsewhere it can. */
  | 'place'
  /** What was to be said, as it was drawn. */
  | 'content'
  /** The app itself, until a person mends it: token, scope, workspace. */
  | 'app';

/** By our own clock. */
export interface PostedBetween {
  readonly fromMs: number;
  readonly toMs: number;
}

/** `part`: not found, and so much was written in that time that not all of it was looked through. */
export type FoundMessage =
  | { readonly message: MessageRef }
  | { readonly message: null; readonly searched: 'all' | 'part' };
