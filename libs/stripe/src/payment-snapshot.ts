import type Stripe from 'stripe';
import type { FundsMovement, PaymentFailure, PaymentMethodKind, PaymentSnapshot } from '#payments';
import { currencyFrom, minorFrom } from './amounts.js';
import { fundsIn } from './funds.js';
import { idOf, operationOf, rowOf } from './references.js';

const bankDebits: ReadonlySet<string> = new Set([
  'us_bank_account',
  'ach_debit',
  'acss_debit',
  'au_becs_debit',
  'bacs_debit',
  'sepa_debit',
]);

/** Null for what is neither a card nor a debit, such as a bank transfer. */
export function methodKindOf(type: string | null | undefined): PaymentMethodKind | null {
  if (type === null || type === undefined) return null;
  if (bankDebits.has(type)) return 'BANK_DEBIT';
  return type === 'card' || type === 'link' ? 'CARD' : null;
}

/**
 * A payment intent with its latest charge. What of the charge was not expanded counts as not known yet. `returned`:
 * the movement that gave the money back, where it is found elsewhere than on the charge.
 */
export function paymentSnapshot(
  intent: Stripe.PaymentIntent,
  returned: FundsMovement | null = null,
): PaymentSnapshot {
  const charge = rowOf(intent.latest_charge);
  const currency = currencyFrom(intent.currency);
  const returnedFunds = returned ?? fundsIn(charge?.failure_balance_transaction);
  return {
    object: 'payment',
    id: intent.id,
    operationId: operationOf(intent),
    state: stateOf(intent),
    amountMinor: minorFrom(intent.amount, currency),
    currency,
    chargeId: idOf(intent.latest_charge),
    method: methodKindOf(charge?.payment_method_details?.type ?? typeOf(intent)),
    funds: fundsIn(charge?.balance_transaction),
    failure: failureOf(intent, charge),
    returnedFunds,
  };
}

function stateOf({ status, last_payment_error: error, latest_charge: charge }: Stripe.PaymentIntent) {
  switch (status) {
    case 'succeeded':
      return 'SUCCEEDED';
    case 'canceled':
      return 'CANCELED';
    case 'requires_action':
    case 'requires_confirmation':
    case 'requires_capture':
      return 'NEEDS_ACTION';
    case 'requires_payment_method':
      // Before the first try it is the same status, without anything that failed.
      return error !== null || charge !== null ? 'FAILED' : 'NEEDS_ACTION';
    default:
      // Processing, and what is not known yet: neither paid nor failed.
      return 'PROCESSING';
  }
}

function typeOf({ payment_method: method, last_payment_error: error }: Stripe.PaymentIntent) {
  return rowOf(method)?.type ?? error?.payment_method?.type ?? null;
}

function failureOf(intent: Stripe.PaymentIntent, charge: Stripe.Charge | null): PaymentFailure | null {
  const error = intent.last_payment_error;
  if (error !== null) {
    return { code: error.code ?? error.type, declineCode: error.decline_code ?? null };
  }
  const code = charge?.failure_code ?? null;
  return code === null || intent.status === 'succeeded'
    ? null
    : { code, declineCode: charge?.outcome?.reason ?? null };
}
