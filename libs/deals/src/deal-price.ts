import {
  type ContractTerms,
  type DeliveryFacts,
  describeTerms,
  explainCharge,
  price,
  type PriceExplanation,
} from '#contracts';
import type { Deal } from './deal.js';

/** What a deal costs beside the lead itself, and why; amounts in minor units of the deal's currency. */
export interface DealPrice {
  /** The agency's commission that rests on this deal; zero when the terms give it no price. */
  readonly commissionMinor: bigint;
  readonly explanation: PriceExplanation;
}

/**
 * Prices the delivery of a deal and picks what rests on this deal. With a commission per lead it is the lead's, shown at the deal
 * that triggers it. A deal without a price says why.
 */
export function priceOfDeal(deal: Deal, terms: ContractTerms, facts: DeliveryFacts): DealPrice {
  if (deal.state !== 'WON') {
    const how = deal.state === 'REFUNDED' ? 'refunded' : 'canceled';
    return unpriced(terms, `The deal was ${how}: nothing is owed for it.`);
  }
  const { charges, notes } = price(terms, facts);
  const commissions = charges.filter(({ part, payee }) => part === 'COMMISSION' && payee === 'AGENCY');
  const own = commissions.find(({ dealId }) => dealId === deal.id);
  const note = notes.find(({ dealId }) => dealId === deal.id);
  const charge = own ?? (note ? undefined : commissions.find(({ dealId }) => dealId === null));
  if (!charge) {
    const text = note?.text ?? notes.find(({ dealId }) => dealId === null)?.text;
    return unpriced(terms, text ?? 'Nothing is owed for this deal.');
  }
  return {
    commissionMinor: charge.amountMinor,
    explanation: explainCharge({ ...charge, reverses: null, latePeriodStart: null }, terms),
  };
}

function unpriced(terms: ContractTerms, text: string): DealPrice {
  const clause = describeTerms(terms).clauses.find((line) => line.startsWith('Commission:')) ?? '';
  return { commissionMinor: 0n, explanation: { text, clause, inputs: [], rounding: null } };
}
