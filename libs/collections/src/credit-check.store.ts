import { closeCreditRooms, openCreditRooms, setCreditBlocks, setCreditRooms } from '#contracts';
import type { Transaction } from '#database';
import type { BillingProfile } from './billing-profile.js';
import { saveCreditBlock } from './billing-profile.store.js';
import { type BuyerScope, creditUsesOf, currenciesOfBuyer } from './buyer-scope.store.js';
import { creditLimitIn, type CreditUse, exposureOf, isCreditUsedUp } from './credit.js';

/** Has intake refuse leads for a buyer whose credit is used up, and take them again when there is room; true: it changed. */
export async function refreshCredit({ tx, now, profile, operatorId }: BuyerScope): Promise<boolean> {
  const { buyerId, terms, creditLimitMinor, creditBlockedAt } = profile;
  const isLimited = terms === 'PREPAID' || creditLimitMinor !== null;
  if (!isLimited && creditBlockedAt === null) return false;
  if (!isLimited) await closeCreditRooms(tx, buyerId);
  const uses = isLimited ? await countRooms(tx, { profile, operatorId }) : [];
  const blocked = isLimited && isCreditUsedUp(profile, uses);
  // Also when nothing changed here: a contract may be newer than the block.
  await setCreditBlocks(tx, { buyerId, blocked, at: now });
  await saveCreditBlock(tx, buyerId, {
    blockedAt: blocked ? (creditBlockedAt ?? now) : null,
    checkedAt: now,
  });
  return blocked !== (creditBlockedAt !== null);
}

/**
 * Counts anew what the buyer may still be charged. The rooms are held first: whoever sells to the buyer at the same time
 * has committed before they are counted, or waits until they are.
 */
async function countRooms(
  tx: Transaction,
  { profile, operatorId }: { readonly profile: BillingProfile; readonly operatorId: string },
): Promise<readonly CreditUse[]> {
  const { buyerId } = profile;
  await openCreditRooms(tx, buyerId, [profile.currency, ...(await currenciesOfBuyer(tx, buyerId))]);
  const uses = await creditUsesOf(tx, { buyerId, operatorId });
  const rooms = new Map<string, bigint>();
  const ofOwn = creditLimitIn(profile, profile.currency);
  if (ofOwn !== null) rooms.set(profile.currency, ofOwn);
  for (const use of uses) {
    const limit = creditLimitIn(profile, use.currency);
    if (limit !== null) rooms.set(use.currency, limit - exposureOf(use));
  }
  await setCreditRooms(tx, buyerId, rooms);
  return uses;
}
