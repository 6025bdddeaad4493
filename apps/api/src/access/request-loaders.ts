import DataLoader from 'dataloader';
import type { Actor } from '#organizations';
import { invariant } from '#outcome';
import type { Page } from '../graphql/index.js';

/**
 * Makes a loader that answers one actor. A factory is made once (a field of an injectable class) and is the loader's
 * identity: `readonly byId = loaderOf((actor, ids) => queries.leads(actor, ids), (lead) => lead.id)`.
 */
export type LoaderFactory<K, V> = (actor: Actor) => DataLoader<K, V>;

/** The data loaders of one request, each made when it is first asked for; never shared, since visibility depends on the actor. */
export class RequestLoaders {
  private readonly made = new Map<unknown, unknown>();

  constructor(private readonly actor: Actor | undefined) {}

  of<K, V>(factory: LoaderFactory<K, V>): DataLoader<K, V> {
    const known = this.made.get(factory) as DataLoader<K, V> | undefined;
    if (known) return known;
    invariant(this.actor, 'a public field loads objects');
    const loader = factory(this.actor);
    this.made.set(factory, loader);
    return loader;
  }

  /** Called before each mutation of a document, which must not read what an earlier one has changed since. */
  forget(): void {
    this.made.clear();
  }
}

/** One object per key; null where the query gave none (missing and foreign alike). At most 500 keys go into a query. */
export function loaderOf<K extends string, T>(
  query: (actor: Actor, keys: readonly K[]) => Promise<readonly T[]>,
  keyOf: (value: T) => K,
): LoaderFactory<K, T | null> {
  return (actor) =>
    new DataLoader<K, T | null>(
      async (keys) => {
        const found = new Map((await query(actor, keys)).map((value) => [keyOf(value), value]));
        return keys.map((key) => found.get(key) ?? null);
      },
      { maxBatchSize: 500 },
    );
}

/**
 * A page of a list below each of many objects, with one statement for all of them: give the page with the object. Lists
 * that are asked for with other pages are other statements.
 */
export function pageLoaderOf<Of extends { readonly id: string }, T>(
  query: (actor: Actor, of: readonly Of[], page: Page) => Promise<ReadonlyMap<string, readonly T[]>>,
): LoaderFactory<{ readonly of: Of; readonly page: Page }, readonly T[]> {
  return (actor) =>
    new DataLoader<{ readonly of: Of; readonly page: Page }, readonly T[]>(
      async (asked) => {
        const pages = new Map(asked.map(({ page }) => [JSON.stringify(page), page]));
        const found = new Map<string, ReadonlyMap<string, readonly T[]>>();
        for (const [key, page] of pages) {
          const those = asked.filter((each) => JSON.stringify(each.page) === key);
          found.set(
            key,
            await query(
              actor,
              those.map(({ of }) => of),
              page,
            ),
          );
        }
        return asked.map(({ of, page }) => found.get(JSON.stringify(page))?.get(of.id) ?? []);
      },
      { cache: false, maxBatchSize: 500 },
    );
}

/** Every object of a key, in the order in which the query gave them. */
export function listLoaderOf<K extends string, T>(
  query: (actor: Actor, keys: readonly K[]) => Promise<readonly T[]>,
  keyOf: (value: T) => K,
): LoaderFactory<K, readonly T[]> {
  return (actor) =>
    new DataLoader<K, readonly T[]>(
      async (keys) => {
        const found = new Map<K, T[]>();
        for (const value of await query(actor, keys)) {
          const key = keyOf(value);
          const list = found.get(key);
          if (list) list.push(value);
          else found.set(key, [value]);
        }
        return keys.map((key) => found.get(key) ?? []);
      },
      { maxBatchSize: 500 },
    );
}
