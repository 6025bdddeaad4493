/**
 * Where a test holds a transaction of another process: rules in the test's own database, which wait for a lock that the
 * test holds. The product knows nothing of them.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { OperationKind } from '#payments';
import pg from 'pg';

const never = '2100-01-01T00:00:00Z';

/** Each kind waits for a lock of its own, so that it can be told what waits. */
const kinds = [
  'BUYER_CREATE',
  'ACCOUNT_CREATE',
  'PAYMENT',
  'INVOICE',
  'PAYMENT_CANCEL',
  'INVOICE_VOID',
  'TRANSFER',
  'TRANSFER_REVERSAL',
  'REFUND',
] as const satisfies readonly OperationKind[];
const endLock = 100;

// fault_gates.kind: the commit of more than `passes` operations of a kind waits.
// fault_holds.gate WRITE: what ends a try waits. RETRY: a try that is in doubt is not repeated. SEND: it is not due yet.
const rules = `
  create table fault_gates (kind text primary key, passes integer not null);
  create table fault_holds (gate text not null, operation_id uuid, primary key (gate, operation_id));
  create function wait_before_commit() returns trigger language plpgsql as $$
    declare most integer;
    begin
      select passes into most from fault_gates where kind = new.kind;
      if most is not null and (select count(*) from stripe_operations where kind = new.kind) > most then
        perform pg_advisory_xact_lock_shared(
          array_position(array['${kinds.join(`', '`)}'], new.kind));
      end if;
      return null;
    end $$;
  create constraint trigger wait_before_commit after insert on stripe_operations
    deferrable initially deferred for each row execute function wait_before_commit();
  create table fault_settings (sends_nothing boolean not null);
  insert into fault_settings values (false);
  create function not_due_yet() returns trigger language plpgsql as $$
    begin
      if (select sends_nothing from fault_settings) then new.next_try_at := '${never}'; end if;
      return new;
    end $$;
  create trigger not_due_yet before insert on stripe_operations for each row execute function not_due_yet();
  create function wait_before_end() returns trigger language plpgsql as $$
    begin
      if old.state = 'SENDING' and new.state <> 'SENDING'
          and exists (select from fault_holds where gate = 'WRITE' and operation_id = new.id) then
        perform pg_advisory_xact_lock_shared(${endLock});
      end if;
      if new.state = 'UNKNOWN' and exists (select from fault_holds where gate = 'RETRY' and operation_id = new.id) then
        new.next_try_at := '${never}';
      end if;
      return new;
    end $$;
  create trigger wait_before_end before update on stripe_operations for each row execute function wait_before_end();`;

const processes = `datname = current_database() and application_name in ('leadger-worker', 'leadger-api')`;

export class Gates {
  private constructor(private readonly connection: pg.Client) {}

  static async open(databaseUrl: string): Promise<Gates> {
    const connection = new pg.Client({ connectionString: databaseUrl, application_name: 'faults' });
    await connection.connect();
    await connection.query(rules);
    for (const lock of [...kinds.keys()].map((index) => index + 1).concat(endLock)) {
      await connection.query('select pg_advisory_lock($1)', [lock]);
    }
    return new Gates(connection);
  }

  async query<T extends pg.QueryResultRow>(sql: string, parameters: readonly unknown[] = []): Promise<T[]> {
    return (await this.connection.query<T>(sql, [...parameters])).rows;
  }

  /** Of each kind, so many more may be written. */
  async letPass(kind: string, more: number): Promise<void> {
    await this.query(
      `insert into fault_gates select $1, count(*) + $2 from stripe_operations where kind = $1
       on conflict (kind) do update set passes = excluded.passes`,
      [kind, more],
    );
  }

  async openAll(): Promise<void> {
    await this.query('delete from fault_gates');
    await this.query('delete from fault_holds');
  }

  /** What is written from now on is not due, or what was so far is. */
  async sendNothing(isHeld: boolean): Promise<void> {
    await this.query('update fault_settings set sends_nothing = $1', [isHeld]);
    if (!isHeld)
      await this.query(
        `update stripe_operations set next_try_at = created_at where next_try_at = '${never}'`,
      );
  }

  /** They are not due until it is told otherwise. */
  async park(operationIds: readonly string[]): Promise<void> {
    await this.query(`update stripe_operations set next_try_at = '${never}' where id = any ($1::uuid[])`, [
      operationIds,
    ]);
  }

  async unpark(operationIds: readonly string[]): Promise<void> {
    await this.query('update stripe_operations set next_try_at = created_at where id = any ($1::uuid[])', [
      operationIds,
    ]);
  }

  async holdAt(gate: 'WRITE' | 'RETRY', operationIds: readonly string[]): Promise<void> {
    await this.query(`insert into fault_holds select $1, unnest($2::uuid[])`, [gate, operationIds]);
  }

  /** What waits for the test: operations whose commit waits by kind, and ENDs of tries. */
  async waiting(): Promise<readonly (OperationKind | 'END')[]> {
    const rows = await this.query<{ lock: number }>(
      `select l.objid::int as lock from pg_locks l join pg_stat_activity a on a.pid = l.pid
       where l.locktype = 'advisory' and not l.granted and a.datname = current_database()`,
    );
    return rows.map(({ lock }) => (lock === endLock ? 'END' : (kinds[lock - 1] ?? 'END')));
  }

  /** The server has noticed that those who were killed are gone: what they had not committed is undone. */
  async forgetTheDead(): Promise<void> {
    await this.query(`select pg_terminate_backend(pid) from pg_stat_activity where ${processes}`);
    await until(async () => {
      const [row] = await this.query<{ count: number }>(
        `select count(*)::int as count from pg_stat_activity where ${processes}`,
      );
      return row?.count === 0;
    }, 'nobody is connected');
  }

  /** A minute has passed: nobody holds an operation any more, except those that are to wait. */
  async endLeases(except: readonly string[] = []): Promise<void> {
    await this.query(
      `update stripe_operations set leased_until = clock_timestamp() - interval '1 second'
       where state = 'SENDING' and not id = any ($1::uuid[])`,
      [except],
    );
  }

  /** Nobody takes over what those had who were killed, however slow this machine is. */
  async keepLeases(): Promise<void> {
    await this.query(`update stripe_operations set leased_until = '${never}' where state = 'SENDING'`);
  }

  async close(): Promise<void> {
    await this.connection.end();
  }
}

const pollMs = 20;

/** Asks until it is so; throws with `what` after a minute. */
export async function until(
  isSo: () => Promise<boolean> | boolean,
  what: string,
  timeoutMs = 60_000,
): Promise<void> {
  const endMs = performance.now() + timeoutMs;
  while (!(await isSo())) {
    if (performance.now() > endMs) throw new Error(`it never came about that ${what}`);
    await pause(pollMs);
  }
}
