import { Database, keyset, type KeysetPage } from '#database';
import { asCurrency, type CurrencyCode } from '#money';
import type { Actor } from '#organizations';
import { Injectable } from '@nestjs/common';
import type { PaymentAccount } from './payment-account.js';
import { accountColumns, accountOf, type AccountRow } from './payment-account.store.js';
import type { Payout, PayoutState } from './payout.js';
import { payoutColumns, payoutOf, type PayoutRow } from './payout.store.js';
import { visibleToAgency } from './visible-to-agency.js';

export interface PayoutFilter {
  readonly state?: PayoutState | undefined;
  readonly agencyId?: string | undefined;
}

/** What went on from an agency's account at the provider to its bank: another thing than the transfer. */
export interface BankPayout {
  readonly id: string;
  readonly state: 'PENDING' | 'IN_TRANSIT' | 'PAID' | 'FAILED' | 'CANCELED';
  readonly amountMinor: bigint;
  readonly currency: CurrencyCode;
  readonly arrivesAt: Date;
  readonly failureCode: string | null;
}

// $2 and $3 are the parameters of `filterParameters`.
const matches = '($2::text is null or p.state = $2) and ($3::uuid is null or p.agency_id = $3)';

function filterParameters({ state, agencyId }: PayoutFilter): unknown[] {
  return [state ?? null, agencyId ?? null];
}

/** Payouts and accounts as an actor sees them: an agency its own, the operator all, a buyer none. */
@Injectable()
export class PayoutQueries {
  constructor(private readonly database: Database) {}

  /** The visible ones among these ids, in no particular order. */
  async byIds(actor: Actor, ids: readonly string[]): Promise<readonly Payout[]> {
    const rows = await this.database.query<PayoutRow>(
      `select ${payoutColumns} from payouts p where ${visibleToAgency(actor, 'p')} and p.id = any ($2::uuid[])`,
      [actor.organizationId, ids],
    );
    return rows.map(payoutOf);
  }

  /** Newest first; one more than the page's limit, in the page's direction. */
  async page(actor: Actor, filter: PayoutFilter, page: KeysetPage): Promise<readonly Payout[]> {
    const list = { column: 'p.id', newestFirst: true, placeholder: '$4' } as const;
    const { condition, orderBy, key } = keyset(page, list);
    const rows = await this.database.query<PayoutRow>(
      `select ${payoutColumns} from payouts p
       where ${visibleToAgency(actor, 'p')} and ${matches} and ${condition} order by ${orderBy} limit $5`,
      [actor.organizationId, ...filterParameters(filter), key, page.limit + 1],
    );
    return rows.map(payoutOf);
  }

  /** How many there are, counted no further than `max`. */
  async count(actor: Actor, filter: PayoutFilter, max: number): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      `select count(*)::int as count from (
         select 1 from payouts p where ${visibleToAgency(actor, 'p')} and ${matches} limit $4) found`,
      [actor.organizationId, ...filterParameters(filter), max],
    );
    return row?.count ?? 0;
  }

  /** The payouts that carry these settlements, the oldest first, each with the settlement. */
  async ofSettlements(
    actor: Actor,
    settlementIds: readonly string[],
  ): Promise<readonly { readonly settlementId: string; readonly payout: Payout }[]> {
    const rows = await this.database.query<PayoutRow & { readonly settlement_id: string }>(
      `select ${payoutColumns}, x.settlement_id from payout_settlements x
       join payouts p on p.agency_id = x.agency_id and p.id = x.payout_id
       where ${visibleToAgency(actor, 'x')} and x.settlement_id = any ($2::uuid[]) order by p.id`,
      [actor.organizationId, settlementIds],
    );
    return rows.map((row) => ({ settlementId: row.settlement_id, payout: payoutOf(row) }));
  }

  /**
   * A page of the settlements of each of these payouts, by id; one more than the page's limit, in its direction. Not
   * limited to an actor: give payouts that the actor was shown.
   */
  async settlementIds(
    payouts: readonly Pick<Payout, 'agencyId' | 'id'>[],
    page: KeysetPage,
  ): Promise<ReadonlyMap<string, readonly string[]>> {
    const list = { column: 'settlement_id', newestFirst: false, placeholder: '$3' } as const;
    const { condition, orderBy, key } = keyset(page, list);
    const rows = await this.database.query<{ payout: string; ids: readonly string[] }>(
      `select w.id as payout, array(
         select settlement_id from payout_settlements
         where agency_id = w.agency_id and payout_id = w.id and ${condition} order by ${orderBy} limit $4) as ids
       from unnest($1::uuid[], $2::uuid[]) as w (agency_id, id)`,
      [payouts.map(({ agencyId }) => agencyId), payouts.map(({ id }) => id), key, page.limit + 1],
    );
    return new Map(rows.map(({ payout, ids }) => [payout, ids]));
  }

  async countSettlements({ agencyId, id }: Pick<Payout, 'agencyId' | 'id'>, max: number): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      `select count(*)::int as count from (
         select 1 from payout_settlements where agency_id = $1 and payout_id = $2 limit $3) found`,
      [agencyId, id, max],
    );
    return row?.count ?? 0;
  }

  /** Bank payouts by id. Not limited to an actor: give ids of payouts that the actor was shown. */
  async bankPayouts(ids: readonly string[]): Promise<readonly BankPayout[]> {
    const rows = await this.database.query<{
      id: string;
      state: BankPayout['state'];
      amount: string;
      currency: string;
      arrivesAt: Date;
      failureCode: string | null;
    }>(
      `select id, state, amount_minor as amount, currency, arrives_at as "arrivesAt", failure_code as "failureCode"
       from bank_payouts where id = any ($1::uuid[])`,
      [ids],
    );
    return rows.map(({ amount, currency, ...row }) => ({
      ...row,
      amountMinor: BigInt(amount),
      currency: asCurrency(currency),
    }));
  }

  /** Whether the actor may be told of this agency's money: its own, or any agency for the operator. */
  async seesAgency(actor: Actor, agencyId: string): Promise<boolean> {
    if (actor.kind === 'BUYER' || (actor.kind === 'AGENCY' && actor.organizationId !== agencyId))
      return false;
    const rows = await this.database.query(`select 1 from organizations where id = $1 and kind = 'AGENCY'`, [
      agencyId,
    ]);
    return rows.length > 0;
  }

  /** The account of an agency that the actor sees; null when it has none. */
  async account(agencyId: string): Promise<PaymentAccount | null> {
    const [row] = await this.database.query<AccountRow>(
      `select ${accountColumns} from payment_accounts a where a.agency_id = $1`,
      [agencyId],
    );
    return row ? accountOf(row) : null;
  }
}
