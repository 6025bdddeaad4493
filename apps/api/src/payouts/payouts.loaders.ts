import { Injectable } from '@nestjs/common';
import DataLoader from 'dataloader';
import {
  type Adjustment,
  AdjustmentQueries,
  type BankPayout,
  type HeldSettlement,
  HoldQueries,
  type Payout,
  PayoutQueries,
} from '#payouts';
import type { Settlement } from '#settlements';
import { listLoaderOf, type LoaderFactory, loaderOf, pageLoaderOf } from '../access/index.js';

// A later mutation of the same request may change what they show.
const afresh = { cache: false, maxBatchSize: 500 };

/** One query per request for all payouts, or all holds of settlements, that an answer shows. */
@Injectable()
export class PayoutLoaders {
  readonly byId;
  readonly ofSettlement;
  readonly bankPayout;
  readonly settlementIds;
  readonly held: LoaderFactory<Settlement, HeldSettlement | null>;

  readonly adjustments: LoaderFactory<Settlement, readonly Adjustment[]>;

  constructor(payouts: PayoutQueries, holds: HoldQueries, adjustments: AdjustmentQueries) {
    this.adjustments = () =>
      new DataLoader<Settlement, readonly Adjustment[]>(async (asked) => {
        const found = await adjustments.ofSettlements(asked);
        return asked.map(({ id }) => found.filter((each) => each.id === id));
      }, afresh);
    this.byId = loaderOf<string, Payout>(
      async (actor, ids) => await payouts.byIds(actor, ids),
      ({ id }) => id,
    );
    this.ofSettlement = listLoaderOf<string, { readonly settlementId: string; readonly payout: Payout }>(
      async (actor, ids) => await payouts.ofSettlements(actor, ids),
      ({ settlementId }) => settlementId,
    );
    this.settlementIds = pageLoaderOf<Payout, string>(
      async (_actor, of, page) => await payouts.settlementIds(of, page),
    );
    this.bankPayout = loaderOf<string, BankPayout>(
      async (_actor, ids) => await payouts.bankPayouts(ids),
      ({ id }) => id,
    );
    this.held = () =>
      new DataLoader<Settlement, HeldSettlement | null>(async (asked) => {
        const found = new Map((await holds.holdsOf(asked)).map((each) => [each.id, each]));
        return asked.map(({ id }) => found.get(id) ?? null);
      }, afresh);
  }
}
