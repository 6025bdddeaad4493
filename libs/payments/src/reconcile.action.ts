import { recordAudit } from '#audit';
import type { Clock } from '#calendar';
import { newId, once, type Transaction, UnitOfWork } from '#database';
import type { CurrencyCode } from '#money';
import type { Actor } from '#organizations';
import { done, invariant, type Outcome, refuse } from '#outcome';
import { Inject, Injectable } from '@nestjs/common';
import { compareBooks, readAtOneInstant } from './compare-books.store.js';
import type { Difference, Reconciliation } from './difference.js';
import { checkFinance } from './finance-request.js';
import { MirrorFunds } from './mirror-funds.action.js';
import type { PaymentLog } from './payment-log.js';
import { type PaymentProvider, ProviderUnavailable } from './provider.js';
import { freezeExactly, insertReconciliation, reconciliationById } from './reconciliation.store.js';

const mostTries = 6;

/** Proves that ledger and provider say the same to the cent, or shows and freezes what does not. */
@Injectable()
export class Reconcile {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly mirror: MirrorFunds,
    @Inject('PaymentProvider') private readonly provider: PaymentProvider | null,
    @Inject('Clock') private readonly clock: Clock,
    @Inject('Log') private readonly log: PaymentLog,
  ) {}

  /**
   * Copies the provider's account statement and compares every account. Nothing is repaired: a book that differs is
   * frozen, and free again when a later comparison finds it in order. Throws ProviderUnavailable, also when money never
   * stops moving while it looks. Never inside a transaction.
   */
  async execute(now: Date): Promise<Reconciliation> {
    const reconciliation = await this.compare(now);
    await this.unitOfWork.run(async (tx) => done(await this.keep(tx, reconciliation)));
    return reconciliation;
  }

  /** The same for a person, once for each key. Refuses NOT_PERMITTED, PAYMENTS_OFF, PROVIDER_UNAVAILABLE, and as `once`. */
  async onDemand(
    actor: Actor,
    { idempotencyKey: key }: { readonly idempotencyKey: string },
  ): Promise<Outcome<{ readonly reconciliation: Reconciliation; readonly replayed: boolean }>> {
    const permitted = checkFinance(actor, 'ANY');
    if (!permitted.ok) return permitted;
    if (this.provider === null) return refuse('PAYMENTS_OFF');
    const now = this.clock.now();
    const request = {
      organizationId: actor.organizationId,
      key,
      operation: 'reconcilePayments',
      input: {},
      now,
    };
    try {
      const reconciliation = await this.compare(now);
      return await this.unitOfWork.run(async (tx) => {
        const kept = await once<{ id: string }>(tx, request, async () => {
          await this.keep(tx, reconciliation);
          await recordAudit(tx, actor, {
            action: 'payments.reconcile',
            subject: `reconciliation:${reconciliation.id}`,
            at: now,
          });
          return done({ id: reconciliation.id });
        });
        if (!kept.ok) return kept;
        const { id, replayed } = kept.value;
        return done({ reconciliation: await reconciliationById(tx, id), replayed });
      });
    } catch (error) {
      if (!(error instanceof ProviderUnavailable)) throw error;
      return refuse('PROVIDER_UNAVAILABLE');
    }
  }

  private async compare(now: Date): Promise<Reconciliation> {
    const { provider } = this;
    invariant(provider, 'the books are compared without a payment provider');
    let { found, inFlight } = await this.mirror.execute(now, 'WHOLE');
    for (let attempt = 0; attempt < mostTries; attempt += 1) {
      const balances = await provider.balances();
      const compared = await this.unitOfWork.run(async (tx) => {
        await readAtOneInstant(tx);
        return done(await compareBooks(tx, { balances, inFlight }));
      });
      invariant(compared.ok, 'a comparison was refused');
      // What moved between the balance and the books would look like a difference.
      const later = await this.mirror.execute(now);
      const isSame = hasSame(inFlight, later.inFlight) && sameBalances(balances, await provider.balances());
      if (later.found === 0 && isSame) return { id: newId(), finishedAt: now, found, ...compared.value };
      found += later.found;
      inFlight = later.inFlight;
    }
    throw new ProviderUnavailable('BALANCE_MOVES');
  }

  private async keep(tx: Transaction, reconciliation: Reconciliation): Promise<void> {
    const { differences, finishedAt } = reconciliation;
    await insertReconciliation(tx, reconciliation);
    const { lifted } = await freezeExactly(tx, freezesOf(differences), finishedAt);
    if (differences.length > 0) {
      this.log.error('the ledger and the payment provider do not match: what differs is frozen', {
        count: differences.length,
        violations: differences
          .slice(0, 10)
          .map(({ kind, subject, currency }) => `${kind} ${subject ?? currency}`)
          .join('; '),
      });
    }
    if (lifted > 0) this.log.info('what differed matches again and is free', { count: lifted });
  }
}

function freezesOf(
  differences: readonly Difference[],
): readonly { bookId: string; currency: CurrencyCode; reason: string }[] {
  const wanted = new Map<string, { bookId: string; currency: CurrencyCode; reason: string }>();
  for (const { bookId, currency, kind } of differences) {
    const key = `${bookId} ${currency}`;
    if (!wanted.has(key)) wanted.set(key, { bookId, currency, reason: kind });
  }
  return [...wanted.values()];
}

function hasSame(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((each) => other.has(each));
}

function sameBalances(
  one: readonly {
    readonly currency: string;
    readonly availableMinor: bigint;
    readonly pendingMinor: bigint;
  }[],
  other: typeof one,
): boolean {
  const text = (balances: typeof one): string =>
    balances
      .map(({ currency, availableMinor, pendingMinor }) => `${currency} ${availableMinor + pendingMinor}`)
      .sort()
      .join();
  return text(one) === text(other);
}
