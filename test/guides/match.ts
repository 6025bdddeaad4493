/**
 * Holds an answer against what a guide shows. Everything is as it stands there, but: a text `$NAME` is whatever came, and from then on
 * known by that name; an instant is another instant; `…` is any text.
 */

const instant = /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/;

/** What differs, with its path; undefined when nothing does. Names that are new are put into `known`. */
export function differenceOf(
  shown: unknown,
  came: unknown,
  known: Map<string, string>,
  path = 'answer',
): string | undefined {
  if (Array.isArray(shown)) {
    if (!Array.isArray(came)) return `${path} is no list`;
    if (came.length !== shown.length) return `${path} has ${came.length} items: ${JSON.stringify(came)}`;
    return first(shown.map((each, index) => differenceOf(each, came[index], known, `${path}.${index}`)));
  }
  if (typeof shown === 'object' && shown !== null) {
    if (typeof came !== 'object' || came === null) return `${path} is ${JSON.stringify(came)}`;
    const names = [...new Set([...Object.keys(shown), ...Object.keys(came)])];
    return first(
      names.map((name) => {
        if (!Object.hasOwn(shown, name))
          return `${path}.${name} is not shown: ${JSON.stringify(Reflect.get(came, name))}`;
        if (!Object.hasOwn(came, name)) return `${path}.${name} did not come`;
        return differenceOf(Reflect.get(shown, name), Reflect.get(came, name), known, `${path}.${name}`);
      }),
    );
  }
  return isSame(shown, came, known)
    ? undefined
    : `${path} is ${JSON.stringify(came)}, shown as ${JSON.stringify(shown)}`;
}

function isSame(shown: unknown, came: unknown, known: Map<string, string>): boolean {
  if (typeof shown !== 'string' || typeof came !== 'string') return shown === came;
  const name = /^\$([A-Z_]+)$/.exec(shown)?.[1];
  if (name !== undefined) {
    const before = known.get(name);
    known.set(name, before ?? came);
    return before === undefined || before === came;
  }
  return shown === '…' || (instant.test(shown) && instant.test(came)) || shown === came;
}

function first(differences: readonly (string | undefined)[]): string | undefined {
  return differences.find((each) => each !== undefined);
}
