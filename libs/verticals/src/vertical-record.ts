import type { LeadSchema, SchemaDefinition, Vertical } from './vertical.js';

/** A row of `verticals` as the driver hands it over. */
export interface VerticalRecord {
  readonly key: string;
  readonly name: string;
  readonly default_country: string | null;
  readonly version: number;
  readonly schema_version: number | null;
  readonly dedupe_window_days: number;
  readonly source_leads_per_minute: number | null;
  readonly created_at: Date;
  readonly changed_at: Date;
}

/** The columns of a vertical, for a select over `verticals` under the alias `v`. */
export const verticalColumns = `v.key, v.name, v.default_country, v.version, v.schema_version, v.dedupe_window_days, v.source_leads_per_minute,
  v.created_at, v.changed_at`;

/** Row to domain type. */
export function verticalOf(record: VerticalRecord): Vertical {
  return {
    key: record.key,
    name: record.name,
    defaultCountry: record.default_country,
    version: record.version,
    schemaVersion: record.schema_version,
    dedupeWindowDays: record.dedupe_window_days,
    sourceLeadsPerMinute: record.source_leads_per_minute,
    createdAt: record.created_at,
    changedAt: record.changed_at,
  };
}

/** A row of `lead_schemas`. */
export interface SchemaRecord {
  readonly vertical: string;
  readonly version: number;
  readonly definition: SchemaDefinition;
  readonly previous_accepted_until: Date | null;
  readonly published_by: string;
  readonly published_at: Date;
}

/** The columns of a schema, for a select over `lead_schemas` under the alias `s`. */
export const schemaColumns =
  's.vertical, s.version, s.definition, s.previous_accepted_until, s.published_by, s.published_at';

/** Row to domain type. */
export function schemaOf(record: SchemaRecord): LeadSchema {
  return {
    ...record.definition,
    vertical: record.vertical,
    version: record.version,
    previousAcceptedUntil: record.previous_accepted_until,
    publishedBy: record.published_by,
    publishedAt: record.published_at,
  };
}
