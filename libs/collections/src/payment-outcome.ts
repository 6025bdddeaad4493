import type { FundsMovement, InvoiceSnapshot, PaymentSnapshot } from '#payments';
import { unreachable } from '#outcome';
import { type Collection, isLive } from './collection.js';
import { failureCodeOf } from './failure.js';

/** What news of a payment mean for the collection that it is of. */
export type PaymentEffect =
  | { readonly kind: 'ARRIVED'; readonly funds: FundsMovement }
  | { readonly kind: 'WENT_BACK'; readonly funds: FundsMovement }
  | { readonly kind: 'WAITS'; readonly state: 'PROCESSING' | 'NEEDS_ACTION' }
  | { readonly kind: 'FAILED'; readonly code: string; readonly declineCode: string | null }
  | { readonly kind: 'CANCELED'; readonly code: string }
  /** It must not be paid any more at the provider before something else is tried. */
  | { readonly kind: 'CANCEL_IT'; readonly code: string };

type Known = Pick<Collection, 'state' | 'method' | 'fundsId' | 'returnedFundsId' | 'failureCode'>;

/**
 * Money counts whatever the collection was thought to be: what came in is booked, and what went back after it. Without
 * money only a collection under way changes, and none that has ended begins again. So the same news twice, or old news
 * late, change nothing.
 */
export function afterPayment(collection: Known, payment: PaymentSnapshot): readonly PaymentEffect[] {
  const moved = movedMoney(collection, payment);
  if (moved.length > 0 || collection.fundsId !== null || !isLive(collection)) return moved;
  // On the provider's page one payment may fail and the next succeed: the invoice tells how it ends.
  if (collection.method === 'HOSTED_INVOICE') return waits(collection, payment);
  switch (payment.state) {
    case 'SUCCEEDED':
    case 'PROCESSING':
      return waits(collection, payment);
    case 'NEEDS_ACTION':
      // Nobody is there to act: it is given up, and the buyer gets a page.
      return collection.state === 'NEEDS_ACTION' && collection.failureCode !== null
        ? []
        : [
            { kind: 'WAITS', state: 'NEEDS_ACTION' },
            { kind: 'CANCEL_IT', code: 'authentication_required' },
          ];
    case 'FAILED':
      return [failed(payment)];
    case 'CANCELED':
      return collection.failureCode === null
        ? [{ kind: 'CANCELED', code: 'canceled' }]
        : [{ kind: 'FAILED', code: collection.failureCode, declineCode: null }];
    default:
      return unreachable(payment.state);
  }
}

/** The same for an invoice at the provider, with the payment that paid it. */
export function afterInvoice(collection: Known, invoice: InvoiceSnapshot): readonly PaymentEffect[] {
  const { payment } = invoice;
  const byPayment = payment === null ? [] : afterPayment(collection, payment);
  if (byPayment.length > 0 || collection.fundsId !== null || !isLive(collection)) return byPayment;
  switch (invoice.state) {
    case 'DRAFT':
      return [];
    case 'OPEN':
      // A payment on the page that failed leaves the page open.
      return collection.state === 'REQUESTED' || (collection.state === 'PROCESSING' && !isUnderWay(payment))
        ? [{ kind: 'WAITS', state: 'NEEDS_ACTION' }]
        : [];
    case 'PAID':
      // Somebody said so at the provider. Money is booked when it is there, or when two people here say so.
      return payment === null ? [{ kind: 'CANCELED', code: 'marked_paid_elsewhere' }] : [];
    case 'VOID':
      return [{ kind: 'CANCELED', code: collection.failureCode ?? 'canceled' }];
    case 'UNCOLLECTIBLE':
      // It could still be paid there, beside whatever is done here.
      return collection.failureCode === null ? [{ kind: 'CANCEL_IT', code: 'uncollectible' }] : [];
    default:
      return unreachable(invoice.state);
  }
}

function movedMoney(
  collection: Known,
  { state, funds, returnedFunds }: PaymentSnapshot,
): readonly PaymentEffect[] {
  // A debit may be listed while the bank still decides: it counts when it has succeeded, even if it came back since.
  const isThere = funds !== null && (state === 'SUCCEEDED' || returnedFunds !== null);
  const arrives = isThere && collection.fundsId === null;
  // What went back is booked after what came in: without that there is nothing to take it from.
  const goesBack = returnedFunds !== null && collection.returnedFundsId === null;
  if (!arrives && collection.fundsId === null) return [];
  return [
    ...(arrives ? [{ kind: 'ARRIVED', funds } as const] : []),
    ...(goesBack ? [{ kind: 'WENT_BACK', funds: returnedFunds } as const] : []),
  ];
}

function waits(collection: Known, payment: PaymentSnapshot): readonly PaymentEffect[] {
  return isUnderWay(payment) && collection.state !== 'PROCESSING'
    ? [{ kind: 'WAITS', state: 'PROCESSING' }]
    : [];
}

function isUnderWay(payment: PaymentSnapshot | null): boolean {
  return payment?.state === 'SUCCEEDED' || payment?.state === 'PROCESSING';
}

function failed({ failure }: PaymentSnapshot): PaymentEffect {
  const { code, declineCode } = failure ?? { code: 'payment_failed', declineCode: null };
  return { kind: 'FAILED', code: failureCodeOf({ code, declineCode }), declineCode };
}
