import { Database, keyset, type KeysetPage } from '#database';
import type { Actor } from '#organizations';
import type { SettlementRef } from '#settlements';
import { Injectable } from '@nestjs/common';
import type { Invoice, InvoiceLine, InvoiceState } from './invoice.js';
import { invoiceColumns, invoiceOf, type InvoiceRecord, linesOfInvoices } from './invoice.store.js';
import { visibleToBuyer } from './visible-to-buyer.js';

export interface InvoiceFilter {
  readonly state?: InvoiceState | undefined;
  readonly buyerId?: string | undefined;
}

// $2 and $3 are the parameters of `filterParameters`.
const matches = '($2::text is null or i.state = $2) and ($3::uuid is null or i.buyer_id = $3)';

function filterParameters({ state, buyerId }: InvoiceFilter): unknown[] {
  return [state ?? null, buyerId ?? null];
}

/** Invoices as an actor sees them: a buyer its own, the operator all, an agency none. */
@Injectable()
export class InvoiceQueries {
  constructor(private readonly database: Database) {}

  /** The visible ones among these ids, in no particular order. */
  async byIds(actor: Actor, ids: readonly string[]): Promise<Invoice[]> {
    const rows = await this.database.query<InvoiceRecord>(
      `select ${invoiceColumns} from invoices i where ${visibleToBuyer(actor, 'i')} and i.id = any ($2::uuid[])`,
      [actor.organizationId, ids],
    );
    return rows.map(invoiceOf);
  }

  /** Newest first; one more than the page's limit, in the page's direction. */
  async page(actor: Actor, filter: InvoiceFilter, page: KeysetPage): Promise<Invoice[]> {
    const { condition, orderBy, key } = keyset(page, {
      column: 'i.id',
      newestFirst: true,
      placeholder: '$4',
    });
    const rows = await this.database.query<InvoiceRecord>(
      `select ${invoiceColumns} from invoices i where ${visibleToBuyer(actor, 'i')} and ${matches} and ${condition}
       order by ${orderBy} limit $5`,
      [actor.organizationId, ...filterParameters(filter), key, page.limit + 1],
    );
    return rows.map(invoiceOf);
  }

  /** How many there are, counted no further than `max`. */
  async count(actor: Actor, filter: InvoiceFilter, max: number): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      `select count(*)::int as count from (
         select 1 from invoices i where ${visibleToBuyer(actor, 'i')} and ${matches} limit $4) found`,
      [actor.organizationId, ...filterParameters(filter), max],
    );
    return row?.count ?? 0;
  }

  /** By invoice. Not limited to an actor: give invoices that the actor was shown. */
  async lines(invoiceIds: readonly string[]): Promise<ReadonlyMap<string, readonly InvoiceLine[]>> {
    return await linesOfInvoices(this.database, invoiceIds);
  }

  /** The visible invoice of each of these settlements, by settlement. */
  async ofSettlements(actor: Actor, refs: readonly SettlementRef[]): Promise<ReadonlyMap<string, Invoice>> {
    const rows = await this.database.query<InvoiceRecord & { readonly settlement_id: string }>(
      `select ${invoiceColumns}, l.settlement_id from unnest($2::uuid[], $3::uuid[]) as r (agency_id, id)
       join invoice_settlements l on l.agency_id = r.agency_id and l.settlement_id = r.id
       join invoices i on i.id = l.invoice_id where ${visibleToBuyer(actor, 'i')}`,
      [actor.organizationId, refs.map(({ agencyId }) => agencyId), refs.map(({ id }) => id)],
    );
    return new Map(rows.map((row) => [row.settlement_id, invoiceOf(row)]));
  }

  /**
   * What has come in for each of these settlements, by settlement, in minor units, the buyer's credit included; nothing
   * for those that are not on an invoice. Not limited to an actor, like {@link lines}.
   */
  async collectedOf(refs: readonly SettlementRef[]): Promise<ReadonlyMap<string, bigint>> {
    const rows = await this.database.query<{ id: string; amount: string }>(
      `select l.settlement_id as id, l.credit_minor + coalesce((
         select sum(p.amount_minor) from collection_parts p join collections c on c.id = p.collection_id
         where p.agency_id = l.agency_id and p.settlement_id = l.settlement_id and p.live and c.state = 'SUCCEEDED'), 0)
         as amount
       from unnest($1::uuid[], $2::uuid[]) as r (agency_id, id)
       join invoice_settlements l on l.agency_id = r.agency_id and l.settlement_id = r.id`,
      [refs.map(({ agencyId }) => agencyId), refs.map(({ id }) => id)],
    );
    return new Map(rows.map(({ id, amount }) => [id, BigInt(amount)]));
  }
}
