import type { Reader } from '#ledger';
import { invariant } from '#outcome';
import type { BillingProfile } from './billing-profile.js';

export async function buyerExists(reader: Reader, id: string): Promise<boolean> {
  const rows = await reader.query(`select 1 from organizations where id = $1 and kind = 'BUYER'`, [id]);
  return rows.length === 1;
}

/** Where invoices for a buyer go: to the address that was set for it, else to who runs it; null: neither is known. */
export async function emailOfBuyer(
  reader: Reader,
  { buyerId, billingEmail }: Pick<BillingProfile, 'buyerId' | 'billingEmail'>,
): Promise<string | null> {
  if (billingEmail !== null) return billingEmail;
  const [user] = await reader.query<{ email: string }>(
    `select email from users where organization_id = $1 and disabled_at is null
     order by not 'OWNER' = any (roles), not 'ADMIN' = any (roles), created_at, id limit 1`,
    [buyerId],
  );
  return user?.email ?? null;
}

export async function nameOfBuyer(reader: Reader, buyerId: string): Promise<string> {
  const [buyer] = await reader.query<{ name: string }>('select name from organizations where id = $1', [
    buyerId,
  ]);
  invariant(buyer, 'a buyer has no organization');
  return buyer.name;
}
