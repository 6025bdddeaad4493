import { setCreditBlocks } from '#contracts';
import { saveCreditBlock } from './billing-profile.store.js';
import { type BuyerScope, creditUsesOf } from './buyer-scope.store.js';
import { isCreditUsedUp } from './credit.js';

/** Has intake refuse leads for a buyer whose credit is used up, and take them again when there is room; true: it changed. */
export async function refreshCredit({ tx, now, profile, operatorId }: BuyerScope): Promise<boolean> {
  const { buyerId, terms, creditLimitMinor, creditBlockedAt } = profile;
  const isLimited = terms === 'PREPAID' || creditLimitMinor !== null;
  if (!isLimited && creditBlockedAt === null) return false;
  const uses = isLimited ? await creditUsesOf(tx, { buyerId, operatorId }) : [];
  const blocked = isLimited && isCreditUsedUp(profile, uses);
  // Also when nothing changed here: a contract may be newer than the block.
  await setCreditBlocks(tx, { buyerId, blocked, at: now });
  await saveCreditBlock(tx, buyerId, {
    blockedAt: blocked ? (creditBlockedAt ?? now) : null,
    checkedAt: now,
  });
  return blocked !== (creditBlockedAt !== null);
}
