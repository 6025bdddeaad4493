import { Injectable } from '@nestjs/common';
import type { Transaction } from '#database';
import { invariant } from '#outcome';
import type { LeadSchema, Vertical } from './vertical.js';
import {
  schemaColumns,
  schemaOf,
  type SchemaRecord,
  verticalColumns,
  verticalOf,
  type VerticalRecord,
} from './vertical-record.js';

/** Writes `verticals` and `lead_schemas`. A schema is only added while its vertical's row is held. */
@Injectable()
export class VerticalStore {
  /** The vertical with its row held until the transaction ends; undefined when it is not defined. */
  async hold(tx: Transaction, key: string): Promise<Vertical | undefined> {
    const [record] = await tx.query<VerticalRecord>(
      `select ${verticalColumns} from verticals v where v.key = $1 for update`,
      [key],
    );
    return record && verticalOf(record);
  }

  /** False, and nothing written, when the key is taken. */
  async insert(tx: Transaction, vertical: Vertical): Promise<boolean> {
    const rows = await tx.query(
      `insert into verticals (key, name, default_country, version, schema_version, dedupe_window_days,
         source_leads_per_minute, created_at, changed_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (key) do nothing returning key`,
      [
        vertical.key,
        vertical.name,
        vertical.defaultCountry,
        vertical.version,
        vertical.schemaVersion,
        vertical.dedupeWindowDays,
        vertical.sourceLeadsPerMinute,
        vertical.createdAt,
        vertical.changedAt,
      ],
    );
    return rows.length === 1;
  }

  /** Writes what changed of a held vertical and counts the change. */
  async update(
    tx: Transaction,
    before: Vertical,
    change: Partial<Omit<Vertical, 'key' | 'version' | 'createdAt' | 'changedAt'>> & {
      readonly changedAt: Date;
    },
  ): Promise<Vertical> {
    const after = { ...before, ...change };
    const [record] = await tx.query<VerticalRecord>(
      `update verticals v set name = $3, default_country = $4, schema_version = $5, dedupe_window_days = $6,
         source_leads_per_minute = $7, changed_at = $8, version = v.version + 1
       where v.key = $1 and v.version = $2 returning ${verticalColumns}`,
      [
        before.key,
        before.version,
        after.name,
        after.defaultCountry,
        after.schemaVersion,
        after.dedupeWindowDays,
        after.sourceLeadsPerMinute,
        after.changedAt,
      ],
    );
    invariant(record, 'a held vertical has changed');
    return verticalOf(record);
  }

  /** Every version of a vertical's schema, the first one first. */
  async schemas(tx: Transaction, vertical: string): Promise<LeadSchema[]> {
    const records = await tx.query<SchemaRecord>(
      `select ${schemaColumns} from lead_schemas s where s.vertical = $1 order by s.version`,
      [vertical],
    );
    return records.map(schemaOf);
  }

  async insertSchema(tx: Transaction, schema: LeadSchema): Promise<void> {
    const { vertical, version, previousAcceptedUntil, publishedBy, publishedAt, ...definition } = schema;
    await tx.query(
      `insert into lead_schemas (vertical, version, definition, previous_accepted_until, published_by, published_at)
       values ($1, $2, $3, $4, $5, $6)`,
      [vertical, version, JSON.stringify(definition), previousAcceptedUntil, publishedBy, publishedAt],
    );
  }
}
