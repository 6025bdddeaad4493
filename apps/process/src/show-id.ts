import { invariant } from '#outcome';
import { encodeId, type IdPrefix, idPrefixes } from './public-ids.js';

const prefixes: ReadonlyMap<string, IdPrefix> = new Map(Object.entries(idPrefixes));

/** An object's id as the API shows it; `kind` is a key of the table of prefixes, whose others have no ids. */
export function showId(kind: string, uuid: string): string {
  const prefix = prefixes.get(kind);
  invariant(prefix, `there are no ids of ${kind}`);
  return encodeId(prefix, uuid);
}
