/**
 * What a failure means for the next try. SOFT: the same method may work later. HARD: it will not, so a new one is
 * waited for. ON_PAGE: the buyer's bank wants to ask the buyer. AGAIN: nothing was tried after all. OVER: a person
 * ended it, or has to look at it, so nothing is tried by itself.
 */
export type FailureClass = 'SOFT' | 'HARD' | 'ON_PAGE' | 'AGAIN' | 'OVER';

/** A failure in words for people. */
export interface FailureWords {
  readonly class: FailureClass;
  /** What happened, in a sentence. */
  readonly what: string;
  /** What the buyer can do about it, in a sentence. */
  readonly remedy: string;
}

const later = 'It is tried again by itself; you can also save another method.';
const another = 'Save another payment method.';
const askBank = 'Ask your bank about it, or save another payment method.';
const onPage = 'Open the payment page and confirm it there.';
const wait = 'Nothing; it is tried again by itself.';
const support = "Talk to the operator's finance team.";

const soft = (what: string, remedy = later): FailureWords => ({ class: 'SOFT', what, remedy });
const hard = (what: string, remedy = another): FailureWords => ({ class: 'HARD', what, remedy });
const ask = (what: string): FailureWords => ({ class: 'ON_PAGE', what, remedy: onPage });
const over = (what: string, remedy = support): FailureWords => ({ class: 'OVER', what, remedy });

/** Every code that is told apart: those of the provider, and our own. The bank's own code goes before the provider's. */
const table: Readonly<Record<string, FailureWords>> = {
  insufficient_funds: soft('There was not enough money on the account.'),
  card_velocity_exceeded: soft('The card has reached its limit for now.'),
  withdrawal_count_limit_exceeded: soft('The card has reached its limit for now.'),
  processing_error: soft('The bank could not process the payment.'),
  try_again_later: soft('The bank could not process the payment at that time.'),
  issuer_not_available: soft('The bank could not be reached.'),
  reenter_transaction: soft('The bank asked to try once more.'),
  approve_with_id: soft('The bank could not approve the payment at that time.'),
  generic_decline: soft('The bank declined the payment and gave no reason.'),
  card_declined: soft('The bank declined the payment and gave no reason.'),
  do_not_honor: soft('The bank declined the payment and gave no reason.', askBank),
  call_issuer: soft('The bank declined the payment.', askBank),
  no_action_taken: soft('The bank declined the payment.', askBank),
  bank_account_restricted: soft('The bank account takes no debits at present.', askBank),
  debit_returned: soft('The bank gave the debit back.'),
  bank_cannot_process: soft('The bank could not process the debit.'),

  lost_card: hard('The card was reported lost.'),
  stolen_card: hard('The card was reported stolen.'),
  pickup_card: hard('The card cannot be used any more.'),
  restricted_card: hard('The card cannot be used for this.'),
  fraudulent: hard('The payment looked like a fraud to the provider.'),
  merchant_blacklist: hard('The payment was blocked.'),
  expired_card: hard('The card has expired.'),
  incorrect_number: hard('The number of the card is wrong.'),
  invalid_number: hard('The number of the card is wrong.'),
  incorrect_cvc: hard('The security code of the card is wrong.'),
  invalid_cvc: hard('The security code of the card is wrong.'),
  invalid_expiry_month: hard('The expiry date of the card is wrong.'),
  invalid_expiry_year: hard('The expiry date of the card is wrong.'),
  invalid_account: hard('The account does not exist.'),
  new_account_information_available: hard('The card was replaced.'),
  card_not_supported: hard('The card cannot be used for such payments.'),
  currency_not_supported: hard('The card cannot pay in this currency.'),
  transaction_not_allowed: hard('The card cannot be used for such payments.', askBank),
  not_permitted: hard('The bank does not permit the payment.', askBank),
  revocation_of_all_authorizations: hard('The permission to charge the card was withdrawn.'),
  revocation_of_authorization: hard('The permission to charge the card was withdrawn.'),
  stop_payment_order: hard('The bank was told to stop such payments.'),
  account_closed: hard('The bank account was closed.'),
  bank_account_closed: hard('The bank account was closed.'),
  no_account: hard('There is no such bank account.'),
  incorrect_account_details: hard('The details of the bank account are wrong.'),
  debit_not_authorized: hard('The debit was not authorized, as the bank says.'),
  payment_intent_mandate_invalid: hard('The permission to debit the account was withdrawn.'),
  payment_method_not_available: hard('The payment method cannot be used any more.'),
  payment_method_unexpected_state: hard('The payment method cannot be used any more.'),
  payment_method_provider_decline: hard('The payment method was declined.'),
  resource_missing: hard('The payment method does not exist any more.'),
  method_missing: hard('There is no payment method that can be used.', 'Save a payment method.'),

  authentication_required: ask('The bank wants you to confirm the payment yourself.'),
  authentication_not_handled: ask('The bank wants you to confirm the payment yourself.'),
  payment_intent_authentication_failure: ask('The payment was not confirmed.'),
  retries_used_up: ask('It was tried several times without success.'),

  KEY_EXPIRED: { class: 'AGAIN', what: 'The payment was not sent.', remedy: wait },
  overdue: over('It is past its due date.', 'Pay it on the payment page.'),
  canceled: over('The collection was stopped.'),
  marked_paid_elsewhere: over('It was marked as paid at the payment provider, where no money came in.'),
  amount_too_small: over('The amount is below the smallest that can be collected.'),
  amount_too_large: over('The amount is above the largest that can be collected at once.'),
  amount_not_collectible: over('The provider cannot collect this amount in this currency.'),
  converted_currency: over('The payment came in in another currency.'),
  uncollectible: over('It was marked as uncollectible at the payment provider.'),
  email_missing: over('There is no e-mail address for invoices.', 'Enter a billing e-mail address.'),
  buyer_refused: over('The buyer could not be made known to the payment provider.'),
};

const unknown = soft('The payment failed.');

/** The words for a code; an unknown one is told as a failure without a reason, and tried again. */
export function failureWords(code: string): FailureWords {
  return Object.hasOwn(table, code) ? (table[code] ?? unknown) : unknown;
}

/** The code that says most: the bank's own, when it is one that we know or the only one. */
export function failureCodeOf({
  code,
  declineCode,
}: {
  readonly code: string;
  readonly declineCode: string | null;
}): string {
  if (declineCode !== null && Object.hasOwn(table, declineCode)) return declineCode;
  return Object.hasOwn(table, code) ? code : (declineCode ?? code);
}

/** Every code that has words of its own. */
export const failureCodes = Object.keys(table);
