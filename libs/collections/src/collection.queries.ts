import { Database, keyset, type KeysetPage } from '#database';
import type { Actor } from '#organizations';
import { Injectable } from '@nestjs/common';
import type { Collection, CollectionPart, CollectionState } from './collection.js';
import { collectionColumns, collectionOf, type CollectionRecord, partsOf } from './collection.store.js';
import { visibleToBuyer } from './visible-to-buyer.js';

export interface CollectionFilter {
  readonly invoiceId?: string | undefined;
  readonly buyerId?: string | undefined;
  readonly state?: CollectionState | undefined;
  /** Only what filled up balances. */
  readonly topUps?: boolean | undefined;
}

// $2 to $5 are the parameters of `filterParameters`.
const matches = `($2::uuid is null or c.invoice_id = $2) and ($3::uuid is null or c.buyer_id = $3)
  and ($4::text is null or c.state = $4) and (not $5 or c.invoice_id is null)`;

function filterParameters({ invoiceId, buyerId, state, topUps = false }: CollectionFilter): unknown[] {
  return [invoiceId ?? null, buyerId ?? null, state ?? null, topUps];
}

/** Collections as an actor sees them: a buyer its own, the operator all, an agency none. */
@Injectable()
export class CollectionQueries {
  constructor(private readonly database: Database) {}

  /** The visible ones among these ids, in no particular order. */
  async byIds(actor: Actor, ids: readonly string[]): Promise<Collection[]> {
    const rows = await this.database.query<CollectionRecord>(
      `select ${collectionColumns} from collections c where ${visibleToBuyer(actor, 'c')} and c.id = any ($2::uuid[])`,
      [actor.organizationId, ids],
    );
    return rows.map(collectionOf);
  }

  /** Newest first; one more than the page's limit, in the page's direction. */
  async page(actor: Actor, filter: CollectionFilter, page: KeysetPage): Promise<Collection[]> {
    const { condition, orderBy, key } = keyset(page, {
      column: 'c.id',
      newestFirst: true,
      placeholder: '$6',
    });
    const rows = await this.database.query<CollectionRecord>(
      `select ${collectionColumns} from collections c where ${visibleToBuyer(actor, 'c')} and ${matches} and ${condition}
       order by ${orderBy} limit $7`,
      [actor.organizationId, ...filterParameters(filter), key, page.limit + 1],
    );
    return rows.map(collectionOf);
  }

  /** A page of the visible ones of each of these invoices, like {@link page}. */
  async pagesOfInvoices(
    actor: Actor,
    invoiceIds: readonly string[],
    page: KeysetPage,
  ): Promise<ReadonlyMap<string, readonly Collection[]>> {
    const list = { column: 'c.id', newestFirst: true, placeholder: '$3' } as const;
    const { condition, orderBy, key } = keyset(page, list);
    const rows = await this.database.query<CollectionRecord & { readonly of_invoice: string }>(
      `select w.id as of_invoice, c.* from unnest($2::uuid[]) as w (id)
       cross join lateral (
         select ${collectionColumns}, row_number() over (order by ${orderBy}) as place from collections c
         where ${visibleToBuyer(actor, 'c')} and c.invoice_id = w.id and ${condition}
         order by ${orderBy} limit $4) c
       order by c.place`,
      [actor.organizationId, invoiceIds, key, page.limit + 1],
    );
    return new Map(
      invoiceIds.map((id) => [id, rows.filter((row) => row.of_invoice === id).map(collectionOf)]),
    );
  }

  /** How many there are, counted no further than `max`. */
  async count(actor: Actor, filter: CollectionFilter, max: number): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      `select count(*)::int as count from (
         select 1 from collections c where ${visibleToBuyer(actor, 'c')} and ${matches} limit $6) found`,
      [actor.organizationId, ...filterParameters(filter), max],
    );
    return row?.count ?? 0;
  }

  /** Which cents of which settlements these are about. Not limited to an actor: give collections that the actor was shown. */
  async parts(collectionIds: readonly string[]): Promise<readonly CollectionPart[]> {
    return await partsOf(this.database, collectionIds);
  }

  /** Where an invoice can be paid at present, by invoice. Not limited to an actor, like {@link parts}. */
  async payUrls(invoiceIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const rows = await this.database.query<{ id: string; url: string }>(
      `select invoice_id as id, hosted_url as url from collections
       where invoice_id = any ($1::uuid[]) and state = 'NEEDS_ACTION' and hosted_url is not null`,
      [invoiceIds],
    );
    return new Map(rows.map(({ id, url }) => [id, url]));
  }
}
