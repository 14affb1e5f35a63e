import { InvariantError } from '../invariant.ts';

/**
 * `unclear`: a write got no answer, it may or may not have happened; read again before deciding anything.
 * `unavailable`: a read got no answer, or the service was too busy: nothing was written.
 * `refused`: the service said no and will again: rights, table.
 * `unfitItem`: the table takes no such item: a number, a text or a size beyond its limits.
 * `unreadableItem`: what is stored is not what this version can read, or not what its key says.
 */
export type StoreErrorCode = 'unclear' | 'unavailable' | 'refused' | 'unfitItem' | 'unreadableItem';

/** The store is broken or out of reach. Conflicts are answers, not errors. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: StoreErrorCode;
  readonly retryable: boolean;

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.retryable = code === 'unclear' || code === 'unavailable';
  }
}

export function isUnreadableItem(error: unknown): error is StoreError {
  return error instanceof StoreError && error.code === 'unreadableItem';
}

/** Something is wrong with what one item holds, and not with the way to the items: the others can go on without it. */
export function isOfItem(error: unknown): error is Error {
  if (error instanceof StoreError) return error.code === 'unreadableItem' || error.code === 'unfitItem';
  return error instanceof TypeError || error instanceof RangeError || error instanceof InvariantError;
}
