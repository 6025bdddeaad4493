/** What is found in the books and at the Stripe sandbox when all is over. */
import type { OperationKind } from '#payments';
import type { Sandbox } from '../support/stripe-sandbox.js';

/** Something that runs SQL. */
export interface Reader {
  query<T extends object>(sql: string, parameters?: readonly unknown[]): Promise<readonly T[]>;
}

type Control = Sandbox['control'];

const tables = {
  BUYER_CREATE: 'customers',
  ACCOUNT_CREATE: 'accounts',
  PAYMENT: 'payment_intents',
  INVOICE: 'invoices',
  TRANSFER: 'transfers',
  TRANSFER_REVERSAL: 'reversals',
  REFUND: 'refunds',
} as const satisfies Partial<Record<OperationKind, string>>;

/** How often an operation took effect, as the sandbox's own log has it. */
export function effectsOf(
  control: Control,
  { id, kind, key }: { id: string; kind: OperationKind; key: string },
): number {
  if (kind === 'PAYMENT_CANCEL' || kind === 'INVOICE_VOID') {
    const table = kind === 'PAYMENT_CANCEL' ? 'payment_intents' : 'invoices';
    return control.effects({ table, verb: 'updated', idempotencyKey: key }).length;
  }
  const made = new Set(control.effects({ table: tables[kind], verb: 'created' }).map((effect) => effect.id));
  const rows = control.rows({ table: tables[kind] }) as readonly {
    id: string;
    metadata: Record<string, string>;
  }[];
  return rows.filter(({ id: rowId, metadata }) => made.has(rowId) && metadata['leadger_operation'] === id)
    .length;
}

/**
 * Movements of the operator's balance whose journals do not add up to them, and journals of no movement; drawn from the
 * sandbox's account statement and the postings, and from nothing between.
 */
export async function unequalMovements(reader: Reader, url: string): Promise<readonly string[]> {
  const moved = new Map<string, bigint>();
  for (const { id, net } of await movementsAt(url)) moved.set(id, BigInt(net));
  const rows = await reader.query<{ id: string; net: string }>(
    `select substr(j.source, 8) as id, sum(case when a.id = p.debit_account_id then p.amount_minor
       else -p.amount_minor end)::text as net
     from journals j join postings p on p.book_id = j.book_id and p.journal_id = j.id
     join accounts a on a.book_id = p.book_id and a.kind = 'stripe' and a.id in (p.debit_account_id, p.credit_account_id)
     where j.source like 'stripe:%' group by 1`,
  );
  const booked = new Map(rows.map(({ id, net }) => [id, BigInt(net)]));
  return [...new Set([...moved.keys(), ...booked.keys()])].flatMap((id) =>
    moved.get(id) === booked.get(id) ? [] : [`${id}: moved ${moved.get(id)}, booked ${booked.get(id)}`],
  );
}

/** Σ of the ledger's accounts at the provider, over all books; minor units by currency. */
export async function ledgerBalances(reader: Reader): Promise<Readonly<Record<string, bigint>>> {
  const rows = await reader.query<{ currency: string; net: string }>(
    `select lower(p.currency) as currency, sum(case when a.id = p.debit_account_id then p.amount_minor
       else -p.amount_minor end)::text as net
     from postings p join accounts a on a.book_id = p.book_id and a.kind = 'stripe'
       and a.id in (p.debit_account_id, p.credit_account_id) group by 1`,
  );
  return Object.fromEntries(rows.map(({ currency, net }) => [currency, BigInt(net)]));
}

/** The operator's balance at the sandbox, available or not. */
export function providerBalances(control: Control): Readonly<Record<string, bigint>> {
  return Object.fromEntries(
    Object.entries(control.balances()).map(([currency, { available, pending }]) => [
      currency,
      BigInt(available + pending),
    ]),
  );
}

interface MovementAtProvider {
  readonly id: string;
  readonly net: number;
}

async function movementsAt(url: string): Promise<readonly MovementAtProvider[]> {
  const found: MovementAtProvider[] = [];
  for (let hasMore = true; hasMore;) {
    const last = found.at(-1);
    const after = last ? `&starting_after=${last.id}` : '';
    const response = await fetch(`${url}/v1/balance_transactions?limit=100${after}`, {
      headers: { authorization: 'Bearer sk_test_somebody' },
    });
    const page = (await response.json()) as { data: MovementAtProvider[]; has_more: boolean };
    found.push(...page.data);
    hasMore = page.has_more;
  }
  return found;
}
