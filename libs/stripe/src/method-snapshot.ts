import type Stripe from 'stripe';
import type { MethodSnapshot, PaymentMethodKind, SetupSnapshot } from '#payments';
import { methodKindOf } from './payment-snapshot.js';
import { idOf } from './references.js';

/** `mandate`: of a bank debit, the agreement that it rests on; null when none is known. */
export function methodSnapshot(row: Stripe.PaymentMethod, mandate: Stripe.Mandate | null): MethodSnapshot {
  const kind: PaymentMethodKind = methodKindOf(row.type) ?? 'CARD';
  const isAttached = idOf(row.customer) !== null;
  const isBlocked = Boolean(row.us_bank_account?.status_details?.blocked);
  return {
    object: 'method',
    id: row.id,
    providerBuyerId: idOf(row.customer),
    kind,
    brand: row.card?.brand ?? row.us_bank_account?.bank_name ?? row.type,
    last4: row.card?.last4 ?? row.us_bank_account?.last4 ?? row.sepa_debit?.last4 ?? '',
    expires: expiryOf(row.card),
    usable: isAttached && !isBlocked && (kind === 'CARD' || mandate?.status === 'active'),
  };
}

function expiryOf(card: Stripe.PaymentMethod.Card | undefined): string | null {
  if (card === undefined) return null;
  return `${card.exp_year}-${String(card.exp_month).padStart(2, '0')}`;
}

export function setupSnapshot(row: Stripe.SetupIntent, method: MethodSnapshot | null): SetupSnapshot {
  const error = row.last_setup_error;
  return {
    object: 'setup',
    id: row.id,
    providerBuyerId: idOf(row.customer),
    state: row.status === 'succeeded' ? 'SUCCEEDED' : row.status === 'canceled' ? 'CANCELED' : 'OPEN',
    failure:
      error === null ? null : { code: error.code ?? error.type, declineCode: error.decline_code ?? null },
    method,
  };
}
