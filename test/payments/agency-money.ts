import type { Clock } from '#calendar';
import { type Database, isInsideTransaction, newId, type UnitOfWork } from '#database';
import {
  collected,
  type NewPosting,
  postJournals,
  transferFailed,
  transferRequested,
  transferReversed,
  transferSucceeded,
} from '#ledger';
import { asCurrency } from '#money';
import type { Actor } from '#organizations';
import { done, invariant, type Outcome } from '#outcome';
import {
  type FundsMovement,
  type ObjectHandlerOf,
  type ObjectRef,
  type Operation,
  type OperationHandler,
  type Operations,
  type PaymentProvider,
  recordFunds,
  type TransferSnapshot,
} from '#payments';
import type { Sandbox } from '../../apps/stripe-sandbox/src/sandbox.js';

export const usd = asCurrency('USD');
export const began = new Date('2027-01-04T12:00:00.000Z');
export const secondMs = 1_000;
export const hourMs = 3_600_000;

/** How an operation ended, as its handler was told. */
export interface Ending {
  readonly operationId: string;
  readonly outcome: 'SUCCEEDED' | 'REFUSED';
  readonly code: string | null;
}

/** What a test does to the handler of transfers. */
export interface HandlerSwitches {
  /** A code stops it before anything is sent. */
  mayBeSent: ((operation: Operation) => Promise<string | null>) | null;
  /** Runs first in the transaction that ends an operation; what it throws is thrown there. */
  beforeEnd: (() => Promise<void>) | null;
}

export function made<T>(outcome: Outcome<T>): T {
  if (!outcome.ok)
    throw new Error(outcome.refusals.map(({ code, message }) => `${code}: ${message}`).join('\n'));
  return outcome.value;
}

