/** Thrown when our own code is wrong, never for bad input or a broken outside world. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/** States what must hold here; a false condition is a bug in Runbell. */
export function invariant(condition: boolean, what: string): asserts condition {
  if (!condition) throw new InvariantError(what);
}

/** Ends a switch over a union: the compiler refuses it while a case is missing. */
export function unreachable(value: never): never {
  throw new InvariantError(`unexpected case ${JSON.stringify(value)}`);
}

/** Builds on the first call and keeps the result for as long as the program runs. */
export function once<T>(build: () => T): () => T {
  let built: { readonly value: T } | null = null;
  return () => {
    built ??= { value: build() };
    return built.value;
  };
}

/** null: it is no JSON, and what reads it refuses null as it refuses anything else that it does not know. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
