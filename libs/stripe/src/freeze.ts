import type Stripe from 'stripe';
import { unreachable } from '#outcome';
import type { PaymentMethodKind, PaymentRequest } from '#payments';
import { toStripe } from './amounts.js';
import type { AccountsVersion } from './connection.js';
import type { FrozenCall, Params } from './frozen-call.js';
import { lineKey, operationKey } from './references.js';

type RequestOf<Kind extends PaymentRequest['kind']> = Extract<PaymentRequest, { readonly kind: Kind }>;

/** What a saved method may be used as: nothing else is tried in its place. */
const allowedTypes: Readonly<Record<PaymentMethodKind, 'card' | 'us_bank_account'>> = {
  CARD: 'card',
  BANK_DEBIT: 'us_bank_account',
};

/**
 * The body of a request on the wire. Pure, and the same for the same request for ever: what was frozen under an older
 * program is sent as it is, and a body that is made anew must be the same to the letter.
 */
export function freezeRequest(
  request: PaymentRequest,
  operationId: string,
  accountsVersion: AccountsVersion,
): FrozenCall {
  const own = { [operationKey]: operationId };
  switch (request.kind) {
    case 'BUYER_CREATE':
      return call('customers.create', buyer(request, own));
    case 'ACCOUNT_CREATE':
      return accountsVersion === 'v2'
        ? call('v2.core.accounts.create', accountV2(request, own))
        : call('accounts.create', accountV1(request, own));
    case 'PAYMENT':
      return call('paymentIntents.create', payment(request, own));
    case 'INVOICE':
      return { ...call('invoices.create', invoice(request, own)), lines: linesOf(request, own) };
    case 'PAYMENT_CANCEL':
      return { ...call('paymentIntents.cancel', {}), target: request.paymentId };
    case 'INVOICE_VOID':
      return { ...call('invoices.voidInvoice', {}), target: request.invoiceId };
    case 'TRANSFER':
      return call('transfers.create', transfer(request, own));
    case 'TRANSFER_REVERSAL':
      return { ...call('transfers.createReversal', reversal(request, own)), target: request.transferId };
    case 'REFUND':
      return call('refunds.create', refund(request, own));
    default:
      return unreachable(request);
  }
}

function call(name: FrozenCall['call'], params: object): FrozenCall {
  return { call: name, target: null, params: params as Params };
}

type Own = Readonly<Record<string, string>>;

function buyer({ buyerId, name, email }: RequestOf<'BUYER_CREATE'>, own: Own) {
  return {
    name,
    ...(email !== null && { email }),
    metadata: { ...own, leadger_buyer: buyerId },
  } satisfies Stripe.CustomerCreateParams;
}

function accountV2({ agencyId, name, email, country }: RequestOf<'ACCOUNT_CREATE'>, own: Own) {
  return {
    contact_email: email,
    display_name: name,
    dashboard: 'express',
    identity: { country: country.toLowerCase() },
    // The operator answers for losses and pays Stripe's fees: agencies only receive.
    defaults: { responsibilities: { fees_collector: 'application', losses_collector: 'application' } },
    configuration: {
      recipient: { capabilities: { stripe_balance: { stripe_transfers: { requested: true } } } },
    },
    metadata: { ...own, leadger_agency: agencyId },
    include: ['configuration.recipient', 'requirements'],
  } satisfies Stripe.V2.Core.AccountCreateParams;
}

function accountV1({ agencyId, name, email, country }: RequestOf<'ACCOUNT_CREATE'>, own: Own) {
  return {
    country,
    email,
    business_profile: { name },
    controller: {
      fees: { payer: 'application' },
      losses: { payments: 'application' },
      requirement_collection: 'stripe',
      stripe_dashboard: { type: 'express' },
    },
    capabilities: { transfers: { requested: true } },
    metadata: { ...own, leadger_agency: agencyId },
  } satisfies Stripe.AccountCreateParams;
}

function payment(request: RequestOf<'PAYMENT'>, own: Own) {
  return {
    ...toStripe(request.amountMinor, request.currency),
    customer: request.providerBuyerId,
    payment_method: request.methodId,
    allowed_payment_method_types: [allowedTypes[request.methodKind]],
    off_session: true,
    confirm: true,
    description: request.description,
    transfer_group: request.transferGroup,
    metadata: { ...own, leadger_collection: request.collectionId },
    expand: ['latest_charge.balance_transaction'],
  } satisfies Stripe.PaymentIntentCreateParams;
}

function invoice(request: RequestOf<'INVOICE'>, own: Own) {
  return {
    customer: request.providerBuyerId,
    currency: request.currency.toLowerCase(),
    collection_method: 'send_invoice',
    days_until_due: request.daysUntilDue,
    // Nothing happens to it by itself, and nothing gets onto it that is not ours.
    auto_advance: false,
    pending_invoice_items_behavior: 'exclude',
    metadata: {
      ...own,
      leadger_collection: request.collectionId,
      leadger_group: request.transferGroup,
    },
  } satisfies Stripe.InvoiceCreateParams;
}

function linesOf(request: RequestOf<'INVOICE'>, own: Own): readonly Params[] {
  return request.lines.map(({ description, amountMinor }, index) => {
    const params = {
      customer: request.providerBuyerId,
      ...toStripe(amountMinor, request.currency),
      description,
      metadata: { ...own, [lineKey]: String(index) },
    } satisfies Stripe.InvoiceItemCreateParams;
    return params;
  });
}

function transfer(request: RequestOf<'TRANSFER'>, own: Own) {
  return {
    ...toStripe(request.amountMinor, request.currency),
    destination: request.accountId,
    // What is taken from a charge belongs to the group of that charge: Stripe sets it.
    ...(request.sourceChargeId === null
      ? { transfer_group: request.transferGroup }
      : { source_transaction: request.sourceChargeId }),
    metadata: { ...own, leadger_payout: request.payoutId },
    expand: ['balance_transaction'],
  } satisfies Stripe.TransferCreateParams;
}

function reversal(request: RequestOf<'TRANSFER_REVERSAL'>, own: Own) {
  return {
    amount: toStripe(request.amountMinor, request.currency).amount,
    metadata: { ...own, leadger_reversal: request.reversalId },
    expand: ['balance_transaction'],
  } satisfies Stripe.TransferCreateReversalParams;
}

function refund(request: RequestOf<'REFUND'>, own: Own) {
  return {
    charge: request.chargeId,
    amount: toStripe(request.amountMinor, request.currency).amount,
    metadata: { ...own, leadger_refund: request.refundId },
    expand: ['balance_transaction'],
  } satisfies Stripe.RefundCreateParams;
}
