import { decodeId, type IdPrefix } from '../../../process/src/public-ids.js';

export * from '../../../process/src/public-ids.js';

/**
 * The UUID behind an id that may be left out, which is null then; undefined for what is no id of that kind. An empty one
 * was given, and is of nobody: taken as left out it would widen a filter to everything.
 */
export function decodeOptionalId(
  prefix: IdPrefix,
  text: string | null | undefined,
): string | null | undefined {
  return text === null || text === undefined ? null : decodeId(prefix, text);
}
