import { Database, keyset, type KeysetPage } from '#database';
import { LeadQueries } from '#leads';
import { asCurrency, type Money, money } from '#money';
import type { Actor } from '#organizations';
import type { BidOutcome, OfferMethod } from '#routing';
import { Injectable } from '@nestjs/common';
import { postalPrefix } from './ping-message.js';

/** A lead that a buyer may claim, without its person. */
export interface LeadOffer {
  readonly id: string;
  readonly agencyId: string;
  readonly leadId: string;
  readonly contractId: string;
  readonly vertical: string;
  readonly test: boolean;
  readonly price: Money;
  readonly offeredAt: Date;
  readonly expiresAt: Date;
  /** What the schema calls not personal, the country, and where the postal code begins. */
  readonly attributes: readonly { readonly key: string; readonly value: string }[];
  readonly country: string | null;
  readonly postalPrefix: string | null;
  readonly channel: string | null;
  readonly score: number | null;
}

/** A round of bids on a lead, or a time in which it could be claimed. */
export interface Offering {
  readonly leadId: string;
  readonly number: number;
  readonly method: OfferMethod;
  readonly state: 'OPEN' | 'HELD' | 'DONE';
  readonly openedAt: Date;
  readonly closesAt: Date | null;
  readonly closedAt: Date | null;
  /** To whom it was offered, as far as the actor may know. */
  readonly asked: readonly AskedContract[];
}

/** One to whom a lead was offered, and what it bid. */
export interface AskedContract {
  readonly contractId: string;
  /** Null while it is being asked, and where it is to claim. */
  readonly outcome: BidOutcome | null;
  readonly bid: Money | null;
  readonly expiresAt: Date | null;
  readonly durationMs: number | null;
}

interface OfferRow {
  readonly id: string;
  readonly agency_id: string;
  readonly lead_id: string;
  readonly contract_id: string;
  readonly price_minor: string;
  readonly currency: string;
  readonly opened_at: Date;
  readonly closes_at: Date;
}

interface OfferingRow {
  readonly lead_id: string;
  readonly number: number;
  readonly method: OfferMethod;
  readonly state: Offering['state'];
  readonly opened_at: Date;
  readonly closes_at: Date | null;
  readonly closed_at: Date | null;
  readonly asked: readonly {
    readonly contractId: string;
    readonly outcome: BidOutcome | null;
    readonly amountMinor: string | null;
    readonly currency: string | null;
    readonly expiresAt: string | null;
    readonly durationMs: number | null;
  }[];
}

/** $1 is the actor's organization. An agency sees what of its leads is offered, a buyer what is offered to it. */
function visible({ kind }: Actor): string {
  if (kind === 'OPERATOR' || kind === 'SYSTEM') return '$1::uuid is not null';
  return kind === 'AGENCY' ? 'c.agency_id = $1' : 'c.buyer_id = $1';
}

const openSql = `from lead_offer_contracts c
  join lead_offers o on o.agency_id = c.agency_id and o.lead_id = c.lead_id and o.number = c.number
  join leads l on l.agency_id = c.agency_id and l.id = c.lead_id
  where c.is_open and o.closes_at > $2 and (l.test or not $3)`;

const columns = `c.id, c.agency_id, c.lead_id, c.contract_id, c.price_minor, c.currency, o.opened_at, o.closes_at`;

/** What is offered, and what became of it. */
@Injectable()
export class OfferQueries {
  constructor(
    private readonly database: Database,
    private readonly leads: LeadQueries,
  ) {}

  /** What may be claimed at `now`, the oldest first, with one more than is asked for when there are more. */
  async page(actor: Actor, now: Date, page: KeysetPage): Promise<LeadOffer[]> {
    const { condition, orderBy, key } = keyset(page, {
      column: 'c.id',
      newestFirst: false,
      placeholder: '$4',
    });
    const rows = await this.database.query<OfferRow>(
      `select ${columns} ${openSql} and ${visible(actor)} and ${condition} order by ${orderBy} limit $5`,
      [actor.organizationId, now, actor.mode === 'test', key, page.limit + 1],
    );
    return await this.offersOf(rows);
  }

