import { AsyncLocalStorage } from 'node:async_hooks';
import { Injectable } from '@nestjs/common';
import type { Outcome } from '#outcome';
import type { Client } from 'pg';
import { DataSource, type EntityManager, QueryFailedError } from 'typeorm';

declare const transactionBrand: unique symbol;

/**
 * An open transaction. Every store method that writes takes it as its first, mandatory argument, and only
 * {@link UnitOfWork} makes one, so a write outside a transaction does not compile.
 */
export interface Transaction {
  readonly [transactionBrand]: true;
  readonly manager: EntityManager;
  query<T>(sql: string, parameters?: readonly unknown[]): Promise<T[]>;
  /** The same as a named prepared statement, as {@link Database.prepared}: for statements that run for every lead. */
  prepared<T>(name: string, sql: string, parameters: readonly unknown[]): Promise<T[]>;
}

const restartable = new Set(['40001', '40P01']);
const maxAttempts = 3;
const openTransaction = new AsyncLocalStorage<true>();

/** Whether the caller, or whoever began what it is doing, is in a {@link UnitOfWork}: who goes over the network asks. */
export function isInsideTransaction(): boolean {
  return openTransaction.getStore() === true;
}

@Injectable()
export class UnitOfWork {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Runs `work` in one transaction: commits when it is done, rolls back on a throw and on a refusal. After a
   * serialization failure or a deadlock the whole closure runs again, at most three times in all, so it does no
   * network I/O and keeps no state outside.
   */
  async run<T>(work: (tx: Transaction) => Promise<Outcome<T>>): Promise<Outcome<T>> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.attempt(work);
      } catch (error) {
        if (attempt >= maxAttempts || !isRestartable(error)) throw error;
      }
    }
  }

  private async attempt<T>(work: (tx: Transaction) => Promise<Outcome<T>>): Promise<Outcome<T>> {
    const runner = this.dataSource.createQueryRunner();
    try {
      const connection = (await runner.connect()) as Client;
      await runner.startTransaction();
      try {
        const outcome = await openTransaction.run(true, () =>
          work(asTransaction(runner.manager, connection)),
        );
        if (outcome.ok) await runner.commitTransaction();
        else await runner.rollbackTransaction();
        return outcome;
      } catch (error) {
        if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
        throw error;
      }
    } finally {
      await runner.release();
    }
  }
}

function asTransaction(manager: EntityManager, connection: Client): Transaction {
  const handle = {
    manager,
    query: async <T>(sql: string, parameters: readonly unknown[] = []): Promise<T[]> => {
      const result: unknown = await manager.query(sql, [...parameters]);
      // TypeORM answers UPDATE and DELETE with [rows, count], everything else with rows.
      return (isCounted(result) ? result[0] : result) as T[];
    },
    // TypeORM has no prepared statements; the connection under its transaction has.
    prepared: async <T>(name: string, text: string, parameters: readonly unknown[]): Promise<T[]> => {
      const { rows } = await connection.query({ name, text, values: [...parameters] });
      return rows as T[];
    },
  };
  return handle as unknown as Transaction;
}

function isCounted(result: unknown): result is [unknown[], number] {
  return (
    Array.isArray(result) && result.length === 2 && Array.isArray(result[0]) && typeof result[1] === 'number'
  );
}

function isRestartable(error: unknown): boolean {
  const raised: unknown = error instanceof QueryFailedError ? error.driverError : error;
  if (typeof raised !== 'object' || raised === null || !('code' in raised)) return false;
  const { code } = raised;
  return typeof code === 'string' && restartable.has(code);
}