/** One agency whose money is booked as libs/payouts books it, in little. */
export class AgencyMoney {
  readonly agencyId = newId();
  readonly buyerId = newId();
  readonly operatorId = newId();
  accountId = '';
  readonly endings: Ending[] = [];
  readonly snapshots: TransferSnapshot[] = [];
  readonly unfinished: ObjectRef[] = [];
  readonly switches: HandlerSwitches = { mayBeSent: null, beforeEnd: null };
  readonly people: Record<'preparer' | 'approver' | 'otherApprover', Actor> = {} as never;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly operations: Operations,
    private readonly clock: Clock,
  ) {}

  async create(database: Database): Promise<void> {
    const kinds = { AGENCY: this.agencyId, BUYER: this.buyerId, OPERATOR: this.operatorId };
    for (const [kind, id] of Object.entries(kinds)) {
      await database.query(
        'insert into organizations (id, kind, name, created_at) values ($1, $2, $2, now())',
        [id, kind],
      );
    }
    const roles = {
      preparer: ['FINANCE_PREPARER'],
      approver: ['FINANCE_APPROVER'],
      otherApprover: ['FINANCE_APPROVER'],
    } as const;
    for (const name of ['preparer', 'approver', 'otherApprover'] as const) {
      const id = newId();
      await database.query(
        `insert into users (id, organization_id, email, name, password_hash, roles, created_at)
         values ($1, $2, $3, $3, 'x', $4, now())`,
        [id, this.operatorId, `${name.toLowerCase()}@example.com`, roles[name]],
      );
      this.people[name] = {
        ...{ id: `user:${id}`, kind: 'OPERATOR', organizationId: this.operatorId, userId: id, keyId: null },
        ...{ roles: roles[name], scopes: null, mode: 'live', requestId: null },
      };
    }
  }

  async openAccount(sandbox: Sandbox): Promise<void> {
    const { operations } = this;
    const now = this.clock.now();
    const asked = await this.unitOfWork.run(async (tx) =>
      done(
        await operations.request(tx, {
          request: {
            kind: 'ACCOUNT_CREATE',
            agencyId: this.agencyId,
            name: 'Agency',
            email: 'a@example.com',
            country: 'US',
          },
          subject: `payment_account:${this.agencyId}`,
          bookId: this.agencyId,
          idempotencyKey: `acct:${this.agencyId}`,
          now,
        }),
      ),
    );
    const sent = await operations.sendNow(made(asked).id, now);
    invariant(sent.state === 'SUCCEEDED', `the account is ${sent.state} (${sent.lastCode ?? ''})`);
    sandbox.control.completeAccount({ account: this.accountId });
    this.endings.length = 0;
  }

  async collect(provider: PaymentProvider, sandbox: Sandbox, amountMinor: bigint): Promise<void> {
    sandbox.control.fund({ amount: Number(amountMinor), currency: 'usd' });
    const [funds] = (await provider.funds(began, null)).movements;
    invariant(funds?.netMinor === amountMinor, 'the money did not come in');
    await this.post(funds, `charge:${funds.id}`, collected(this.buyerId, amountMinor));
    // As if its hold were over.
    await this.postWithout(`hold:${funds.id}`, [
      { debit: { kind: 'accrued', partyId: null }, credit: { kind: 'payable', partyId: null }, amountMinor },
    ]);
  }

  async requestTransfer(amountMinor: bigint): Promise<{ id: string; payoutId: string }> {
    const payoutId = newId();
    const now = this.clock.now();
    const asked = await this.unitOfWork.run(async (tx) => {
      made(
        await postJournals(tx, { id: 'system:test' }, now, [
          this.journal(`payout:${payoutId}`, `payout:${payoutId}:request`, transferRequested(amountMinor)),
        ]),
      );
      return done(
        await this.operations.request(tx, {
          request: {
            ...{ kind: 'TRANSFER', payoutId, accountId: this.accountId, amountMinor, currency: usd },
            ...{ transferGroup: `payout_${payoutId}`, sourceChargeId: null },
          },
          subject: `payout:${payoutId}`,
          bookId: this.agencyId,
          idempotencyKey: `tr:${payoutId}:a1`,
          now,
        }),
      );
    });
    return { id: made(asked).id, payoutId };
  }

  readonly handler: OperationHandler = {
    kinds: ['ACCOUNT_CREATE', 'TRANSFER'],
    mayBeSent: async (operation) => {
      // What a handler asks of the provider is over the network too.
      invariant(!isInsideTransaction(), 'the last look is inside a transaction');
      return (await this.switches.mayBeSent?.(operation)) ?? null;
    },
    succeeded: async (tx, operation, object, now) => {
      await this.switches.beforeEnd?.();
      if (object.object === 'account') this.accountId = object.id;
      if (object.object === 'transfer') {
        const transfer: TransferSnapshot = object;
        await recordFunds(tx, transfer.funds, now);
        made(
          await postJournals(tx, { id: 'system:test' }, now, [
            this.journal(
              `stripe:${transfer.funds.id}`,
              `transfer:${transfer.id}`,
              transferSucceeded(transfer.amountMinor),
            ),
          ]),
        );
      }
      this.endings.push({ operationId: operation.id, outcome: 'SUCCEEDED', code: null });
    },
    refused: async (tx, operation, { code }, now) => {
      await this.switches.beforeEnd?.();
      if (operation.kind === 'TRANSFER') {
        invariant(operation.amountMinor !== null, 'a transfer of nothing');
        made(
          await postJournals(tx, { id: 'system:test' }, now, [
            this.journal(
              operation.subject,
              `${operation.subject}:failed`,
              transferFailed(operation.amountMinor),
            ),
          ]),
        );
      }
      this.endings.push({ operationId: operation.id, outcome: 'REFUSED', code });
    },
  };

  /** Reversals, whoever made them. */
  readonly transfers: ObjectHandlerOf<'transfer'> = {
    kind: 'transfer',
    apply: async (tx, snapshot, now) => {
      this.snapshots.push(snapshot);
      if (snapshot.accountId !== this.accountId) return;
      for (const { id, funds, amountMinor } of snapshot.reversals) {
        await recordFunds(tx, funds, now);
        const journal = this.journal(
          `stripe:${funds.id}`,
          `reversal:${id}`,
          transferReversed(0n, amountMinor),
        );
        made(
          await postJournals(tx, { id: 'system:test' }, now, [{ ...journal, effectiveAt: funds.createdAt }]),
        );
      }
    },
  };

  private async post(funds: FundsMovement, key: string, postings: readonly NewPosting[]): Promise<void> {
    await this.unitOfWork.run(async (tx) => {
      await recordFunds(tx, funds, this.clock.now());
      return await postJournals(tx, { id: 'system:test' }, this.clock.now(), [
        this.journal(`stripe:${funds.id}`, key, postings),
      ]);
    });
  }

  private async postWithout(key: string, postings: readonly NewPosting[]): Promise<void> {
    await this.unitOfWork.run((tx) =>
      postJournals(tx, { id: 'system:test' }, this.clock.now(), [this.journal(key, key, postings)]),
    );
  }

  private journal(source: string, idempotencyKey: string, postings: readonly NewPosting[]) {
    return {
      ...{ bookId: this.agencyId, id: newId(), kind: 'TEST', source, idempotencyKey, currency: 'USD' },
      ...{ effectiveAt: this.clock.now(), reverses: null, postings },
    };
  }
}
