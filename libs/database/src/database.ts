import { Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import { DataSource } from 'typeorm';
import { inTurn } from './read-turns.js';

/** Reads outside a transaction, and single statements that are a transaction by themselves. */
@Injectable()
export class Database {
  constructor(readonly dataSource: DataSource) {}

  /** Runs one statement; int8 and numeric come back as text, timestamptz as Date. */
  async query<T>(sql: string, parameters: readonly unknown[] = []): Promise<T[]> {
    const result: unknown = await inTurn(() => this.dataSource.query<unknown>(sql, [...parameters]));
    // TypeORM answers UPDATE and DELETE with [rows, count], everything else with rows.
    return (isCounted(result) ? result[0] : result) as T[];
  }

  /**
   * The same as a named prepared statement, planned once per connection: planning the intake statement each time took
   * longer than running it. The same name always goes with the same text.
   */
  async prepared<T>(name: string, text: string, parameters: readonly unknown[]): Promise<T[]> {
    // TypeORM has no prepared statements; its driver's own pool has.
    const { master } = this.dataSource.driver as unknown as { readonly master: Pool };
    const { rows } = await inTurn(() => master.query({ name, text, values: [...parameters] }));
    return rows as T[];
  }
}

function isCounted(result: unknown): result is [unknown[], number] {
  return (
    Array.isArray(result) && result.length === 2 && Array.isArray(result[0]) && typeof result[1] === 'number'
  );
}
