import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import { asCurrency } from '#money';
import type { Actor } from '#organizations';
import { isStorable } from './check-submission.js';
import type { Delivery } from './delivery.js';
import { deliveryColumns, deliveryOf, type DeliveryRow } from './delivery.store.js';
import type { Attribute, Contact, Lead, LeadState } from './lead.js';

interface LeadRow {
  readonly agency_id: string;
  readonly id: string;
  readonly external_id: string;
  readonly test: boolean;
  readonly vertical: string;
  readonly state: LeadState;
  readonly contact: Contact;
  readonly attributes: readonly Attribute[];
  readonly source: StoredSource | null;
  readonly consent: StoredConsent | null;
  readonly score: number | null;
  readonly schema_version: number | null;
  readonly received_at: Date;
}

interface StoredSource {
  readonly channel: string | null;
  readonly campaign: string | null;
  readonly subId: string | null;
  readonly cost: { readonly amountMinor: string; readonly currency: string } | null;
}

interface StoredConsent {
  readonly text: string | null;
  readonly capturedAt: string | null;
  readonly ip: string | null;
  readonly certificateUrl: string | null;
}

const leadColumns = `l.agency_id, l.id, l.external_id, l.test, l.vertical, l.state, l.contact, l.attributes, l.source,
  l.consent, l.score, l.schema_version, l.received_at`;

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
 * Leads as an actor may see them: an agency its own, a buyer those delivered to it, the operator all. The condition
 * is part of the SQL, so a lead that is not the actor's is missing, not hidden. A test key sees test leads only.
 */
@Injectable()
export class LeadQueries {
  constructor(private readonly database: Database) {}

  /** Leads by id, in no order; those that the actor may not see are absent. */
  async byIds(actor: Actor, ids: readonly string[]): Promise<Lead[]> {
    const scope = scopeOf(actor);
    const rows = await this.database.query<LeadRow>(
      `select ${leadColumns} from leads l where l.id = any($1)
         and l.agency_id in (${scope.agencies}) and ${scope.own} and (l.test or not $3)`,
      [ids, ...scope.parameters, testOnly(actor)],
    );
    return rows.map(leadOf);
  }

  /** The agency's lead of this natural key. */
  async byExternalId(actor: Actor, externalId: string, test: boolean): Promise<Lead | undefined> {
    if (!isStorable(externalId)) return undefined;
    const [row] = await this.database.query<LeadRow>(
      `select ${leadColumns} from leads l where l.agency_id = $1 and l.external_id = $2 and l.test = $3`,
      [actor.organizationId, externalId, test || testOnly(actor)],
    );
    return row && leadOf(row);
  }

  /** The leads of many natural keys with the hash of what was submitted, for a replayed submission. */
  async earlier(
    keys: readonly { readonly agencyId: string; readonly externalId: string; readonly test: boolean }[],
  ): Promise<{ readonly lead: Lead; readonly inputHash: string }[]> {
    const rows = await this.database.query<LeadRow & { input_hash: string }>(
      `select ${leadColumns}, encode(l.input_hash, 'hex') as input_hash
       from unnest($1::uuid[], $2::text[], $3::boolean[]) as k(agency_id, external_id, test)
       join leads l using (agency_id, external_id, test)`,
      [
        keys.map(({ agencyId }) => agencyId),
        keys.map(({ externalId }) => externalId),
        keys.map(({ test }) => test),
      ],
    );
    return rows.map((row) => ({ lead: leadOf(row), inputHash: row.input_hash }));
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
    return rows.map(leadOf);
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
}

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
        rowsOf: ({ columns, order }) => `select ${columns} from leads l
          where l.agency_id = $2 and ${filterSql} and ${cursorSql('l.id')} order by l.id ${order} limit $1`,
        parameters,
      };
    case 'BUYER':
      return {
        agencies: 'select agency_id from contracts where buyer_id = $2::uuid group by agency_id',
        own: `exists (select 1 from deliveries d
          where d.agency_id = l.agency_id and d.lead_id = l.id and d.buyer_id = $2::uuid)`,
        rowsOf: ({ columns, order }) => `select ${columns}
          from deliveries d join leads l on l.agency_id = d.agency_id and l.id = d.lead_id
          where d.buyer_id = $2 and ${filterSql} and ${cursorSql('d.lead_id')}
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
            select ${columns} from leads l where l.agency_id = o.id and ${filterSql} and ${cursorSql('l.id')}
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

function leadOf(row: LeadRow): Lead {
  const { source, consent } = row;
  return {
    agencyId: row.agency_id,
    id: row.id,
    externalId: row.external_id,
    test: row.test,
    vertical: row.vertical,
    state: row.state,
    contact: row.contact,
    attributes: row.attributes,
    source: source && {
      ...source,
      cost: source.cost && {
        amountMinor: BigInt(source.cost.amountMinor),
        currency: asCurrency(source.cost.currency),
      },
    },
    consent: consent && {
      ...consent,
      capturedAt: consent.capturedAt === null ? null : new Date(consent.capturedAt),
    },
    score: row.score,
    schemaVersion: row.schema_version,
    receivedAt: row.received_at,
  };
}
