/** What happens when a method is set up or charged. Names and numbers are those of Stripe's own test mode. */
export interface Behaviour {
  readonly type: 'card' | 'us_bank_account';
  /** The card's number, or the bank account's. */
  readonly number: string;
  readonly brand?: string;
  /** Why a charge is declined, or a debit fails. */
  readonly decline?: string;
  /** Declined already when it is saved. */
  readonly setupFails?: boolean;
  /** Authentication is asked for: always, or only while it has not been saved for later use. */
  readonly authenticate?: 'always' | 'unless_set_up';
  readonly isAvailableAtOnce?: boolean;
  readonly refund?: 'fails' | 'pends';
  readonly dispute?: 'fraudulent';
  /** A debit: never decided, or returned days after its success. */
  readonly debit?: 'never_decided' | 'returned_late';
}

const card = (number: string, rest: Partial<Behaviour> = {}): Behaviour => ({
  type: 'card',
  number,
  brand: 'visa',
  ...rest,
});
const declined = (number: string, decline: string): Behaviour => card(number, { decline, setupFails: true });
const bank = (number: string, rest: Partial<Behaviour> = {}): Behaviour => ({
  type: 'us_bank_account',
  number,
  ...rest,
});

export const behaviours: Readonly<Record<string, Behaviour>> = {
  pm_card_visa: card('4242424242424242'),
  pm_card_visa_debit: card('4000056655665556'),
  pm_card_mastercard: card('5555555555554444', { brand: 'mastercard' }),
  pm_card_amex: card('378282246310005', { brand: 'amex' }),
  pm_card_bypassPending: card('4000000000000077', { isAvailableAtOnce: true }),
  pm_card_chargeCustomerFail: card('4000000000000341', { decline: 'generic_decline' }),
  pm_card_chargeDeclined: declined('4000000000000002', 'generic_decline'),
  pm_card_visa_chargeDeclined: declined('4000000000000002', 'generic_decline'),
  pm_card_chargeDeclinedInsufficientFunds: declined('4000000000009995', 'insufficient_funds'),
  pm_card_visa_chargeDeclinedInsufficientFunds: declined('4000000000009995', 'insufficient_funds'),
  pm_card_visa_chargeDeclinedLostCard: declined('4000000000009987', 'lost_card'),
  pm_card_visa_chargeDeclinedStolenCard: declined('4000000000009979', 'stolen_card'),
  pm_card_chargeDeclinedFraudulent: declined('4100000000000019', 'fraudulent'),
  pm_card_chargeDeclinedExpiredCard: declined('4000000000000069', 'expired_card'),
  pm_card_chargeDeclinedIncorrectCvc: declined('4000000000000127', 'incorrect_cvc'),
  pm_card_chargeDeclinedProcessingError: declined('4000000000000119', 'processing_error'),
  // Not one of Stripe's: saved without trouble, and later without money.
  pm_card_laterInsufficientFunds: card('4000000000019995', { decline: 'insufficient_funds' }),
  pm_card_laterExpired: card('4000000000010069', { decline: 'expired_card' }),
  pm_card_authenticationRequired: card('4000002760003184', { authenticate: 'always' }),
  pm_card_threeDSecure2Required: card('4000000000003220', { authenticate: 'always' }),
  pm_card_authenticationRequiredOnSetup: card('4000002500003155', { authenticate: 'unless_set_up' }),
  pm_card_createDispute: card('4000000000000259', { dispute: 'fraudulent' }),
  pm_card_refundFail: card('4000000000005126', { refund: 'fails' }),
  pm_card_pendingRefund: card('4000000000007726', { refund: 'pends' }),
  pm_usBankAccount_success: bank('000123456789'),
  pm_usBankAccount: bank('000123456789'),
  pm_usBankAccount_accountClosed: bank('000111111113', { decline: 'account_closed' }),
  pm_usBankAccount_noAccount: bank('000111111116', { decline: 'no_account' }),
  pm_usBankAccount_insufficientFunds: bank('000222222227', { decline: 'insufficient_funds' }),
  pm_usBankAccount_debitNotAuthorized: bank('000333333335', { decline: 'debit_not_authorized' }),
  pm_usBankAccount_dispute: bank('000555555559', { debit: 'returned_late' }),
  pm_usBankAccount_returnedLate: bank('000555555558', { debit: 'returned_late' }),
  pm_usBankAccount_processing: bank('000000000009', { debit: 'never_decided' }),
};

/** The key of the method with this number; unknown numbers work. */
export function behaviourKeyOf(type: Behaviour['type'], number: string): string {
  const found = Object.entries(behaviours).find(
    ([, behaviour]) => behaviour.type === type && behaviour.number === number,
  );
  return found?.[0] ?? (type === 'card' ? 'pm_card_visa' : 'pm_usBankAccount_success');
}

export function behaviourOf(key: string): Behaviour {
  return behaviours[key] ?? card('4242424242424242');
}

const messages: Readonly<Record<string, string>> = {
  expired_card: 'Your card has expired.',
  incorrect_cvc: "Your card's security code is incorrect.",
  processing_error: 'An error occurred while processing your card. Try again in a little bit.',
  insufficient_funds: 'Your card has insufficient funds.',
  authentication_required: 'Your card was declined. This transaction requires authentication.',
};

/** Stripe's code, decline code and words for why a card was declined. */
export function declineOf(reason: string): { code: string; declineCode: string; message: string } {
  const isOwnCode = ['expired_card', 'incorrect_cvc', 'processing_error', 'authentication_required'];
  return {
    code: isOwnCode.includes(reason) ? reason : 'card_declined',
    declineCode: reason,
    message: messages[reason] ?? 'Your card was declined.',
  };
}

const returnMessages: Readonly<Record<string, string>> = {
  account_closed: "The buyer's bank account has been closed.",
  no_account: "The buyer's bank account could not be located.",
  insufficient_funds: "The buyer's account has insufficient funds to cover this payment.",
  debit_not_authorized: 'The buyer has notified their bank that this payment was unauthorized.',
};

export function debitFailureMessage(code: string): string {
  return returnMessages[code] ?? 'This payment failed.';
}

/** The card of a token that Stripe's test mode knows. */
export function behaviourKeyOfToken(token: string): string | undefined {
  const key = `pm_card_${token.replace(/^tok_/, '')}`;
  return key in behaviours ? key : undefined;
}
