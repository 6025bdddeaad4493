import type { CurrencyCode } from '#money';
import type { PaymentMethodKind } from '#payments';

/** AUTOPAY: the saved method is charged. INVOICE: the buyer pays by the due date. PREPAID: out of its balance first. */
export const billingTerms = ['AUTOPAY', 'INVOICE', 'PREPAID'] as const;
export type BillingTerms = (typeof billingTerms)[number];

/** A payment method that the buyer has saved; never more of it than people need to recognize it. */
export interface SavedMethod {
  readonly id: string;
  readonly kind: PaymentMethodKind;
  /** Such as visa, or the bank's name. */
  readonly brand: string;
  readonly last4: string;
  /** Cards: yyyy-mm, the last month in which it works. */
  readonly expires: string | null;
  /** False: its mandate was withdrawn. */
  readonly usable: boolean;
  readonly savedAt: Date;
  /** A decline that it would meet again. */
  readonly refusedCode: string | null;
}

/** How a buyer's balance fills up by itself. Minor units of the profile's currency. */
export interface Recharge {
  readonly belowMinor: bigint;
  readonly amountMinor: bigint;
}

/** How a buyer pays. */
export interface BillingProfile {
  readonly buyerId: string;
  readonly terms: BillingTerms;
  /** Days from the invoice to its due date. */
  readonly netTermsDays: number;
  /** Of the credit limit and the recharge. */
  readonly currency: CurrencyCode;
  /** Null: none. */
  readonly creditLimitMinor: bigint | null;
  readonly recharge: Recharge | null;
  readonly billingEmail: string | null;
  /** As the provider knows the buyer; null until it was made there. */
  readonly providerBuyerId: string | null;
  /** The operation that makes it, while it is not over. */
  readonly providerOperationId: string | null;
  readonly providerTries: number;
  readonly providerFailureCode: string | null;
  /** It knows an address to which it can send invoices. */
  readonly providerHasEmail: boolean;
  readonly providerSetupId: string | null;
  readonly method: SavedMethod | null;
  readonly endedMethodId: string | null;
  readonly rechargeNextAt: Date | null;
  readonly rechargeFailures: number;
  readonly rechargeFailureCode: string | null;
  /** Since when intake refuses leads for it. */
  readonly creditBlockedAt: Date | null;
  /** 0: nothing was ever set. */
  readonly version: number;
}

export const defaultTerms: BillingTerms = 'AUTOPAY';
export const defaultNetTermsDays = 30;
export const longestNetTermsDays = 180;

/** What holds for a buyer of whom nothing is kept yet. */
export function defaultProfile(buyerId: string, currency: CurrencyCode): BillingProfile {
  return {
    buyerId,
    terms: defaultTerms,
    netTermsDays: defaultNetTermsDays,
    currency,
    creditLimitMinor: null,
    recharge: null,
    billingEmail: null,
    providerBuyerId: null,
    providerOperationId: null,
    providerTries: 0,
    providerFailureCode: null,
    providerHasEmail: false,
    providerSetupId: null,
    method: null,
    endedMethodId: null,
    rechargeNextAt: null,
    rechargeFailures: 0,
    rechargeFailureCode: null,
    creditBlockedAt: null,
    version: 0,
  };
}

/** The method that can be charged without asking; null: there is none. `byPerson`: also one that was refused before. */
export function methodToCharge(
  { method, providerBuyerId }: Pick<BillingProfile, 'method' | 'providerBuyerId'>,
  byPerson = false,
): SavedMethod | null {
  if (method === null || providerBuyerId === null || !method.usable) return null;
  return method.refusedCode === null || byPerson ? method : null;
}

/** Whether an approved statement can be billed now. */
export function canBeBilled(profile: BillingProfile): boolean {
  return profile.terms !== 'AUTOPAY' || methodToCharge(profile) !== null;
}

/** An address that mail can be sent to, as far as its form tells. */
export function isEmail(text: string): boolean {
  return text.length <= 254 && /^[^\s@\p{Cc}]{1,64}@[^\s@\p{Cc}.]+(\.[^\s@\p{Cc}.]+)+$/u.test(text);
}
