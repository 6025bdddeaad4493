import { addDaysExact } from '#calendar';
import { asRatePpm, formatMoney, formatRate, money, share, shareExplained } from '#money';
import { invariant, unreachable } from '#outcome';
import type { DealFact, DeliveryFacts, Price, PricedCharge, PricingNote } from './priced-charge.js';
import { showDays } from './show.js';
import type { ContractTerms } from './terms.js';

const dayMs = 86_400_000;

/**
 * What is owed for one delivery under the terms in force when it was delivered. Pure and total: the same facts give the
 * same charges in the same order, whatever the order of the deals, so billing can compare them with what was charged
 * before and book only the difference. Deal amounts are minor units of the terms' currency and not negative; a
 * delivery's deals have different ids.
 */
export function price(agreed: ContractTerms, facts: DeliveryFacts): Price {
  const { baseRate } = agreed;
  const terms =
    facts.bidMinor === null ? agreed : { ...agreed, baseRate: { ...baseRate, amountMinor: facts.bidMinor } };
  if (facts.test) return nothing('A test lead is never charged.');
  if (facts.returnedAt !== null) return nothing('The lead was returned: nothing is owed for it.');
  const found = commission(terms, facts);
  const charges: PricedCharge[] = [];
  const notes: PricingNote[] = [...found.notes];
  for (const charge of [baseCharge(terms, facts), ...found.charges]) {
    charges.push(charge);
    const fee = platformFee(terms, charge);
    if (fee !== null && fee.amountMinor > 0n) charges.push(fee);
    else if (fee !== null) notes.push({ dealId: fee.dealId, text: feeTooSmall(terms, charge) });
  }
  return { charges, notes };
}

function nothing(text: string): Price {
  return { charges: [], notes: [{ dealId: null, text }] };
}

function baseCharge(terms: ContractTerms, facts: DeliveryFacts): PricedCharge {
  return {
    part: 'BASE',
    payee: 'AGENCY',
    component: 'BASE',
    dealId: null,
    amountMinor: terms.baseRate.amountMinor,
    currency: terms.baseRate.currency,
    inputMinor: terms.baseRate.amountMinor,
    ratePpm: null,
    effectiveAt: facts.deliveredAt,
  };
}

function commission(terms: ContractTerms, facts: DeliveryFacts): Price {
  const deals = facts.deals.filter((deal) => deal.live).sort(byCloseThenId);
  switch (terms.commissionBasis) {
    case 'NONE':
      return withoutCommission(facts, deals);
    case 'PER_LEAD':
      return terms.commissionTrigger === 'QUALIFIED'
        ? perLeadWhenQualified(terms, facts, deals)
        : perLeadWhenConverted(terms, facts, deals);
    case 'PER_DEAL':
      return perDeal(terms, facts, deals);
    default:
      return unreachable(terms.commissionBasis);
  }
}

function withoutCommission(facts: DeliveryFacts, deals: readonly DealFact[]): Price {
  const text = 'The contract pays no commission.';
  const notes: PricingNote[] = deals.map((deal) => ({ dealId: deal.dealId, text }));
  if (notes.length === 0 && facts.qualifiedAt !== null) notes.push({ dealId: null, text });
  return { charges: [], notes };
}

function perLeadWhenQualified(terms: ContractTerms, facts: DeliveryFacts, deals: readonly DealFact[]): Price {
  const oncePerLead = deals.map((deal) => ({
    dealId: deal.dealId,
    text: 'The commission is owed once per lead, when it qualifies: a deal adds none.',
  }));
  if (facts.qualifiedAt === null) return { charges: [], notes: oncePerLead };
  const owed = commissionCharge(terms, null, latest(facts.qualifiedAt, facts.deliveredAt));
  return { charges: owed.charges, notes: [...owed.notes, ...oncePerLead] };
}

function perLeadWhenConverted(terms: ContractTerms, facts: DeliveryFacts, deals: readonly DealFact[]): Price {
  const charges: PricedCharge[] = [];
  const notes: PricingNote[] = [...beforeConversion(facts, deals)];
  let triggered = false;
  for (const deal of deals) {
    const late = outsideWindow(terms, facts, deal);
    if (late !== null) notes.push(late);
    else if (triggered) {
      const text = 'The commission is owed once per lead and rests on an earlier deal: this one adds none.';
      notes.push({ dealId: deal.dealId, text });
    } else {
      // A lead that converts owes its commission for itself: the source is the delivery, not the deal, so that another
      // deal can carry it when this one is canceled.
      triggered = true;
      const owed = commissionCharge(terms, null, latest(deal.closedAt, facts.deliveredAt));
      charges.push(...owed.charges);
      notes.push(...owed.notes);
    }
  }
  return { charges, notes };
}

