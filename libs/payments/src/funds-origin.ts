import type { FundsMovement } from './provider.js';

/**
 * What a movement of the balance comes from. OBJECT: fetch it. CHARGE: a payment, or a dispute of it. REVERSAL: of a
 * transfer that has to be looked up. BANK: between the balance and the operator's bank. FEE: of the provider. UNKNOWN:
 * none of what we do.
 */
export type FundsOrigin =
  | { readonly from: 'OBJECT'; readonly kind: 'refund' | 'dispute' | 'transfer'; readonly id: string }
  | { readonly from: 'CHARGE'; readonly chargeId: string }
  | { readonly from: 'REVERSAL' }
  | { readonly from: 'BANK' }
  | { readonly from: 'FEE' }
  | { readonly from: 'UNKNOWN' };

const bank = new Set(['payout', 'payout_failure', 'payout_cancel', 'topup', 'topup_reversal']);
const fees = new Set(['stripe_fee', 'stripe_fx_fee', 'tax_fee', 'network_cost', 'payment_network_cost']);

/** By the words of the provider's account statement, and the prefix of the id of its source. */
export function originOf({ type, sourceId }: Pick<FundsMovement, 'type' | 'sourceId'>): FundsOrigin {
  if (bank.has(type)) return { from: 'BANK' };
  if (fees.has(type)) return { from: 'FEE' };
  if (sourceId === null) return { from: 'UNKNOWN' };
  switch (sourceId.slice(0, sourceId.indexOf('_'))) {
    case 'ch':
    case 'py':
      return { from: 'CHARGE', chargeId: sourceId };
    case 're':
    case 'pyr':
      return { from: 'OBJECT', kind: 'refund', id: sourceId };
    case 'du':
    case 'dp':
      return { from: 'OBJECT', kind: 'dispute', id: sourceId };
    case 'tr':
      return { from: 'OBJECT', kind: 'transfer', id: sourceId };
    case 'trr':
      return { from: 'REVERSAL' };
    default:
      return { from: 'UNKNOWN' };
  }
}
