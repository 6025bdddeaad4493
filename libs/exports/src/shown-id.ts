/**
 * How an object's id is shown outside: as the API shows it. `kind` is the word of a journal's source or actor (`charge`,
 * `settlement`, `user`) or of this library's rows. Libraries know UUIDs only, so the application says how.
 */
export type ShowId = (kind: string, uuid: string) => string;

/** Shows ids by a table of prefixes; an id of a kind that has none is shown as it is. */
export function idsShownBy<P extends string>(
  prefixes: Readonly<Record<string, P>>,
  encode: (prefix: P, uuid: string) => string,
): ShowId {
  const known = new Map(Object.entries(prefixes));
  // `key:` is how an actor's id begins; the table has it by what it is.
  const aliases = new Map([['key', 'apiKey']]);
  return (kind, uuid) => {
    const prefix = known.get(aliases.get(kind) ?? kind);
    return prefix !== undefined && uuidPattern.test(uuid) ? encode(prefix, uuid) : uuid;
  };
}

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** What a journal came from, `charge:{uuid}`, with the id as it is shown. */
export function shownSource(source: string, showId: ShowId): string {
  const separator = source.indexOf(':');
  if (separator < 0) return source;
  const kind = source.slice(0, separator);
  return `${kind}:${showId(kind, source.slice(separator + 1))}`;
}

/** Who acted, as the API names people and keys; system work as it is (`system:settlement-run`). */
export function shownActor(actorId: string, showId: ShowId): string {
  const [kind, uuid] = actorId.split(':');
  return (kind === 'user' || kind === 'key') && uuid !== undefined ? showId(kind, uuid) : actorId;
}
