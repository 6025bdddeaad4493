/** The key in the metadata by which an object is found without its idempotency key. */
export const operationKey = 'leadger_operation';
/** Which line of an invoice an item is, so that none is added twice. */
export const lineKey = 'leadger_line';

/** The id of what may have been expanded. */
export function idOf(reference: string | { readonly id: string } | null | undefined): string | null {
  if (reference === null || reference === undefined) return null;
  return typeof reference === 'string' ? reference : reference.id;
}

/** What a reference stands for, when it was expanded. */
export function rowOf<T extends { readonly id: string }>(reference: string | T | null | undefined): T | null {
  return typeof reference === 'object' ? reference : null;
}

/** Our operation that made it; null for what was made otherwise. */
export function operationOf(row: {
  readonly metadata?: Readonly<Record<string, string>> | null;
}): string | null {
  return row.metadata?.[operationKey] ?? null;
}
