/**
 * What the pipeline knows about an error and the formatter does not get: Apollo's `formatError` sees the error alone, without the
 * request. Notes are keyed by the error object, so they live as long as it and no ambient context is needed.
 */
export interface ErrorNote {
  readonly requestId: string;
  /** Path of the literal that a validation error is about. */
  readonly path?: string;
}

const notes = new WeakMap<object, ErrorNote>();

export function noteError(error: unknown, note: ErrorNote): void {
  if (typeof error === 'object' && error !== null) notes.set(error, note);
}

/** The note of the error or of the one that it wraps. */
export function noteOf(error: unknown): ErrorNote | undefined {
  for (let at: unknown = error; typeof at === 'object' && at !== null;) {
    const note = notes.get(at);
    if (note) return note;
    at = 'originalError' in at ? at.originalError : undefined;
  }
  return undefined;
}
