import type { Transaction } from '#database';
import { newId } from '#database';
import { emit } from '#events';
import { asCurrency, money } from '#money';
import type { RoutedAtDesk } from './decision.store.js';
import { type BidMade, bidsOf, type LeadOffered, offerOf, type PastOffers } from './offer.js';

interface LeadRef {
  readonly agencyId: string;
  readonly leadId: string;
}

// A lead that is offered anew is offered no more as before.
const closeSql = `
with decided as (
  select * from json_to_recordset($1::json) as d(agency_id uuid, lead_id uuid, offers_again boolean)
), held as (
  select o.agency_id, o.lead_id, o.number from lead_offers o join decided d using (agency_id, lead_id)
  where o.state = 'OPEN' or o.state = 'HELD' and not d.offers_again
  order by o.agency_id, o.lead_id, o.number for update of o
), closed as (
  update lead_offers o set state = 'DONE', closed_at = coalesce(o.closed_at, $2), leased_until = null
  from held h where (o.agency_id, o.lead_id, o.number) = (h.agency_id, h.lead_id, h.number)
)
update lead_offer_contracts c set is_open = false from held h
where (c.agency_id, c.lead_id, c.number) = (h.agency_id, h.lead_id, h.number) and c.is_open`;

const openSql = `
with offer as (
  insert into lead_offers (agency_id, lead_id, number, method, route_id, route_version, state, most, opened_at, closes_at)
  select o.agency_id, o.lead_id, 1 + coalesce((
      select max(number) from lead_offers e where e.agency_id = o.agency_id and e.lead_id = o.lead_id), 0),
    o.method, o.route_id, o.route_version, 'OPEN', o.most, $2,
    $2::timestamptz + make_interval(secs => o.claim_seconds)
  from json_to_recordset($1::json) as o(agency_id uuid, lead_id uuid, method text, route_id uuid, route_version integer,
    most smallint, claim_seconds integer)
  returning agency_id, lead_id, number, method
)
insert into lead_offer_contracts (agency_id, lead_id, number, contract_id, buyer_id, id, price_minor, currency, is_open)
select o.agency_id, o.lead_id, o.number, c.contract_id, c.buyer_id, c.id, c.price_minor, c.currency,
  o.method = 'FIRST_CLAIM'
from offer o join json_to_recordset($3::json) as c(agency_id uuid, lead_id uuid, contract_id uuid, buyer_id uuid, id uuid,
  price_minor bigint, currency char(3)) using (agency_id, lead_id)`;

/**
 * Keeps what decisions offer, in their transaction: rounds of bids and times to claim begin, buyers who may claim are told, and what the
 * decisions rested on is done with. `isNew`: none of the leads was offered before, so that nothing need be looked for.
 */
export async function keepOffers(
  tx: Transaction,
  routed: readonly RoutedAtDesk[],
  { isNew, now }: { readonly isNew: boolean; readonly now: Date },
): Promise<void> {
  if (routed.length === 0) return;
  const offers = routed.flatMap(({ desk, batch }) =>
    batch.decisions.flatMap((decision) => offerOf(desk.compiled, decision) ?? []),
  );
  // All of them go out before this waits for the first: the commit may be right behind them.
  const sent: Promise<unknown>[] = [];
  if (!isNew) {
    const decided = routed.flatMap(({ batch }) => batch.decisions);
    const rows = decided.map(({ agencyId, leadId, result }) => ({
      agency_id: agencyId,
      lead_id: leadId,
      offers_again: result === 'OFFERED',
    }));
    sent.push(tx.query(closeSql, [JSON.stringify(rows), now]));
  }
  if (offers.length > 0) sent.push(open(tx, offers, now));
  await Promise.all(sent);
}

