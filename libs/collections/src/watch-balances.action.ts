import { type Transaction, UnitOfWork } from '#database';
import { systemActor } from '#organizations';
import { done } from '#outcome';
import { Injectable } from '@nestjs/common';
import { methodToCharge } from './billing-profile.js';
import { saveRecharge } from './billing-profile.store.js';
import { balanceOfBuyer, type BuyerScope, openBuyer } from './buyer-scope.store.js';
import { rechargerId } from './collection-end.store.js';
import { Collector } from './collector.action.js';
import { refreshCredit } from './credit-check.store.js';
import { inTurn } from './in-turn.js';

/** How often a buyer's balance and credit are looked at, beside each time that a payment changes them: leads use them up. */
const everyMs = 2_000;
const recharger = systemActor(rechargerId.slice('system:'.length));
const watcher = systemActor('credit-watch');

/** Fills up balances that run low, and blocks buyers that have used up their credit. */
@Injectable()
export class WatchBalances {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly collector: Collector,
  ) {}

  /** Gives the number of balances that are being filled up. */
  async recharge(now: Date, limit: number): Promise<number> {
    if (!this.collector.isOn) return 0;
    const due = await this.find(
      `select p.buyer_id as id from billing_profiles p
       where p.recharge_minor is not null and p.method_usable and p.method_refused_code is null
         and (p.recharge_next_at <= $1 or (p.recharge_next_at is null and p.recharge_failure_code is null))
       order by p.recharge_next_at nulls first, p.buyer_id limit $2`,
      [now, limit],
    );
    return await this.each(due, async (tx, buyerId) => {
      const scope = await openBuyer(tx, { buyerId, actor: recharger, now });
      const { profile } = scope;
      const failures = profile.rechargeFailures;
      const nextAt = new Date(now.getTime() + everyMs);
      await saveRecharge(tx, buyerId, { failures, code: profile.rechargeFailureCode, nextAt });
      return await this.rechargeOne(scope);
    });
  }

  private async rechargeOne(scope: BuyerScope): Promise<boolean> {
    const { recharge, currency } = scope.profile;
    if (recharge === null || methodToCharge(scope.profile) === null) return false;
    const { creditMinor } = await balanceOfBuyer(scope, currency);
    if (creditMinor >= recharge.belowMinor) return false;
    const wanted = { amountMinor: recharge.amountMinor, currency, byPerson: false };
    // Refused while one is under way already.
    return (await this.collector.topUp(scope, wanted)).ok;
  }

  /** Gives the number of buyers that are blocked now and were not, or the other way round. */
  async checkCredit(now: Date, limit: number): Promise<number> {
    const due = await this.find(
      `select p.buyer_id as id from billing_profiles p
       where (p.credit_limit_minor is not null or p.terms = 'PREPAID' or p.credit_blocked_at is not null)
         and (p.credit_checked_at is null or p.credit_checked_at <= $1)
       order by p.credit_checked_at nulls first, p.buyer_id limit $2`,
      [new Date(now.getTime() - everyMs), limit],
    );
    return await this.each(due, async (tx, buyerId) =>
      refreshCredit(await openBuyer(tx, { buyerId, actor: watcher, now })),
    );
  }

  private async find(sql: string, parameters: readonly unknown[]): Promise<readonly string[]> {
    const found = await this.unitOfWork.run(async (tx) =>
      done(await tx.query<{ id: string }>(sql, parameters)),
    );
    return found.ok ? found.value.map(({ id }) => id) : [];
  }

  private async each(
    buyerIds: readonly string[],
    work: (tx: Transaction, buyerId: string) => Promise<boolean>,
  ): Promise<number> {
    return await inTurn(buyerIds, async (buyerId) => {
      const did = await this.unitOfWork.run(async (tx) => done(await work(tx, buyerId)));
      return did.ok && did.value;
    });
  }
}
