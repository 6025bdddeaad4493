import { Database } from '#database';
import { asCurrency, type CurrencyCode } from '#money';
import type { Actor } from '#organizations';
import { operatorBook } from '#payments';
import { Injectable } from '@nestjs/common';
import type { BillingProfile } from './billing-profile.js';
import { readProfiles } from './billing-profile.store.js';
import { creditUsesOf, prepaidOf } from './buyer-scope.store.js';
import { creditLimitIn, type CreditUse, exposureOf } from './credit.js';

/** Where a buyer stands in one currency, in minor units. */
export interface BuyerStanding extends CreditUse {
  /** What it has prepaid; a part of its credit. */
  readonly prepaidMinor: bigint;
  /** What it would owe if everything were settled now; negative: it has money with us. */
  readonly exposureMinor: bigint;
  /** Null: there is no limit. */
  readonly limitMinor: bigint | null;
}

/** Settlements of a buyer that are approved and cannot be billed, because there is no way to collect them. */
export interface Unbillable {
  readonly buyerId: string;
  readonly currency: CurrencyCode;
  readonly settlements: number;
  readonly amountMinor: bigint;
}

/** How buyers pay and where they stand. */
@Injectable()
export class BillingQueries {
  constructor(private readonly database: Database) {}

  /** The profile of a buyer, its own or for the operator; undefined: there is no such buyer, or it is somebody else's to see. */
  async profile(actor: Actor, buyerId: string): Promise<BillingProfile | undefined> {
    if (actor.kind === 'AGENCY' || (actor.kind === 'BUYER' && actor.organizationId !== buyerId))
      return undefined;
    const buyers = await this.database.query(`select 1 from organizations where id = $1 and kind = 'BUYER'`, [
      buyerId,
    ]);
    if (buyers.length === 0) return undefined;
    const [profile] = await readProfiles(this.database, [buyerId]);
    return profile;
  }

  /** By currency. Not limited to an actor: give a profile that the actor was shown. */
  async standing(profile: BillingProfile): Promise<readonly BuyerStanding[]> {
    const operatorId = await operatorBook(this.database);
    const { buyerId } = profile;
    const uses = await creditUsesOf(this.database, { buyerId, operatorId });
    const prepaid = await prepaidOf(this.database, { buyerId, operatorId });
    return uses
      .map((use) => ({
        ...use,
        prepaidMinor: prepaid.get(use.currency) ?? 0n,
        exposureMinor: exposureOf(use),
        limitMinor: creditLimitIn(profile, use.currency),
      }))
      .sort((a, b) => (a.currency < b.currency ? -1 : 1));
  }

  /** What waits for a way to collect it, the largest first; for the operator's finance team. */
  async unbillable(limit: number): Promise<readonly Unbillable[]> {
    const rows = await this.database.query<{
      buyer_id: string;
      currency: string;
      count: number;
      amount: string;
    }>(
      `select s.buyer_id, s.currency, count(*)::int as count, sum(s.agency_minor + s.fee_minor) as amount
       from settlements s left join billing_profiles p on p.buyer_id = s.buyer_id
       where s.state = 'APPROVED' and s.agency_minor + s.fee_minor > 0 and coalesce(p.terms, 'AUTOPAY') = 'AUTOPAY'
         and not coalesce(p.method_usable and p.method_refused_code is null and p.provider_buyer_id is not null, false)
       group by 1, 2 order by 4 desc, 1 limit $1`,
      [limit],
    );
    return rows.map((row) => ({
      buyerId: row.buyer_id,
      currency: asCurrency(row.currency),
      settlements: row.count,
      amountMinor: BigInt(row.amount),
    }));
  }
}
