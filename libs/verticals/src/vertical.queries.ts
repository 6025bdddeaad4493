import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import { type AcceptedSchema, LeadRules, noDemands, noRules } from './lead-rules.js';
import type { LeadSchema, SchemaDefinition, Vertical } from './vertical.js';
import {
  schemaColumns,
  schemaOf,
  type SchemaRecord,
  verticalColumns,
  verticalOf,
  type VerticalRecord,
} from './vertical-record.js';

/** A page by key: at most `limit` rows between two keys (exclusive), in their order; backwards in reverse order. */
export interface VerticalPage {
  readonly after?: string | undefined;
  readonly before?: string | undefined;
  readonly limit: number;
  readonly backwards: boolean;
}

/** Names one version of a vertical's schema. */
export interface SchemaRef {
  readonly vertical: string;
  readonly version: number;
}

interface RulesRecord {
  readonly key: string;
  readonly version: number;
  readonly default_country: string | null;
  readonly dedupe_window_days: number;
  readonly source_leads_per_minute: number | null;
  readonly schema_version: number | null;
  readonly definition: SchemaDefinition | null;
  readonly is_newest: boolean | null;
  readonly accepted_until: Date | null;
}

// Older ones that are accepted at the same time; more would make one lead cost as much as many.
const maxAccepted = 5;

/** Reads verticals and their schemas, which everyone may see who may read verticals at all. */
@Injectable()
export class VerticalQueries {
  constructor(private readonly database: Database) {}

  /** Those of the keys that are defined, in no order. */
  async byKeys(keys: readonly string[]): Promise<Vertical[]> {
    const records = await this.database.query<VerticalRecord>(
      `select ${verticalColumns} from verticals v where v.key = any($1)`,
      [keys],
    );
    return records.map(verticalOf);
  }

  /** In the order of the keys, byte by byte. */
  async page({ after, before, limit, backwards }: VerticalPage): Promise<Vertical[]> {
    const records = await this.database.query<VerticalRecord>(
      `select ${verticalColumns} from verticals v
       where ($1::text is null or v.key > $1) and ($2::text is null or v.key < $2)
       order by v.key ${backwards ? 'desc' : 'asc'} limit $3`,
      [after ?? null, before ?? null, limit],
    );
    return records.map(verticalOf);
  }

  /** How many there are, counted no further than `max`. */
  async count(max: number): Promise<number> {
    const [row] = await this.database.query<{ count: string }>(
      'select count(*) from (select from verticals limit $1) counted',
      [max],
    );
    return Number(row?.count ?? 0);
  }

  /** The schemas that exist of those that are named, in no order. */
  async schemas(refs: readonly SchemaRef[]): Promise<LeadSchema[]> {
    const records = await this.database.query<SchemaRecord>(
      `select ${schemaColumns} from unnest($1::text[], $2::integer[]) as r (vertical, version)
       join lead_schemas s using (vertical, version)`,
      [refs.map(({ vertical }) => vertical), refs.map(({ version }) => version)],
    );
    return records.map(schemaOf);
  }

  /**
   * What leads of each vertical are checked by at `now`, for every key that is asked for. Intake keeps the answer and
   * compares its version with the present one in the statement that takes the leads.
   */
  async rules(keys: readonly string[], now: Date): Promise<Map<string, LeadRules>> {
    const accepted = new Map<string, { readonly of: RulesRecord; readonly schemas: AcceptedSchema[] }>();
    for (const record of await this.rulesRecords(keys, now)) {
      const entry = accepted.get(record.key) ?? { of: record, schemas: [] };
      accepted.set(record.key, entry);
      const { schema_version: version, definition, accepted_until: acceptedUntil } = record;
      if (version === null) continue;
      entry.schemas.push({
        version: version === 0 ? null : version,
        definition: definition ?? noDemands,
        acceptedUntil: record.is_newest ? null : acceptedUntil,
      });
    }
    return new Map(
      keys.map((key) => {
        const entry = accepted.get(key);
        if (!entry) return [key, noRules];
        const { version, default_country: country } = entry.of;
        const settings = {
          dedupeWindowDays: entry.of.dedupe_window_days,
          sourceLeadsPerMinute: entry.of.source_leads_per_minute,
        };
        return [key, new LeadRules(version, country, entry.schemas.slice(0, maxAccepted), settings)];
      }),
    );
  }

  // A version ends with the first later one that took something away. Version 0 stands for the time before the first:
  // what was taken then may be taken for a while as well.
  private async rulesRecords(keys: readonly string[], now: Date): Promise<RulesRecord[]> {
    return await this.database.prepared<RulesRecord>(
      'lead-rules',
      `select v.key, v.version, v.default_country, v.dedupe_window_days, v.source_leads_per_minute,
         s.version as schema_version, s.definition,
         s.version = v.schema_version as is_newest, s.accepted_until
       from verticals v left join lateral (
         select version, definition, min(previous_accepted_until) over (
             order by version desc rows between unbounded preceding and 1 preceding) as accepted_until
         from (select version, definition, previous_accepted_until from lead_schemas where vertical = v.key
           union all select 0, null, null) each
       ) s on v.schema_version is not null and (s.version = v.schema_version or s.accepted_until > $2)
       where v.key = any($1) order by v.key, s.version desc`,
      [keys, now],
    );
  }
}