async function open(tx: Transaction, offers: readonly LeadOffered[], now: Date): Promise<void> {
  const contracts = offers.flatMap((offer) =>
    offer.contracts.map((contract) => ({ ...contract, offer, id: newId() })),
  );
  const opened = tx.query(openSql, [
    JSON.stringify(offers.map(offerRow)),
    now,
    JSON.stringify(
      contracts.map(({ offer, id, contractId, buyerId, priceMinor, currency }) => ({
        agency_id: offer.agencyId,
        lead_id: offer.leadId,
        contract_id: contractId,
        buyer_id: buyerId,
        id,
        price_minor: priceMinor.toString(),
        currency,
      })),
    ),
  ]);
  const told = emit(
    tx,
    ...contracts.flatMap(({ offer, id, contractId, buyerId, priceMinor, currency }) => {
      const { agencyId, leadId, test, claimSeconds } = offer;
      if (claimSeconds === null) return [];
      const expiresAt = new Date(now.getTime() + claimSeconds * 1000);
      const price = money(priceMinor, asCurrency(currency));
      const payload = { offerId: id, leadId, agencyId, buyerId, contractId, price, expiresAt };
      return [{ type: 'lead.offered', occurredAt: now, test, payload } as const];
    }),
  );
  await Promise.all([opened, told]);
}

function offerRow({
  agencyId,
  leadId,
  method,
  routeId,
  routeVersion,
  most,
  claimSeconds,
}: LeadOffered): object {
  return {
    agency_id: agencyId,
    lead_id: leadId,
    method,
    route_id: routeId,
    route_version: routeVersion,
    most,
    claim_seconds: claimSeconds,
  };
}

interface PastRow {
  readonly lead_id: string;
  readonly state: 'OPEN' | 'HELD' | 'DONE';
  readonly method: string;
  readonly route_id: string;
  readonly bids: readonly (Omit<BidMade, 'amountMinor' | 'expiresAt'> & {
    readonly amountMinor: string | null;
    readonly expiresAt: string | null;
  })[];
}

/**
 * What earlier offers of a lead mean for routing it at `now`: those that are just over count, and bids of others as long as they
 * live. A route whose bids have all run out asks anew.
 */
export async function pastOffers(
  reader: Pick<Transaction, 'query'>,
  leads: readonly LeadRef[],
  now: Date,
): Promise<ReadonlyMap<string, PastOffers>> {
  const rows = await reader.query<PastRow>(
    `select o.lead_id, o.state, o.method, o.route_id, coalesce((
       select json_agg(json_build_object('contractId', b.contract_id, 'outcome', b.outcome, 'amountMinor', b.amount_minor::text,
         'currency', b.currency, 'expiresAt', b.expires_at) order by b.contract_id)
       from bids b where b.agency_id = o.agency_id and b.lead_id = o.lead_id and b.number = o.number), '[]') as bids
     from unnest($1::uuid[], $2::uuid[]) as k (agency_id, lead_id) join lead_offers o using (agency_id, lead_id)
     order by o.lead_id, o.number`,
    [leads.map(({ agencyId }) => agencyId), leads.map(({ leadId }) => leadId)],
  );
  const counted = rows
    .map((row) => ({ ...row, made: row.bids.map(bidMade) }))
    .filter(
      ({ state, method, made }) => state === 'HELD' || (method === 'PING_POST' && made.some(lives(now))),
    );
  return new Map(
    [...new Set(rows.map(({ lead_id: leadId }) => leadId))].map((leadId) => {
      const own = counted.filter((row) => row.lead_id === leadId);
      const offeredBy = [...new Set(own.map(({ route_id: routeId }) => routeId))];
      return [leadId, { offeredBy, ...bidsOf(own.flatMap(({ made }) => made)), claim: null }];
    }),
  );
}

function bidMade(row: PastRow['bids'][number]): BidMade {
  return {
    ...row,
    amountMinor: row.amountMinor === null ? null : BigInt(row.amountMinor),
    expiresAt: row.expiresAt === null ? null : new Date(row.expiresAt),
  };
}

function lives(now: Date) {
  return ({ expiresAt }: BidMade): boolean => expiresAt !== null && expiresAt > now;
}
