/**
 * One copy of the stage, the processes that work on it and are killed, and what is found when all is over.
 */
import { copyFileSync, rmSync } from 'node:fs';
import type { FaultKind } from '../../apps/stripe-sandbox/src/faults.js';
import { type Sandbox, startSandbox } from '../../apps/stripe-sandbox/src/sandbox.js';
import type { OperationKind } from '#payments';
import { copyDatabase, dropDatabase } from './databases.js';
import { Gates, until } from './gates.js';
import { ProductProcess } from './processes.js';
import { type KeptStage, stageSettings } from './stage.js';
import { Wire } from './wire.js';

/**
 * What goes wrong besides, one for each slot. lost: the connection breaks and no answer comes. cut: the answer breaks off.
 * limited: 429. failed: 500 after the effect. replayed: the same, and for a day. pruned: the key is forgotten.
 */
export const faults = ['lost', 'cut', 'limited', 'failed', 'replayed', 'pruned'] as const;
export type Fault = (typeof faults)[number];

export interface StagedOperation {
  readonly id: string;
  readonly kind: OperationKind;
  readonly key: string;
  readonly state: string;
  readonly fault: Fault;
}

/** What the sandbox does with the next request of an operation; the SDK repeats once what was reset. */
export interface Rule {
  readonly kind: FaultKind;
  readonly count?: number;
}

/** What is under way at once in a worker; a database has a hundred connections. */
export const waveSize = 27;

const longestDrainMs = 150_000;
const dayMs = 24 * 3_600_000;

export interface DrainOptions {
  /** What stays as it is. */
  readonly except?: readonly string[];
  /** Done again and again, where no process does it. */
  readonly work?: () => Promise<void>;
}

export class CrashRun {
  readonly processes: ProductProcess[] = [];

  private constructor(
    readonly stage: KeptStage,
    readonly databaseUrl: string,
    private readonly stateFile: string,
    readonly sandbox: Sandbox,
    readonly wire: Wire,
    readonly gates: Gates,
  ) {}

  static async open(stage: KeptStage): Promise<CrashRun> {
    const databaseUrl = await copyDatabase(stage.databaseUrl);
    const stateFile = `${stage.stateFile}.${new URL(databaseUrl).pathname.slice(1)}`;
    copyFileSync(stage.stateFile, stateFile);
    const sandbox = await startSandbox({ port: 0, stateFile, settings: stageSettings });
    const gates = await Gates.open(databaseUrl);
    return new CrashRun(stage, databaseUrl, stateFile, sandbox, await Wire.open(sandbox.url), gates);
  }

  get environment(): Readonly<Record<string, string>> {
    return {
      DATABASE_URL: this.databaseUrl,
      LEADGER_STRIPE_SANDBOX_URL: this.wire.url,
      LEADGER_STRIPE_REQUESTS_PER_SECOND: '1000',
      LEADGER_STRIPE_OPERATIONS_AT_ONCE: String(waveSize),
      // Each answer is written in a transaction of its own, which a test may hold.
      LEADGER_POOL_SIZE: String(waveSize + 3),
      LEADGER_TWO_APPROVERS_ABOVE: '1000000.00',
    };
  }

  async startWorkers(count = 1): Promise<void> {
    const started = Array.from({ length: count }, () => ProductProcess.start('worker', this.environment));
    this.processes.push(...(await Promise.all(started)));
  }

  /** A process in which people act. */
  async startActs(): Promise<ProductProcess> {
    const started = await ProductProcess.start('acts', this.environment);
    this.processes.push(started);
    return started;
  }

  /** SIGKILL to all that run, and the server notices that they are gone. */
  async killAll(): Promise<void> {
    await Promise.all(this.processes.map((each) => each.kill()));
    await this.gates.forgetTheDead();
  }

  /** The operations of the six slots, by the sides that they are for. */
  async staged(): Promise<readonly StagedOperation[]> {
    const rows = await this.gates.query<Omit<StagedOperation, 'fault'> & { owner: string }>(
      `select o.id, o.kind, o.idempotency_key as key, o.state,
         coalesce(c.buyer_id::text, r.finance_request_id::text,
           case when o.kind in ('BUYER_CREATE', 'ACCOUNT_CREATE') then split_part(o.subject, ':', 2) end,
           o.book_id::text) as owner
       from stripe_operations o
       left join collections c on o.subject = 'collection:' || c.id
       left join refunds r on o.subject = 'refund:' || r.id
       where o.created_at >= $1 order by o.id`,
      [this.stage.writtenFrom],
    );
    return rows.flatMap(({ owner, ...operation }) => {
      const fault = faults[this.stage.slotOf(owner) ?? faults.length];
      return fault === undefined ? [] : [{ ...operation, fault }];
    });
  }

  /** How often the processes said this. */
  told(what: string): number {
    return this.processes.flatMap(({ lines }) => lines.filter(({ msg }) => msg === what)).length;
  }

  /** Has the sandbox meet the next request of each of these with what its fault asks for. */
  meet(operations: readonly StagedOperation[], rules: Readonly<Partial<Record<Fault, Rule>>>): void {
    for (const { key, fault } of operations) {
      const rule = rules[fault];
      if (rule) this.sandbox.control.injectFault({ ...rule, method: 'POST', keyPrefix: key });
    }
  }

  /** Waits until none is under way, making it later whenever all that is left waits for a time to come. */
  async drain({ except = [], work = async () => undefined }: DrainOptions = {}): Promise<void> {
    await until(
      async () => {
        await work();
        const [left] = await this.gates.query<{ count: number; now: number; next_at: Date | null }>(
          `select count(*)::int as count,
             count(*) filter (where state = 'SENDING' or next_try_at <= clock_timestamp() + c.ahead)::int as now,
             min(next_try_at) filter (where state <> 'SENDING') as next_at
           from stripe_operations, (select offset_ms * interval '1 millisecond' as ahead from sandbox_clock) c
           where state not in ('SUCCEEDED', 'REFUSED', 'STOPPED') and not id = any ($1::uuid[])`,
          [except],
        );
        if (!left || left.count === 0) return true;
        if (left.now === 0 && left.next_at) await this.passUntil(left.next_at);
        return false;
      },
      'every operation came to its end',
      longestDrainMs,
    );
  }

  /** Makes it later, for everyone. */
  async pass(ms: number): Promise<void> {
    const [row] = await this.gates.query<{ offset_ms: string }>(
      'update sandbox_clock set offset_ms = offset_ms + $1 returning offset_ms',
      [Math.ceil(ms)],
    );
    this.sandbox.control.setClockOffset({ offsetMs: Number(row?.offset_ms) });
  }

  /**
   * A day goes by in which the provider forgets every key, and nobody lives through it: who began a round on the day before
   * would take a key of yesterday for a good one. In truth no round lasts a day.
   */
  async forgetKeys(): Promise<void> {
    await this.killAll();
    await this.pass(dayMs);
    this.sandbox.control.forgetIdempotencyKeys();
    await this.gates.endLeases();
  }

  async close(): Promise<void> {
    await Promise.all(this.processes.map((each) => each.kill()));
    await this.gates.close();
    await this.wire.close();
    await this.sandbox.stop();
    await dropDatabase(this.databaseUrl);
    rmSync(this.stateFile);
  }

  private async passUntil(at: Date): Promise<void> {
    const [row] = await this.gates.query<{ ms: string }>(
      `select extract(epoch from $1::timestamptz - clock_timestamp()) * 1000 - offset_ms as ms from sandbox_clock`,
      [at],
    );
    await this.pass(Math.max(1, Number(row?.ms)) + 1);
  }
}
