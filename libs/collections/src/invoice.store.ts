import type { Transaction } from '#database';
import type { Reader } from '#ledger';
import { asCurrency } from '#money';
import { invariant } from '#outcome';
import type { SettlementRef } from '#settlements';
import { liveStates, type Part } from './collection.js';
import type { Invoice, InvoiceLine, InvoiceState } from './invoice.js';

export interface InvoiceRecord {
  readonly id: string;
  readonly number: string;
  readonly buyer_id: string;
  readonly currency: string;
  readonly amount_minor: string;
  readonly state: InvoiceState;
  readonly due_at: Date;
  readonly next_try_at: Date | null;
  readonly tries: number;
  readonly failures: number;
  readonly pay_on_page: boolean;
  readonly last_failure_code: string | null;
  readonly issued_at: Date;
  readonly paid_at: Date | null;
}

/** The columns of an invoice, for a select over `invoices` under the alias `i`. */
export const invoiceColumns = `i.id, i.number, i.buyer_id, i.currency, i.amount_minor, i.state, i.due_at, i.next_try_at,
  i.tries, i.failures, i.pay_on_page, i.last_failure_code, i.issued_at, i.paid_at`;

export function invoiceOf(row: InvoiceRecord): Invoice {
  return {
    id: row.id,
    number: row.number,
    buyerId: row.buyer_id,
    currency: asCurrency(row.currency),
    amountMinor: BigInt(row.amount_minor),
    state: row.state,
    dueAt: row.due_at,
    nextTryAt: row.next_try_at,
    tries: row.tries,
    failures: row.failures,
    payOnPage: row.pay_on_page,
    lastFailureCode: row.last_failure_code,
    issuedAt: row.issued_at,
    paidAt: row.paid_at,
  };
}

/** A line of a new invoice. */
export type NewInvoiceLine = Pick<InvoiceLine, 'agencyId' | 'id' | 'dueMinor' | 'creditMinor'>;

