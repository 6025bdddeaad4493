import { isInsideTransaction, UnitOfWork } from '#database';
import { done, invariant } from '#outcome';
import { Inject, Injectable } from '@nestjs/common';
import { OpenFunds } from './open-funds.action.js';
import { OperationSender } from './operation-sender.action.js';
import { closeBreaker, mayProbe } from './payment-control.store.js';
import type { PaymentLog } from './payment-log.js';
import { type PaymentProvider, ProviderUnavailable } from './provider.js';

/** The part of the configuration that this is about. */
export interface SendSettings {
  readonly stripe?: { readonly operationsAtOnce: number } | null;
}

const usualLanes = 8;

/** Sends what is due. */
@Injectable()
export class SendOperations {
  constructor(
    private readonly sender: OperationSender,
    private readonly openFunds: OpenFunds,
    private readonly unitOfWork: UnitOfWork,
    @Inject('PaymentProvider') private readonly provider: PaymentProvider | null,
    @Inject('Log') private readonly log: PaymentLog,
    @Inject('Config') private readonly settings: SendSettings,
  ) {}

  /**
   * Sends at most `limit` operations, as many at the same time as is set, and gives the number of those that came to an
   * end; none without a provider. Several processes may do it at once. After `signal` nothing more is begun, and what was begun
   * is waited for. Throws inside a transaction, and when the books cannot be written.
   */
  async execute(now: Date, limit: number, signal?: AbortSignal): Promise<number> {
    invariant(!isInsideTransaction(), 'operations are sent inside a transaction');
    if (this.provider === null || limit <= 0 || signal?.aborted === true) return 0;
    if (!(await this.isReady(now))) return 0;
    let ended = await this.probe(now);
    let left = limit;
    const sendNext = async (): Promise<boolean> => {
      if (left <= 0 || signal?.aborted === true) return false;
      left -= 1;
      const operation = await this.sender.claim({ now });
      if (!operation) return false;
      if (await this.sender.send(operation, now)) ended += 1;
      return true;
    };
    // Mostly there is nothing: one question then, and not one for each lane.
    const lane = async (): Promise<void> => {
      while (await sendNext());
    };
    let others: Promise<void>[] = [];
    const first = await this.sender.claim({ now });
    if (!first) return ended;
    left -= 1;
    const lanes = this.settings.stripe?.operationsAtOnce ?? usualLanes;
    others = Array.from({ length: Math.min(lanes - 1, left) }, lane);
    const own = this.sender.send(first, now).then(async (isEnded) => {
      if (isEnded) ended += 1;
      await lane();
    });
    const settled = await Promise.allSettled([own, ...others]);
    for (const each of settled) if (each.status === 'rejected') throw each.reason;
    return ended;
  }

  /** Nothing is sent before it is known what the balance was: else what was there could not be told from what we moved. */
  private async isReady(now: Date): Promise<boolean> {
    try {
      await this.openFunds.execute(now);
      return true;
    } catch (error) {
      if (!(error instanceof ProviderUnavailable)) throw error;
      this.log.warn('the payment provider does not tell its balance', { code: error.code });
      return false;
    }
  }

  /** Of an open breaker: one operation, or a question when there is none, tells whether the key is taken again. */
  private async probe(now: Date): Promise<number> {
    const may = await this.unitOfWork.run(async (tx) => done(await mayProbe(tx)));
    if (!may.ok || !may.value || this.provider === null) return 0;
    const operation = await this.sender.claim({ now, probe: true });
    if (operation) return (await this.sender.send(operation, now)) ? 1 : 0;
    try {
      await this.provider.balances();
      await this.unitOfWork.run(async (tx) => done(await closeBreaker(tx)));
    } catch (error) {
      if (!(error instanceof ProviderUnavailable)) throw error;
    }
    return 0;
  }
}
