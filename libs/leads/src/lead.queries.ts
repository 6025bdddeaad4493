import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import type { Actor } from '#organizations';
import { VerticalQueries } from '#verticals';
import { isStorable } from './check-submission.js';
import type { Delivery } from './delivery.js';
import { deliveryColumns, deliveryOf, type DeliveryRow } from './delivery.store.js';
import { type Lead, type LeadState, type OpenedLead, type PlacedLead, shownTo } from './lead.js';
import { LeadOpener, leadColumns, type LeadRow, proofOf } from './lead-opener.store.js';

/** Which leads a list shows; an absent filter shows all. */
export interface LeadFilter {
  readonly state?: LeadState | undefined;
  readonly vertical?: string | undefined;
  readonly test?: boolean | undefined;
  readonly agencyId?: string | undefined;
}

/** Newest first; `beforeId` continues towards older leads, `afterId` towards newer ones. */
export interface LeadPage {
  readonly limit: number;
  readonly beforeId?: string | undefined;
  readonly afterId?: string | undefined;
  readonly oldestFirst?: boolean | undefined;
}

/**
 * Leads as an actor may see them: an agency its own, a buyer those that it has taken, the operator all. The condition
 * is part of the SQL, so a lead that is not the actor's is missing, not hidden. A test key sees test leads only.
 */
@Injectable()
export class LeadQueries {
  constructor(
    private readonly database: Database,
    private readonly opener: LeadOpener,
    private readonly verticals: VerticalQueries,
  ) {}

  /** Leads by id, in no order; those that the actor may not see are absent. */
  async byIds(actor: Actor, ids: readonly string[]): Promise<Lead[]> {
    const scope = scopeOf(actor);
    const rows = await this.database.query<LeadRow>(
      `select ${leadColumns} from leads l ${proofOf('l')} where l.id = any($1)
         and l.agency_id in (${scope.agencies}) and ${scope.own} and (l.test or not $3)`,
      [ids, ...scope.parameters, testOnly(actor)],
    );
    return await this.shown(actor, rows);
  }

  /** The agency's lead of this natural key. */
  async byExternalId(actor: Actor, externalId: string, test: boolean): Promise<Lead | undefined> {
    if (!isStorable(externalId)) return undefined;
    const [row] = await this.database.query<LeadRow>(
      `select ${leadColumns} from leads l ${proofOf('l')}
       where l.agency_id = $1 and l.external_id = $2 and l.test = $3`,
      [actor.organizationId, externalId, test || testOnly(actor)],
    );
    const [lead] = await this.shown(actor, row ? [row] : []);
    return lead;
  }

  /** Leads with their persons, for work that no reader sees: {@link shownTo} comes before anything is shown. */
  async opened(places: readonly Pick<Lead, 'agencyId' | 'id'>[]): Promise<OpenedLead[]> {
    const rows = await this.database.query<LeadRow>(
      `select ${leadColumns} from unnest($1::uuid[], $2::uuid[]) as k(agency_id, id)
       join leads l using (agency_id, id) ${proofOf('l')}`,
      [places.map(({ agencyId }) => agencyId), places.map(({ id }) => id)],
    );
    return await this.opener.open(rows);
  }

  /** As {@link opened}, with the country that routes go by. */
  async placed(places: readonly Pick<Lead, 'agencyId' | 'id'>[]): Promise<PlacedLead[]> {
    const leads = await this.opened(places);
    const named = await this.verticals.byKeys([...new Set(leads.map(({ vertical }) => vertical))]);
    const assumed = new Map(named.map(({ key, defaultCountry }) => [key, defaultCountry]));
    return leads.map((lead) => ({
      ...lead,
      country: lead.contact?.country ?? assumed.get(lead.vertical) ?? null,
    }));
  }

  /** One page of leads plus one row, which tells whether there is more. */
  async page(actor: Actor, filter: LeadFilter, page: LeadPage): Promise<Lead[]> {
    if (findsNothing(filter)) return [];
    const { rowsOf, parameters } = scopeOf(actor);
    const rows = await this.database.query<LeadRow>(
      rowsOf({ columns: leadColumns, order: page.oldestFirst ? 'asc' : 'desc' }),
      [
        page.limit + 1,
        ...parameters,
        ...filterValues(actor, filter),
        page.beforeId ?? null,
        page.afterId ?? null,
      ],
    );
    return await this.shown(actor, rows);
  }

  /** How many leads the filter finds, counted no further than `max`. */
  async count(actor: Actor, filter: LeadFilter, max: number): Promise<number> {
    if (findsNothing(filter)) return 0;
    const { rowsOf, parameters } = scopeOf(actor);
    const [row] = await this.database.query<{ count: string }>(
      `select count(*) from (${rowsOf({ columns: 'l.id', order: 'desc' })}) counted`,
      [max, ...parameters, ...filterValues(actor, filter), null, null],
    );
    return Number(row?.count ?? 0);
  }

