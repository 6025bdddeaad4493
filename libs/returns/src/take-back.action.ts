import { rebill } from '#charges';
import type { Transaction } from '#database';
import { DeliveryStore } from '#leads';
import type { Actor } from '#organizations';
import { invariant } from '#outcome';
import { Injectable } from '@nestjs/common';
import type { Return } from './return.js';

/** What an approval does to the lead and to the money, whoever approves; a step of the caller's transaction. */
@Injectable()
export class TakeBack {
  constructor(private readonly deliveries: DeliveryStore) {}

  /** Marks the delivery and the lead as returned and mirrors every live charge; gives the ids of the mirrors. */
  async apply(
    tx: Transaction,
    approved: Return,
    by: { readonly actor: Actor; readonly now: Date; readonly returnedAt: Date },
  ): Promise<readonly string[]> {
    const { agencyId, deliveryId } = approved;
    const delivery = await this.deliveries.lockById(tx, agencyId, deliveryId);
    invariant(delivery?.state === 'ACCEPTED', 'an undecided return has no accepted delivery');
    await this.deliveries.markReturned(tx, delivery, by.returnedAt);
    const { charges } = await rebill(tx, { actor: by.actor, now: by.now, agencyId, deliveryId });
    return charges.map((charge) => charge.id);
  }
}
