import { setTimeout as wait } from 'node:timers/promises';
import { CommandError } from '../command.js';
import type { DemoKeys } from './demo-keys.js';
import { type GraphqlClient, mustBeDone, type UserError } from './graphql-client.js';
import type { ApiMoney, Statement } from './marketplace.js';

/** One try at taking the money of an invoice. */
export interface CollectionShown {
  readonly id: string;
  readonly method: string;
  readonly status: string;
  readonly amount: ApiMoney;
  readonly fee: ApiMoney | null;
}

/** How far the money of a statement is. */
export interface MoneyOfStatement {
  readonly status: string;
  readonly invoice: {
    readonly number: string;
    readonly status: string;
    readonly total: ApiMoney;
    readonly collections: { readonly nodes: readonly CollectionShown[] };
  } | null;
  readonly holds: readonly {
    readonly reason: string;
    readonly until: string | null;
    readonly words: string;
  }[];
  /** Newest first. */
  readonly payouts: readonly {
    readonly number: string;
    readonly status: string;
    readonly amount: ApiMoney;
    readonly transferId: string | null;
    readonly failure: string | null;
    readonly bankPayout: { readonly status: string; readonly arrivesAt: string } | null;
  }[];
}

/** What ledger and payment provider say of the same money. */
export interface Match {
  readonly matches: boolean;
  readonly accounts: readonly {
    readonly account: string;
    /** Null: the balance, or all agencies together. */
    readonly agency: { readonly name: string } | null;
    readonly ledger: ApiMoney;
    readonly provider: ApiMoney;
    readonly difference: ApiMoney;
  }[];
  readonly differences: readonly { readonly kind: string; readonly subject: string | null }[];
}

const lookEveryMs = 250;
const giveUpMs = 45_000;

/** Watches, as finance does, what becomes of an approved statement, through the public API. */
export class MoneyMoves {
  constructor(
    private readonly client: GraphqlClient,
    private readonly keys: DemoKeys,
    private readonly run: string,
  ) {}

  /** Waits until the statement's money is as far as that. Throws when it does not get there, with where it is. */
  async until(
    { id, number }: Statement,
    isThere: (money: MoneyOfStatement) => boolean,
  ): Promise<MoneyOfStatement> {
    for (let left = giveUpMs; ; left -= lookEveryMs) {
      const { settlement } = await this.client.send<{ settlement: MoneyOfStatement | null }>(
        this.keys.preparer.apiKey,
        moneyQuery,
        { id },
      );
      if (settlement && isThere(settlement)) return settlement;
      if (left <= 0) {
        const why = settlement?.holds.map(({ words }) => words).join(' ') ?? '';
        throw new CommandError(
          `statement ${number} is still ${settlement?.status ?? 'missing'}. ${why} Is the worker running?`,
        );
      }
      await wait(lookEveryMs);
    }
  }

  /** The payment provider's id of what was asked for on behalf of a collection; null when it was not asked. */
  async providerIdOf(collection: CollectionShown): Promise<string | null> {
    const { paymentOperations } = await this.client.send<{
      paymentOperations: { nodes: readonly { providerObjectId: string | null }[] };
    }>(
      this.keys.preparer.apiKey,
      'query ($subject: String!) { paymentOperations(first: 1, subject: $subject) { nodes { providerObjectId } } }',
      { subject: `collection:${collection.id}` },
    );
    return paymentOperations.nodes[0]?.providerObjectId ?? null;
  }

  /** Compares ledger and payment provider now. */
  async match(): Promise<Match> {
    const { reconcilePayments } = await this.client.send<{
      reconcilePayments: { reconciliation: Match | null; userErrors: readonly UserError[] };
    }>(
      this.keys.approver.apiKey,
      `mutation ($input: ReconcilePaymentsInput!) {
        reconcilePayments(input: $input) {
          reconciliation {
            matches differences { kind subject }
            accounts {
              account agency { name }
              ledger { amount currency } provider { amount currency } difference { amount currency }
            }
          }
          userErrors { code message field }
        }
      }`,
      { input: { idempotencyKey: `demo-${this.run}:reconcile` } },
    );
    mustBeDone('reconcilePayments', reconcilePayments.userErrors);
    if (!reconcilePayments.reconciliation) throw new CommandError('the books were not compared.');
    return reconcilePayments.reconciliation;
  }
}

const moneyQuery = `query ($id: ID!) {
  settlement(id: $id) {
    status
    invoice {
      number status total { amount currency }
      collections(first: 5) { nodes { id method status amount { amount currency } fee { amount currency } } }
    }
    holds { reason until words }
    payouts { number status amount { amount currency } transferId failure bankPayout { status arrivesAt } }
  }
}`;
