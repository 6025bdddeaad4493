import type { Socket } from 'node:net';
import { Injectable } from '@nestjs/common';
import { invariant, type Outcome } from '#outcome';
import type { Client } from 'pg';
import { DataSource, type EntityManager, QueryFailedError } from 'typeorm';
import { Ambient } from './ambient.js';

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

/**
 * A statement that runs for every lead is planned once on each connection. Of its own accord PostgreSQL plans the first five
 * executions anew: a big one takes longer to plan than to run, on every connection that is seldom needed.
 */
const beginPipelined = 'begin; set local plan_cache_mode = force_generic_plan';
const restartable = new Set(['40001', '40P01']);
const maxAttempts = 3;
const openTransaction = new Ambient<true>();

/**
 * Whether the caller, or whoever began what it is doing, is in {@link UnitOfWork.run}: who goes over the network asks. Pipelined
 * work is not told: it waits for nothing but its own statements, or it would be no faster.
 */
export function isInsideTransaction(): boolean {
  return openTransaction.get() === true;
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
    return await untilDone(async () => await this.attempt(work));
  }

  /**
   * The same for work that runs for every lead: its statements go out without waiting for each other, and the commit
   * right behind those that `last` waits for. Each round trip costs both sides more than most statements do. `last`
   * must fail when what it waits for does, and nothing is committed then. `tx.manager` is not part of it.
   */
  async pipelined<T>(
    work: (tx: Transaction) => Promise<Outcome<{ readonly last: Promise<T> }>>,
  ): Promise<Outcome<T>> {
    return await untilDone(async () => await this.attemptPipelined(work));
  }

  private async attemptPipelined<T>(
    work: (tx: Transaction) => Promise<Outcome<{ readonly last: Promise<T> }>>,
  ): Promise<Outcome<T>> {
    const runner = this.dataSource.createQueryRunner();
    try {
      const pipe = new Pipe((await runner.connect()) as Client);
      try {
        const begun = pipe.send({ text: beginPipelined });
        // Whoever fails first is told of it; nobody else may wait for this one then.
        begun.catch(() => undefined);
        const outcome = await work(asTransaction(runner.manager, pipe));
        if (!outcome.ok) {
          await pipe.end('rollback');
          return outcome;
        }
        const [value] = await Promise.all([outcome.value.last, begun, pipe.end('commit')]);
        return { ok: true, value };
      } catch (error) {
        await pipe.end('rollback').catch(() => undefined);
        throw error;
      } finally {
        pipe.close();
      }
    } finally {
      await runner.release();
    }
  }

  private async attempt<T>(work: (tx: Transaction) => Promise<Outcome<T>>): Promise<Outcome<T>> {
    const runner = this.dataSource.createQueryRunner();
    try {
      const connection = (await runner.connect()) as Client;
      await runner.startTransaction();
      const line = new Line(connection);
      try {
        const outcome = await openTransaction.run(true, () => work(asTransaction(runner.manager, line)));
        line.end();
        if (outcome.ok) await runner.commitTransaction();
        else await runner.rollbackTransaction();
        return outcome;
      } catch (error) {
        line.end();
        if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
        throw error;
      }
    } finally {
      await runner.release();
    }
  }
}

/** A statement as the driver takes it. */
interface Statement {
  readonly name?: string;
  readonly text: string;
  readonly values?: unknown[];
}

interface Sender {
  send(statement: Statement): Promise<{ readonly rows: unknown[] }>;
}

/**
 * A connection on which each statement goes out when the one before it is answered, whoever asks for several at once. After one
 * that fails, and once the transaction ends, none goes out any more: it would run by itself.
 */
class Line implements Sender {
  private last: Promise<unknown> = Promise.resolve();
  private hasEnded = false;

  constructor(private readonly connection: Client) {}

  async send(statement: Statement): Promise<{ readonly rows: unknown[] }> {
    const sent = this.last.then(async () => {
      invariant(!this.hasEnded, 'a statement comes after the end of its transaction');
      return await this.connection.query(statement);
    });
    this.last = sent;
    sent.catch(() => undefined);
    return await sent;
  }

  end(): void {
    this.hasEnded = true;
  }
}

/** Of a statement's parameters, in characters: what is more keeps the database busy until the next statement is there. */
const muchToDo = 1_000;

/**
 * A connection on which statements do not wait for each other. Those of one moment go out together; one that has much to write
 * does not wait for those behind it, which are put together while the database works on it.
 */
class Pipe implements Sender {
  private readonly connection: Client & {
    pipeline: boolean;
    readonly connection: { readonly stream: Socket };
  };
  private isCorked = false;
  private hasEnded = false;

  constructor(connection: Client) {
    this.connection = connection as typeof this.connection;
    this.connection.pipeline = true;
  }

  async send(statement: Statement): Promise<{ readonly rows: unknown[] }> {
    // It would run by itself, outside the transaction.
    invariant(!this.hasEnded, 'a statement comes after the end of its transaction');
    return await this.write(statement);
  }

  /** The last statement of the transaction. */
  async end(text: 'commit' | 'rollback'): Promise<void> {
    this.hasEnded = true;
    await this.write({ text });
  }

  private async write(statement: Statement): Promise<{ readonly rows: unknown[] }> {
    const { stream } = this.connection.connection;
    if (!this.isCorked) {
      this.isCorked = true;
      stream.cork();
      process.nextTick(() => this.flush());
    }
    const answer = this.connection.query(statement);
    if (lengthOf(statement) > muchToDo) this.flush();
    return await answer;
  }

  private flush(): void {
    if (!this.isCorked) return;
    this.isCorked = false;
    this.connection.connection.stream.uncork();
  }

  /** The connection as it was, once nothing is on its way. */
  close(): void {
    this.connection.pipeline = false;
  }
}

function lengthOf({ values = [] }: Statement): number {
  return values.reduce<number>((sum, value) => sum + (typeof value === 'string' ? value.length : 0), 0);
}

// Statements go past TypeORM, which has no prepared ones, to the connection under its transaction.
function asTransaction(manager: EntityManager, sender: Sender): Transaction {
  const handle = {
    manager,
    query: async <T>(text: string, parameters: readonly unknown[] = []): Promise<T[]> => {
      const { rows } = await sender.send({ text, values: [...parameters] });
      return rows as T[];
    },
    prepared: async <T>(name: string, text: string, parameters: readonly unknown[]): Promise<T[]> => {
      const { rows } = await sender.send({ name, text, values: [...parameters] });
      return rows as T[];
    },
  };
  return handle as unknown as Transaction;
}

async function untilDone<T>(attempt: () => Promise<T>): Promise<T> {
  for (let count = 1; ; count += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (count >= maxAttempts || !isRestartable(error)) throw error;
    }
  }
}

function isRestartable(error: unknown): boolean {
  const raised: unknown = error instanceof QueryFailedError ? error.driverError : error;
  if (typeof raised !== 'object' || raised === null || !('code' in raised)) return false;
  const { code } = raised;
  return typeof code === 'string' && restartable.has(code);
}