export async function insertInvoice(
  tx: Transaction,
  invoice: Omit<Invoice, 'tries' | 'failures' | 'payOnPage' | 'lastFailureCode'>,
  lines: readonly NewInvoiceLine[],
): Promise<void> {
  await tx.query(
    `insert into invoices (id, number, buyer_id, currency, amount_minor, state, due_at, next_try_at, issued_at, paid_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      invoice.id,
      invoice.number,
      invoice.buyerId,
      invoice.currency,
      invoice.amountMinor.toString(),
      invoice.state,
      invoice.dueAt,
      invoice.nextTryAt,
      invoice.issuedAt,
      invoice.paidAt,
    ],
  );
  await tx.query(
    `insert into invoice_settlements (agency_id, settlement_id, invoice_id, due_minor, credit_minor, amount_minor)
     select l.agency_id, l.id, $1, l.due, l.credit, l.due - l.credit
     from unnest($2::uuid[], $3::uuid[], $4::bigint[], $5::bigint[]) as l (agency_id, id, due, credit)`,
    [
      invoice.id,
      lines.map(({ agencyId }) => agencyId),
      lines.map(({ id }) => id),
      lines.map(({ dueMinor }) => dueMinor.toString()),
      lines.map(({ creditMinor }) => creditMinor.toString()),
    ],
  );
}

/** The invoice, held FOR UPDATE; the caller holds its buyer's profile. */
export async function lockInvoice(tx: Transaction, id: string): Promise<Invoice> {
  const [row] = await tx.query<InvoiceRecord>(
    `select ${invoiceColumns} from invoices i where i.id = $1 for update`,
    [id],
  );
  invariant(row, 'an invoice is missing');
  return invoiceOf(row);
}

/** Whose invoice it is; undefined when there is none. */
export async function buyerOfInvoice(reader: Reader, id: string): Promise<string | undefined> {
  const [row] = await reader.query<{ id: string }>('select buyer_id as id from invoices where id = $1', [id]);
  return row?.id;
}

interface LineRecord extends SettlementRef {
  readonly invoiceId: string;
  readonly number: string;
  readonly amount: string;
  readonly due: string;
  readonly credit: string;
  readonly writtenOff: string;
  readonly parts: readonly { readonly from: string; readonly amount: string; readonly paid: boolean }[];
}

/** The lines of invoices in the order of the statements' numbers, with what pays them. */
export async function linesOfInvoices(
  reader: Reader,
  invoiceIds: readonly string[],
): Promise<ReadonlyMap<string, readonly InvoiceLine[]>> {
  const rows = await reader.query<LineRecord>(
    `select l.invoice_id as "invoiceId", l.agency_id as "agencyId", l.settlement_id as id, s.number,
       l.amount_minor as amount, l.due_minor as due, l.credit_minor as credit, l.written_off_minor as "writtenOff",
       coalesce(p.parts, '[]') as parts
     from invoice_settlements l
     join settlements s on s.agency_id = l.agency_id and s.id = l.settlement_id
     left join lateral (
       select json_agg(json_build_object('from', p.from_minor::text, 'amount', p.amount_minor::text,
         'paid', c.state = 'SUCCEEDED') order by p.from_minor) as parts
       from collection_parts p join collections c on c.id = p.collection_id
       where p.agency_id = l.agency_id and p.settlement_id = l.settlement_id and p.live) p on true
     where l.invoice_id = any ($1::uuid[]) order by s.number, l.agency_id, l.settlement_id`,
    [invoiceIds],
  );
  const lines = new Map<string, InvoiceLine[]>(invoiceIds.map((id) => [id, []]));
  for (const row of rows) lines.get(row.invoiceId)?.push(lineOf(row));
  return lines;
}

export async function linesOf(reader: Reader, invoiceId: string): Promise<readonly InvoiceLine[]> {
  return (await linesOfInvoices(reader, [invoiceId])).get(invoiceId) ?? [];
}

function lineOf({ agencyId, id, number, amount, due, credit, writtenOff, parts }: LineRecord): InvoiceLine {
  const those = (paid: boolean): Part[] =>
    parts
      .filter((part) => part.paid === paid)
      .map((part) => ({ agencyId, id, fromMinor: BigInt(part.from), amountMinor: BigInt(part.amount) }));
  return {
    agencyId,
    id,
    number,
    amountMinor: BigInt(amount),
    dueMinor: BigInt(due),
    creditMinor: BigInt(credit),
    writtenOffMinor: BigInt(writtenOff),
    paid: those(true),
    underWay: those(false),
  };
}

/** Columns of an invoice that change on its way; what is not named stays. */
export type InvoiceChange = Partial<
  Pick<Invoice, 'state' | 'nextTryAt' | 'failures' | 'payOnPage' | 'lastFailureCode' | 'paidAt' | 'dueAt'>
> & { readonly tried?: boolean };

export async function changeInvoice(
  tx: Transaction,
  invoice: Invoice,
  change: InvoiceChange,
): Promise<Invoice> {
  const { tried = false, ...columns } = change;
  const changed = { ...invoice, ...columns, tries: invoice.tries + (tried ? 1 : 0) };
  await tx.query(
    `update invoices set state = $2, next_try_at = $3, tries = $4, failures = $5, pay_on_page = $6,
       last_failure_code = $7, paid_at = $8, due_at = $9, version = version + 1
     where id = $1`,
    [
      invoice.id,
      changed.state,
      changed.nextTryAt,
      changed.tries,
      changed.failures,
      changed.payOnPage,
      changed.lastFailureCode,
      changed.paidAt,
      changed.dueAt,
    ],
  );
  return changed;
}

/** Open invoices of a buyer that nothing is under way for, with what is planned for them. */
export async function waitingInvoices(tx: Transaction, buyerId: string): Promise<readonly Invoice[]> {
  const rows = await tx.query<InvoiceRecord>(
    `select ${invoiceColumns} from invoices i
     where i.buyer_id = $1 and i.state = 'OPEN' and not exists (
       select from collections c where c.invoice_id = i.id and c.state = any ($2))
     order by i.id`,
    [buyerId, liveStates],
  );
  return rows.map(invoiceOf);
}

/** What was given up of a settlement, added to what was before. */
export async function addWriteOff(
  tx: Transaction,
  { agencyId, id }: SettlementRef,
  { amountMinor, agencyMinor }: { readonly amountMinor: bigint; readonly agencyMinor: bigint },
): Promise<void> {
  await tx.query(
    `update invoice_settlements set written_off_minor = written_off_minor + $3,
       written_off_agency_minor = written_off_agency_minor + $4
     where agency_id = $1 and settlement_id = $2`,
    [agencyId, id, amountMinor.toString(), agencyMinor.toString()],
  );
}

/** On which invoice a settlement is; undefined: it was not billed, or came to nothing. */
export async function invoiceOfSettlement(
  reader: Reader,
  { agencyId, id }: SettlementRef,
): Promise<{ readonly invoiceId: string; readonly writtenOffAgencyMinor: bigint } | undefined> {
  const [row] = await reader.query<{ id: string; off: string }>(
    `select invoice_id as id, written_off_agency_minor as off from invoice_settlements
     where agency_id = $1 and settlement_id = $2`,
    [agencyId, id],
  );
  return row && { invoiceId: row.id, writtenOffAgencyMinor: BigInt(row.off) };
}