function perDeal(terms: ContractTerms, facts: DeliveryFacts, deals: readonly DealFact[]): Price {
  const charges: PricedCharge[] = [];
  const notes: PricingNote[] = [...beforeConversion(facts, deals)];
  for (const deal of deals) {
    const late = outsideWindow(terms, facts, deal);
    if (late !== null) {
      notes.push(late);
      continue;
    }
    const owed = commissionCharge(terms, deal, latest(deal.closedAt, facts.deliveredAt));
    charges.push(...owed.charges);
    notes.push(...owed.notes);
  }
  return { charges, notes };
}

function beforeConversion(facts: DeliveryFacts, deals: readonly DealFact[]): readonly PricingNote[] {
  if (facts.qualifiedAt === null || deals.length > 0) return [];
  return [
    { dealId: null, text: 'The commission is owed when a deal is won: a qualified lead alone adds none.' },
  ];
}

/** The commission on one deal, or (deal null) on the base rate; a note instead when it comes to nothing. */
function commissionCharge(terms: ContractTerms, deal: DealFact | null, effectiveAt: Date): Price {
  const { currency } = terms.baseRate;
  const dealId = deal?.dealId ?? null;
  const inputMinor = deal?.amountMinor ?? terms.baseRate.amountMinor;
  invariant(inputMinor >= 0n, 'a deal has a negative amount');
  const ratePpm = asRatePpm(terms.commissionRatePpm);
  if (ratePpm === 0) {
    return { charges: [], notes: [{ dealId, text: 'The commission rate is 0 %: no commission.' }] };
  }
  const explained = shareExplained(inputMinor, ratePpm, currency);
  if (explained.amountMinor === 0n) {
    const of = `${formatRate(ratePpm)} of ${formatMoney(money(inputMinor, currency))}`;
    const text = `${of} is ${explained.exactText}, which rounds half-even to zero: no commission.`;
    return { charges: [], notes: [{ dealId, text }] };
  }
  const charge: PricedCharge = {
    part: 'COMMISSION',
    payee: 'AGENCY',
    component: deal === null ? 'COMMISSION_PER_LEAD' : 'COMMISSION_PER_DEAL',
    dealId,
    amountMinor: explained.amountMinor,
    currency,
    inputMinor,
    ratePpm,
    effectiveAt,
  };
  return { charges: [charge], notes: [] };
}

/** The operator's fee on one charge, rounded by itself, so that it can be reversed with that charge; null without a fee. */
function platformFee(terms: ContractTerms, charge: PricedCharge): PricedCharge | null {
  if (terms.platformFeeRatePpm === 0) return null;
  const ratePpm = asRatePpm(terms.platformFeeRatePpm);
  return {
    ...charge,
    payee: 'OPERATOR',
    component: 'PLATFORM_FEE',
    amountMinor: share(charge.amountMinor, ratePpm),
    inputMinor: charge.amountMinor,
    ratePpm,
  };
}

function feeTooSmall(terms: ContractTerms, charge: PricedCharge): string {
  const rate = formatRate(asRatePpm(terms.platformFeeRatePpm));
  const of = formatMoney(money(charge.amountMinor, charge.currency));
  return `The platform fee of ${rate} of ${of} rounds half-even to zero: no fee.`;
}

function outsideWindow(terms: ContractTerms, facts: DeliveryFacts, deal: DealFact): PricingNote | null {
  const end = addDaysExact(facts.deliveredAt, terms.attributionWindowDays);
  if (deal.closedAt.getTime() <= end.getTime()) return null;
  // Rounded up: an hour after the window of 90 days is on its 91st day, and "90 days" would seem to be inside.
  const days = Math.ceil((deal.closedAt.getTime() - facts.deliveredAt.getTime()) / dayMs);
  const text = `Closed ${showDays(days)} after delivery, outside the attribution window of ${showDays(terms.attributionWindowDays)}: no commission.`;
  return { dealId: deal.dealId, text };
}

/** Earliest first, equal times by id: which deal triggers a commission must not depend on the order of reporting. */
function byCloseThenId(a: DealFact, b: DealFact): number {
  const byTime = a.closedAt.getTime() - b.closedAt.getTime();
  if (byTime !== 0) return byTime;
  return a.dealId < b.dealId ? -1 : 1;
}

function latest(a: Date, b: Date): Date {
  return a.getTime() >= b.getTime() ? a : b;
}
