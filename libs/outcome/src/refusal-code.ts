/**
 * Every expected refusal of the system with the message that it carries when a rule has nothing better to say.
 * A code without a message does not compile, and the GraphQL enum `UserErrorCode` is made from these keys.
 */
export const refusalMessages = {
  NOT_FOUND: 'There is no such object, or it is not yours to see.',
  INVALID_VALUE: 'The value is not valid.',
  REQUIRED: 'A value is required.',
  INVALID_AMOUNT:
    'The amount must be a positive decimal with no more digits than its currency has, and below 10^15 minor units.',
  INVALID_CURRENCY: 'The currency must be an ISO 4217 code.',
  CURRENCY_MISMATCH: 'The currency must be the one of the contract.',
  INVALID_TIME_ZONE: 'The time zone must be an IANA name such as Europe/Berlin.',
  INVALID_TERMS: 'The terms do not fit together.',
  IDEMPOTENCY_KEY_REUSED:
    'This idempotency key was used before with other input. Use a new key for a new act.',
  STALE_VERSION: 'The object has changed since you read it. Read it again and decide anew.',
  ILLEGAL_TRANSITION: 'This change of state is not allowed from the present state.',
  NOT_PERMITTED: 'Your role does not allow this act.',
  SELF_APPROVAL: 'Another person must approve what you prepared or submitted.',
  ALREADY_APPROVED: 'You have approved this before. Another approver must approve it too.',
  APPROVAL_LIMIT: 'This goes beyond what you may approve within 24 hours. Another approver must approve it.',
  CONTRACT_NOT_ACTIVE: 'The contract is not active, so it takes no leads.',
  NO_MATCHING_CONTRACT: 'No active contract of yours takes leads of this vertical.',
  CONTRACT_AMBIGUOUS: 'More than one active contract takes leads of this vertical. Name one with contractId.',
  INSUFFICIENT_BALANCE: 'The buyer takes no leads at present: its balance is used up. Try later.',
  VERSION_PENDING: 'A proposed version is already waiting for an answer.',
  OWN_PROPOSAL: 'The other side must answer a proposal.',
  LEAD_NOT_BOUGHT: 'This lead was not delivered to you.',
  LEAD_RETURNED: 'This lead was returned; nothing more can be reported on it.',
  EXTERNAL_ID_REUSED:
    'This externalId was used before with other input. A changed lead needs a new externalId.',
  DUPLICATE_LEAD: 'This person was submitted before, within the time in which they count as the same lead.',
  LEAD_SUPPRESSED: 'This person is on a list of those who must not be contacted.',
  CONSENT_MISSING: 'The contract asks for a proof of consent: what the person agreed to, and when.',
  LEAD_NOT_QUARANTINED: 'This lead is not waiting in quarantine.',
  LEAD_ERASED: 'The person of this lead was erased.',
  LEGAL_HOLD: 'The person of this lead must be kept for now: there is a legal hold.',
  DEAL_REFERENCE_REUSED: 'This deal reference was reported before with other data. Restate the deal instead.',
  DEAL_NOT_LIVE: 'This deal was refunded or canceled.',
  CLAWBACK_WINDOW_CLOSED: 'The clawback window of this deal has closed.',
  RETURN_WINDOW_CLOSED: 'The return window of this lead has closed.',
  RETURN_EXISTS: 'A return of this lead was requested before.',
  RETURN_DECIDED: 'This return is already decided.',
  PERIOD_NOT_ON_SCHEDULE: 'The dates are not a period of any settlement schedule in use.',
  PERIOD_NOT_ENDED: 'The period has not ended yet in the time zone of the contract.',
  SETTLEMENT_CHANGED: 'The statement is not the one that was submitted. Read it again.',
  PAYMENTS_OFF: 'Payments are switched off here: no payment provider is set up.',
  PAYMENTS_STOPPED: 'Payments are stopped. Finance can resume them.',
  PROVIDER_UNAVAILABLE:
    'The payment provider does not answer at the moment. Try again in a minute with the same key.',
  PROVIDER_REFUSED: 'The payment provider refused this.',
  PAYMENT_METHOD_MISSING: 'There is no payment method that can be used. Save one first.',
  COLLECTION_UNDER_WAY: 'A collection of this invoice is under way. Wait for its end, or cancel it first.',
  NOTHING_TO_COLLECT: 'Nothing is left to collect.',
  REFERENCE_USED: 'A payment with this reference is recorded on this invoice already.',
  AMOUNT_TOO_LOW: 'The amount is lower than the least that can be charged.',
  AMOUNT_TOO_HIGH: 'The amount is higher than what is there.',
  ACCOUNT_MISSING: 'The agency has no account at the payment provider yet. Begin its onboarding first.',
  NOT_ON_HOLD: 'Nothing of this statement is on hold.',
  REQUEST_DECIDED: 'This request is already decided.',
  NOT_SANDBOX: 'This act exists only in sandbox mode.',
  CLOCK_BACKWARDS: 'The sandbox clock only moves forward.',
  ROUTE_IN_USE: 'Another route falls back on this one. Change that one first.',
  TOO_MANY: 'Too many items in one request.',
} as const satisfies Record<string, string>;

export type RefusalCode = keyof typeof refusalMessages;

export const refusalCodes = Object.keys(refusalMessages) as readonly RefusalCode[];
