import { type CurrencyCode, currencyOf, maxStripeAmount } from '#money';
import { type BillingProfile, methodToCharge, type SavedMethod } from './billing-profile.js';

/** How the rest of an invoice is collected next. */
export type NextCollection =
  | { readonly by: 'BALANCE'; readonly amountMinor: bigint }
  | { readonly by: 'METHOD'; readonly amountMinor: bigint; readonly method: SavedMethod }
  | { readonly by: 'PAGE'; readonly amountMinor: bigint; readonly daysUntilDue: number }
  /** The provider has to know the buyer first. */
  | { readonly by: 'BUYER_FIRST' }
  | { readonly by: 'NOTHING'; readonly code: NothingCode };

/** Why nothing can be collected as things are. */
export type NothingCode = 'method_missing' | 'amount_not_collectible' | 'buyer_refused' | 'email_missing';

export interface ToCollect {
  readonly profile: BillingProfile;
  readonly currency: CurrencyCode;
  /** What is not paid and not under way; above zero. */
  readonly openMinor: bigint;
  /** What the buyer has prepaid. */
  readonly balanceMinor: bigint;
  /** An address for invoices is known. */
  readonly hasEmail: boolean;
  readonly payOnPage: boolean;
  /** A person wants it now: a method that was refused before is tried again. */
  readonly byPerson: boolean;
  readonly dueAt: Date;
  readonly now: Date;
}

const dayMs = 86_400_000;
/** How long a page stays open that takes the place of a method that failed. */
const pageDays = 7;

/** The balance goes first, whatever the terms; then what the terms say. */
export function nextCollection(wanted: ToCollect): NextCollection {
  const { profile, currency, openMinor, balanceMinor, payOnPage, byPerson } = wanted;
  const fromBalance = balanceShare(openMinor, balanceMinor, currency);
  if (fromBalance > 0n) return { by: 'BALANCE', amountMinor: fromBalance };
  const method = methodToCharge(profile, byPerson);
  const onPage = profile.terms === 'INVOICE' || payOnPage || (profile.terms === 'PREPAID' && method === null);
  if (!onPage && method === null) return { by: 'NOTHING', code: 'method_missing' };
  const amountMinor = collectible(openMinor, currency);
  if (amountMinor === 0n) return { by: 'NOTHING', code: 'amount_not_collectible' };
  if (!onPage && method !== null) return { by: 'METHOD', amountMinor, method };
  const { providerBuyerId, providerHasEmail, providerOperationId } = profile;
  if (providerBuyerId !== null && providerHasEmail && providerOperationId === null) {
    return { by: 'PAGE', amountMinor, daysUntilDue: daysUntilDue(wanted) };
  }
  // The provider sends its invoices, so it takes none without an address.
  if (!wanted.hasEmail && providerOperationId === null) return { by: 'NOTHING', code: 'email_missing' };
  // Once refused, it is asked for again when somebody has changed what it was refused for, or says so.
  return profile.providerFailureCode === null || byPerson
    ? { by: 'BUYER_FIRST' }
    : { by: 'NOTHING', code: 'buyer_refused' };
}

function daysUntilDue({ profile, dueAt, now }: ToCollect): number {
  const left = Math.ceil((dueAt.getTime() - now.getTime()) / dayMs);
  const least = profile.terms === 'INVOICE' ? 0 : pageDays;
  return left > least ? left : least;
}

/** What no provider collects by itself: such a rest is not left over where it can be helped. */
export function smallestMinor(currency: CurrencyCode): bigint {
  return 10n ** BigInt(Math.max(2, currencyOf(currency).isoExponent));
}

/** As much of the balance as there is, but never so that an amount is left that is too small to collect. */
function balanceShare(openMinor: bigint, balanceMinor: bigint, currency: CurrencyCode): bigint {
  if (balanceMinor >= openMinor) return openMinor;
  if (balanceMinor <= 0n) return 0n;
  const rest = openMinor - balanceMinor;
  const smallest = smallestMinor(currency);
  if (rest >= smallest) return balanceMinor;
  return openMinor > smallest ? openMinor - smallest : 0n;
}

/**
 * The most that can be collected at once of an amount: the provider takes eight digits, and in some currencies only
 * round amounts. Parts are cut so that the last one is not too small. Zero: nothing of it can be collected there.
 */
export function collectible(openMinor: bigint, currency: CurrencyCode): bigint {
  const { isoExponent, stripeExponent, stripeStep } = currencyOf(currency);
  if (stripeExponent === null) return 0n;
  // In our unit: what the provider's smallest step and its largest amount are.
  const coarser = 10n ** BigInt(Math.max(0, isoExponent - stripeExponent));
  const finer = 10n ** BigInt(Math.max(0, stripeExponent - isoExponent));
  const step = larger((BigInt(stripeStep) * coarser) / finer, 1n);
  const most = (BigInt(maxStripeAmount) * coarser) / finer;
  const roundDown = (amountMinor: bigint): bigint => amountMinor - (amountMinor % step);
  if (openMinor <= most) return roundDown(openMinor);
  const smallest = smallestMinor(currency);
  return roundDown(openMinor - most < smallest ? most - smallest : most);
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
