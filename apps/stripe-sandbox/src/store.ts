import { createHash } from 'node:crypto';
import { isEffect, platformId, tableNames, type Effect, type TableName, type Tables } from './tables.js';

/** One changed row, as it is written to the journal; without a value it was deleted. */
export interface Change {
  readonly table: TableName;
  readonly id: string;
  readonly value?: unknown;
  readonly owner?: string;
}

interface Undo {
  readonly table: TableName;
  readonly id: string;
  readonly before: unknown;
  readonly owner: string | undefined;
}

type Maps = { readonly [K in TableName]: Map<string, Tables[K]> };

/**
 * All rows, in memory. Rows are never changed in place, so that what an event or an answer has caught stays as
 * it was. A request that is refused leaves nothing behind: `begin`, then `commit` or `rollback`.
 */
export class Store {
  private readonly maps: Maps = Object.fromEntries(
    tableNames.map((name) => [name, new Map()]),
  ) as unknown as Maps;
  private readonly owners = new Map<string, string>();
  private undo: Undo[] = [];
  private readonly touched = new Map<string, { table: TableName; id: string }>();
  /** Counts changes that undo balances: what is derived from rows is recomputed when it moves. */
  epoch = 0;

  constructor(private readonly seed: string) {}

  get<K extends TableName>(table: K, id: string): Tables[K] | undefined {
    return this.maps[table].get(id);
  }

  /** Oldest first. */
  all<K extends TableName>(table: K): readonly Tables[K][] {
    return [...this.maps[table].values()];
  }

  /** As `all`, without a copy. */
  values<K extends TableName>(table: K): IterableIterator<Tables[K]> {
    return this.maps[table].values();
  }

  size(table: TableName): number {
    return this.maps[table].size;
  }

  /** The account that a row belongs to. */
  ownerOf(id: string): string {
    return this.owners.get(id) ?? platformId;
  }

  add<K extends TableName>(table: K, row: Tables[K], owner: string = platformId): Tables[K] {
    this.write(table, row.id, row, owner);
    return row;
  }

  change<K extends TableName>(table: K, id: string, patch: Partial<Tables[K]>): Tables[K] {
    const before = this.maps[table].get(id);
    if (before === undefined) throw new Error(`no ${id} in ${table}`);
    const row = { ...before, ...patch };
    this.write(table, id, row, this.owners.get(id));
    return row;
  }

  remove(table: TableName, id: string): void {
    this.remember(table, id);
    this.maps[table].delete(id);
    this.owners.delete(id);
  }

  /** A number that was never given before. */
  next(counter: string): number {
    const value = Number(this.get('meta', counter)?.value ?? 0) + 1;
    this.write('meta', counter, { id: counter, value }, undefined);
    return value;
  }

  /** An id that looks like one of Stripe's and depends on the seed and on what was made before. */
  newId(prefix: string, length = 24): string {
    const hash = createHash('sha256')
      .update(`${this.seed}:${this.next('ids')}`)
      .digest('base64');
    return `${prefix}_${hash.replaceAll(/[^A-Za-z0-9]/g, 'x').slice(0, length)}`;
  }

  begin(): void {
    this.undo = [];
  }

  /** What was changed since `begin`, each row once. */
  commit(): readonly Effect[] {
    const effects = new Map<string, Effect>();
    for (const { table, id, before } of this.undo) {
      const key = `${table} ${id}`;
      if (!isEffect(table) || effects.has(key)) continue;
      const verb =
        before === undefined ? 'created' : this.maps[table].has(id) ? 'updated' : ('deleted' as const);
      effects.set(key, { verb, table, id });
    }
    this.undo = [];
    return [...effects.values()];
  }

  rollback(): void {
    for (const { table, id, before, owner } of this.undo.toReversed()) {
      // Ids stay used: one that an error has told of must not turn up as something else.
      if (table === 'meta') continue;
      const map = this.maps[table] as Map<string, unknown>;
      if (before === undefined) map.delete(id);
      else map.set(id, before);
      if (owner === undefined) this.owners.delete(id);
      else this.owners.set(id, owner);
    }
    this.undo = [];
    this.epoch += 1;
  }

  /** The rows that were written since this was last asked, as they are now. */
  takeChanges(): readonly Change[] {
    const changes = [...this.touched.values()].map(({ table, id }): Change => {
      const value = this.maps[table].get(id);
      const owner = this.owners.get(id);
      return { table, id, ...(value && { value }), ...(owner !== undefined && { owner }) };
    });
    this.touched.clear();
    return changes;
  }

  /** Forgets all rows of a table but the latest. */
  trim(table: TableName, kept: number): void {
    const ids = [...this.maps[table].keys()];
    for (const id of ids.slice(0, Math.max(0, ids.length - kept))) {
      this.maps[table].delete(id);
      this.owners.delete(id);
    }
  }

  /** Every row, as a journal of one change each. */
  everything(): readonly Change[] {
    return tableNames.flatMap((table) =>
      [...this.maps[table].values()].map(({ id }): Change => {
        const owner = this.owners.get(id);
        return { table, id, value: this.maps[table].get(id), ...(owner !== undefined && { owner }) };
      }),
    );
  }

  /** Takes over rows that were written by an earlier process. */
  load(change: Change): void {
    const map = this.maps[change.table] as Map<string, unknown>;
    if (change.value === undefined) {
      map.delete(change.id);
      this.owners.delete(change.id);
      return;
    }
    map.set(change.id, change.value);
    if (change.owner !== undefined) this.owners.set(change.id, change.owner);
    this.epoch += 1;
  }

  private write(table: TableName, id: string, row: unknown, owner: string | undefined): void {
    this.remember(table, id);
    (this.maps[table] as Map<string, unknown>).set(id, row);
    if (owner !== undefined && owner !== platformId) this.owners.set(id, owner);
  }

  private remember(table: TableName, id: string): void {
    this.undo.push({ table, id, before: this.maps[table].get(id), owner: this.owners.get(id) });
    this.touched.set(`${table} ${id}`, { table, id });
  }
}