  /** Deliveries by id, in no order; those that the actor may not see are absent. */
  async deliveriesByIds(actor: Actor, ids: readonly string[]): Promise<Delivery[]> {
    const rows = await this.database.query<DeliveryRow>(
      `select ${deliveryColumns} from deliveries d where d.id = any($1)
         and d.agency_id in (${scopeOf(actor).agencies}) and ($3::uuid is null or d.buyer_id = $3)
         and (d.test or not $4)`,
      [ids, actor.organizationId, actor.kind === 'BUYER' ? actor.organizationId : null, testOnly(actor)],
    );
    return rows.map(deliveryOf);
  }

  /** The deliveries of leads: all of them for the agency and the operator, a buyer's own for the buyer. */
  async deliveriesOf(actor: Actor, leads: readonly Pick<Lead, 'agencyId' | 'id'>[]): Promise<Delivery[]> {
    const rows = await this.database.query<DeliveryRow>(
      `select ${deliveryColumns} from unnest($1::uuid[], $2::uuid[]) as k(agency_id, lead_id)
       join deliveries d using (agency_id, lead_id)
       where $3::uuid is null or $3 in (d.agency_id, d.buyer_id) order by d.id`,
      [
        leads.map(({ agencyId }) => agencyId),
        leads.map(({ id }) => id),
        actor.kind === 'AGENCY' || actor.kind === 'BUYER' ? actor.organizationId : null,
      ],
    );
    return rows.map(deliveryOf);
  }

  /** Persons are opened together, and only for who may see them. */
  private async shown(actor: Actor, rows: readonly LeadRow[]): Promise<Lead[]> {
    const leads = await this.opener.open(rows, actor);
    return leads.map((lead) => shownTo(actor, lead));
  }
}

/**
 * A lead is the buyer's once it has taken it: before that, when it never does, and once the lead was taken from it for another
 * buyer, it sees nothing of the person.
 */
const taken = `d.state in ('ACCEPTED', 'RETURNED') and d.rerouted_at is null`;

interface Scope {
  /** The agencies whose leads may be seen, as a select of ids. */
  readonly agencies: string;
  /** What else must hold of a lead `l`. */
  readonly own: string;
  /** A select of the leads that may be seen, along an index: a page costs the same however many leads there are. */
  readonly rowsOf: (rows: { readonly columns: string; readonly order: 'asc' | 'desc' }) => string;
  /** For `$2`. */
  readonly parameters: readonly unknown[];
}

const filterSql = `($3::text is null or l.state = $3) and ($4::text is null or l.vertical = $4)
  and ($5::boolean is null or l.test = $5) and ($6::uuid is null or l.agency_id = $6)`;

function cursorSql(id: string): string {
  return `($7::uuid is null or ${id} < $7) and ($8::uuid is null or ${id} > $8)`;
}

function scopeOf(actor: Actor): Scope {
  const parameters = [actor.organizationId];
  switch (actor.kind) {
    case 'AGENCY':
      return {
        agencies: 'select $2::uuid',
        own: 'true',
        rowsOf: ({ columns, order }) => `select ${columns} from leads l ${proofOf('l')}
          where l.agency_id = $2 and ${filterSql} and ${cursorSql('l.id')} order by l.id ${order} limit $1`,
        parameters,
      };
    case 'BUYER':
      return {
        agencies: 'select agency_id from contracts where buyer_id = $2::uuid group by agency_id',
        own: `exists (select 1 from deliveries d
          where d.agency_id = l.agency_id and d.lead_id = l.id and d.buyer_id = $2::uuid and ${taken})`,
        rowsOf: ({ columns, order }) => `select ${columns}
          from deliveries d join leads l on l.agency_id = d.agency_id and l.id = d.lead_id ${proofOf('l')}
          where d.buyer_id = $2 and ${taken} and ${filterSql} and ${cursorSql('d.lead_id')}
          order by d.lead_id ${order} limit $1`,
        parameters,
      };
    case 'OPERATOR':
    case 'SYSTEM':
      return {
        agencies: `select id from organizations where kind = 'AGENCY' and $2::uuid is not null`,
        own: 'true',
        // Agency by agency along the primary key, then merged: there is no index on the id alone.
        rowsOf: ({ columns, order }) => `select l.* from organizations o cross join lateral (
            select ${columns} from leads l ${proofOf('l')}
            where l.agency_id = o.id and ${filterSql} and ${cursorSql('l.id')}
            order by l.id ${order} limit $1) l
          where o.kind = 'AGENCY' and $2::uuid is not null order by l.id ${order} limit $1`,
        parameters,
      };
  }
}

function filterValues(actor: Actor, filter: LeadFilter): unknown[] {
  const test = testOnly(actor) ? true : (filter.test ?? null);
  return [filter.state ?? null, filter.vertical ?? null, test, filter.agencyId ?? null];
}

/** No lead has a vertical that cannot be stored; PostgreSQL would not even take it as a parameter. */
function findsNothing({ vertical }: LeadFilter): boolean {
  return vertical !== undefined && !isStorable(vertical);
}

function testOnly(actor: Actor): boolean {
  return actor.mode === 'test';
}
