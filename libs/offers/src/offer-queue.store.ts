import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '#database';
import type { BidAnswered } from './ask-buyers.action.js';

/** A round of bids that this process holds until its lease ends. */
export interface TakenRound {
  readonly agencyId: string;
  readonly leadId: string;
  readonly number: number;
  readonly fence: number;
  readonly contracts: readonly RoundContract[];
}

export interface RoundContract {
  readonly contractId: string;
  readonly buyerId: string;
  readonly priceMinor: bigint;
  /** Names the ask, to the buyer. */
  readonly offerId: string;
}

/** One offering of a lead. */
export interface OfferRef {
  readonly agencyId: string;
  readonly leadId: string;
  readonly number: number;
}

const takeSql = `
with due as (
  select agency_id, lead_id, number from lead_offers
  where state = 'OPEN' and method = 'PING_POST' and (leased_until is null or leased_until < now())
  order by opened_at limit $1 for update skip locked
), taken as (
  update lead_offers o set leased_until = now() + make_interval(secs => $2), fence = o.fence + 1
  from due where (o.agency_id, o.lead_id, o.number) = (due.agency_id, due.lead_id, due.number)
  returning o.agency_id, o.lead_id, o.number, o.fence
)
select t.*, (
  select json_agg(json_build_object('contractId', c.contract_id, 'buyerId', c.buyer_id, 'priceMinor', c.price_minor::text,
    'offerId', c.id) order by c.contract_id)
  from lead_offer_contracts c
  where c.agency_id = t.agency_id and c.lead_id = t.lead_id and c.number = t.number) as contracts
from taken t`;

/** What is offered and waits: rounds of bids to be held, and claims whose time is over. */
@Injectable()
export class OfferQueueStore {
  constructor(private readonly database: Database) {}

  /** Rounds that nobody holds, at most so many, under a lease. A statement of its own: what is taken is free again when that ends. */
  async takeRounds(limit: number, leaseMs: number): Promise<TakenRound[]> {
    const rows = await this.database.prepared<{
      agency_id: string;
      lead_id: string;
      number: number;
      fence: number;
      contracts: readonly (Omit<RoundContract, 'priceMinor'> & { readonly priceMinor: string })[] | null;
    }>('take-rounds', takeSql, [limit, leaseMs / 1000]);
    return rows.map(({ agency_id: agencyId, lead_id: leadId, number, fence, contracts }) => ({
      agencyId,
      leadId,
      number,
      fence,
      contracts: (contracts ?? []).map((each) => ({ ...each, priceMinor: BigInt(each.priceMinor) })),
    }));
  }

  /** Keeps the bids of a round and has its lead routed by them; false when somebody else did it meanwhile. */
  async finishRound(
    tx: Transaction,
    round: Omit<TakenRound, 'contracts'>,
    { bids, now }: { readonly bids: readonly BidAnswered[]; readonly now: Date },
  ): Promise<boolean> {
    await holdLead(tx, round);
    const held = await tx.query(
      `update lead_offers set state = 'HELD', closed_at = $5, leased_until = null
       where agency_id = $1 and lead_id = $2 and number = $3 and state = 'OPEN' and fence = $4 returning 1`,
      [round.agencyId, round.leadId, round.number, round.fence, now],
    );
    if (held.length === 0) return false;
    await insertBids(tx, round, { bids, now });
    await queueLead(tx, round, now);
    return true;
  }

  /** Offers that may be claimed no more. */
  async lapsed(now: Date, limit: number): Promise<OfferRef[]> {
    return await this.database.query<OfferRef>(
      `select agency_id as "agencyId", lead_id as "leadId", number from lead_offers
       where state = 'OPEN' and method = 'FIRST_CLAIM' and closes_at <= $1 order by closes_at limit $2`,
      [now, limit],
    );
  }

  /** Ends an offer whose time is over; true when nobody has claimed it, and its lead goes on. */
  async lapse(tx: Transaction, offer: OfferRef, now: Date): Promise<boolean> {
    await holdLead(tx, offer);
    const [ended] = await tx.query<{ taken: number }>(
      `update lead_offers set state = case when taken = 0 then 'HELD' else 'DONE' end, closed_at = $4
       where agency_id = $1 and lead_id = $2 and number = $3 and state = 'OPEN' and closes_at <= $4 returning taken`,
      [offer.agencyId, offer.leadId, offer.number, now],
    );
    if (!ended) return false;
    await closeContracts(tx, offer);
    if (ended.taken > 0) return false;
    await queueLead(tx, offer, now);
    return true;
  }
}

/** Everybody who changes what is offered of a lead holds the lead first. */
export async function holdLead(
  tx: Transaction,
  { agencyId, leadId }: Pick<OfferRef, 'agencyId' | 'leadId'>,
): Promise<void> {
  await tx.query('select 1 from leads where agency_id = $1 and id = $2 for update', [agencyId, leadId]);
}

export async function closeContracts(tx: Transaction, { agencyId, leadId, number }: OfferRef): Promise<void> {
  await tx.query(
    `update lead_offer_contracts set is_open = false
     where agency_id = $1 and lead_id = $2 and number = $3 and is_open`,
    [agencyId, leadId, number],
  );
}

export async function insertBids(
  tx: Transaction,
  { agencyId, leadId, number }: OfferRef,
  { bids, now }: { readonly bids: readonly BidAnswered[]; readonly now: Date },
): Promise<void> {
  if (bids.length === 0) return;
  await tx.query(
    `insert into bids (agency_id, lead_id, number, contract_id, buyer_id, outcome, amount_minor, currency, expires_at,
       duration_ms, asked_at)
     select $1, $2, $3, b.contract_id, b.buyer_id, b.outcome, b.amount_minor, b.currency, b.expires_at, b.duration_ms, $4
     from json_to_recordset($5::json) as b(contract_id uuid, buyer_id uuid, outcome text, amount_minor bigint,
       currency char(3), expires_at timestamptz, duration_ms integer)`,
    [
      agencyId,
      leadId,
      number,
      now,
      JSON.stringify(
        bids.map((bid) => ({
          contract_id: bid.contractId,
          buyer_id: bid.buyerId,
          outcome: bid.outcome,
          amount_minor: bid.amountMinor?.toString() ?? null,
          currency: bid.currency,
          expires_at: bid.expiresAt?.toISOString() ?? null,
          duration_ms: bid.durationMs,
        })),
      ),
    ],
  );
}

async function queueLead(
  tx: Transaction,
  { agencyId, leadId }: Pick<OfferRef, 'agencyId' | 'leadId'>,
  now: Date,
): Promise<void> {
  await tx.query(
    'insert into leads_to_route (agency_id, lead_id, queued_at) values ($1, $2, $3) on conflict do nothing',
    [agencyId, leadId, now],
  );
}
