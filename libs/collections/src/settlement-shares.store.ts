import { correctedJoin } from '#charges';
import type { Transaction } from '#database';
import type { CurrencyCode } from '#money';
import { type SettlementRef, type SettlementState, unapprovedStates } from '#settlements';

/** What an approved statement is made of, in minor units. */
export interface StatementShares extends SettlementRef {
  readonly rootId: string;
  readonly number: string;
  readonly state: SettlementState;
  readonly agencyMinor: bigint;
  readonly feeMinor: bigint;
  /** The part of the agency's that corrects earlier statements: it was taken from those. */
  readonly correctedAgencyMinor: bigint;
}

interface SharesRecord extends Omit<StatementShares, 'agencyMinor' | 'feeMinor' | 'correctedAgencyMinor'> {
  readonly agency: string;
  readonly fee: string;
  readonly corrected: string;
}

/** Of closed statements, by id; what still gathers is left out, for it comes to nothing yet. */
export async function sharesOf(
  tx: Transaction,
  refs: readonly SettlementRef[],
): Promise<ReadonlyMap<string, StatementShares>> {
  const rows = await tx.query<SharesRecord>(
    `select agency_id as "agencyId", id, root_id as "rootId", number, state, agency_minor as agency, fee_minor as fee,
       corrected_agency_minor as corrected
     from settlements
     where (agency_id, id) in (select * from unnest($1::uuid[], $2::uuid[])) and agency_minor is not null`,
    [refs.map(({ agencyId }) => agencyId), refs.map(({ id }) => id)],
  );
  return new Map(
    rows.map(({ agency, fee, corrected, ...row }) => [
      row.id,
      { ...row, agencyMinor: BigInt(agency), feeMinor: BigInt(fee), correctedAgencyMinor: BigInt(corrected) },
    ]),
  );
}

export async function statementExists(tx: Transaction, { agencyId, id }: SettlementRef): Promise<boolean> {
  const rows = await tx.query('select 1 from settlements where agency_id = $1 and id = $2', [agencyId, id]);
  return rows.length === 1;
}

/**
 * The credit of a buyer in the agencies' books that nothing has a claim on: what statements that came to less than
 * nothing have left, less what was used and given back. What corrections credit belongs to the statement that lists
 * them until that is approved, so it is not in here; which is also why this is not read off the account.
 */
export async function freeCredits(
  tx: Transaction,
  { buyerId, currency }: { readonly buyerId: string; readonly currency: CurrencyCode },
): Promise<ReadonlyMap<string, bigint>> {
  const rows = await tx.query<{ agency_id: string; free: string }>(
    `select agency_id, sum(amount) as free from (
       select s.agency_id, -(s.agency_minor + s.fee_minor) as amount from settlements s
       where s.buyer_id = $1 and s.currency = $2 and s.state <> all ($3) and s.agency_minor + s.fee_minor < 0
       union all
       select l.agency_id, -l.credit_minor from invoices i join invoice_settlements l on l.invoice_id = i.id
       where i.buyer_id = $1 and i.currency = $2 and l.credit_minor > 0
       union all
       select r.book_id, -r.amount_minor from refunds r
       where r.buyer_id = $1 and r.currency = $2 and r.state <> 'FAILED') parts
     group by agency_id`,
    [buyerId, currency, unapprovedStates],
  );
  return new Map(rows.map(({ agency_id: id, free }) => [id, BigInt(free)]));
}

/** The agency's money that lines after the approval have taken back of a statement, in minor units above zero. */
export async function correctedAgencyMinor(
  tx: Transaction,
  { agencyId, rootId }: Pick<StatementShares, 'agencyId' | 'rootId'>,
): Promise<bigint> {
  const [row] = await tx.query<{ sum: string }>(
    `select coalesce(-sum(c.amount_minor), 0) as sum from (
       select distinct source_id, part, payee from charges
       where agency_id = $1 and settlement_id = $2 and payee = 'AGENCY') own
     join charges c on c.agency_id = $1 and c.source_id = own.source_id and c.part = own.part and c.payee = own.payee
     ${correctedJoin('c')}
     where c.after_approval and corrected.root_id = $2`,
    [agencyId, rootId],
  );
  return BigInt(row?.sum ?? 0);
}

/** What a buyer's statements that wait to be billed are, in the order of their numbers. */
export async function approvedToBill(
  tx: Transaction,
  {
    buyerId,
    currency,
    limit,
  }: { readonly buyerId: string; readonly currency: CurrencyCode; readonly limit: number },
): Promise<readonly SettlementRef[]> {
  return await tx.query<SettlementRef>(
    `select agency_id as "agencyId", id from settlements
     where buyer_id = $1 and currency = $2 and state = 'APPROVED' order by number, agency_id, id limit $3`,
    [buyerId, currency, limit],
  );
}