  async count(actor: Actor, now: Date, max: number): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      `select count(*)::int as count from (select 1 ${openSql} and ${visible(actor)} limit $4) counted`,
      [actor.organizationId, now, actor.mode === 'test', max],
    );
    return row?.count ?? 0;
  }

  /** Those among these that the actor may see and that may be claimed. */
  async byIds(actor: Actor, ids: readonly string[], now: Date): Promise<LeadOffer[]> {
    const rows = await this.database.query<OfferRow>(
      `select ${columns} ${openSql} and ${visible(actor)} and c.id = any ($4::uuid[])`,
      [actor.organizationId, now, actor.mode === 'test', ids],
    );
    return await this.offersOf(rows);
  }

  /** How leads were offered, the first time first: everything for the agency and the operator, to a buyer its own part. */
  async offerings(actor: Actor, leadIds: readonly string[]): Promise<Offering[]> {
    const rows = await this.database.query<OfferingRow>(
      `select o.lead_id, o.number, o.method, o.state, o.opened_at, o.closes_at, o.closed_at, a.asked
       from leads l join lead_offers o on o.agency_id = l.agency_id and o.lead_id = l.id
       cross join lateral (
         select coalesce(json_agg(json_build_object('contractId', c.contract_id, 'outcome', b.outcome,
           'amountMinor', b.amount_minor::text, 'currency', b.currency, 'expiresAt', b.expires_at,
           'durationMs', b.duration_ms) order by c.contract_id), '[]') as asked, count(*) as count
         from lead_offer_contracts c
         left join bids b on b.agency_id = c.agency_id and b.lead_id = c.lead_id and b.number = c.number
           and b.contract_id = c.contract_id
         where c.agency_id = o.agency_id and c.lead_id = o.lead_id and c.number = o.number and ${visible(actor)}
       ) a
       where l.id = any ($2::uuid[]) and a.count > 0 order by o.lead_id, o.number`,
      [actor.organizationId, leadIds],
    );
    return rows.map(offeringOf);
  }

  private async offersOf(rows: readonly OfferRow[]): Promise<LeadOffer[]> {
    if (rows.length === 0) return [];
    const opened = await this.leads.placed(
      rows.map(({ agency_id: agencyId, lead_id: id }) => ({ agencyId, id })),
    );
    const leads = new Map(opened.map((lead) => [lead.id, lead]));
    return rows.flatMap((row) => {
      const lead = leads.get(row.lead_id);
      // Of an erased person nothing is offered.
      if (!lead?.contact) return [];
      const { vertical, test, contact, country, attributes, publicKeys, source, score } = lead;
      return [
        {
          id: row.id,
          agencyId: row.agency_id,
          leadId: row.lead_id,
          contractId: row.contract_id,
          vertical,
          test,
          price: money(BigInt(row.price_minor), asCurrency(row.currency)),
          offeredAt: row.opened_at,
          expiresAt: row.closes_at,
          attributes: attributes.filter(({ key }) => publicKeys.has(key)),
          country,
          postalPrefix: postalPrefix(contact.postalCode),
          channel: source?.channel ?? null,
          score,
        },
      ];
    });
  }
}

function offeringOf(row: OfferingRow): Offering {
  return {
    leadId: row.lead_id,
    number: row.number,
    method: row.method,
    state: row.state,
    openedAt: row.opened_at,
    closesAt: row.closes_at,
    closedAt: row.closed_at,
    asked: row.asked.map(({ contractId, outcome, amountMinor, currency, expiresAt, durationMs }) => ({
      contractId,
      outcome,
      bid:
        amountMinor === null || currency === null ? null : money(BigInt(amountMinor), asCurrency(currency)),
      expiresAt: expiresAt === null ? null : new Date(expiresAt),
      durationMs,
    })),
  };
}
