import { type RefusalCode, refusalMessages } from '#outcome';
import { contactMessages } from './check-contact.js';
import { formMessages, textLimits } from './check-submission.js';
import type { LeadState } from './lead.js';

/** A refusal that a submission may get, with the path below the lead; `N` in it is a place in a list. */
export interface PossibleRefusal {
  readonly code: RefusalCode;
  readonly field: string;
  readonly message: string;
}

const standard = (code: RefusalCode, field: string): PossibleRefusal => ({
  code,
  field,
  message: refusalMessages[code],
});
const invalid = (field: string, message: string): PossibleRefusal => ({
  code: 'INVALID_VALUE',
  field,
  message,
});

const form: readonly PossibleRefusal[] = [
  standard('REQUIRED', 'externalId'),
  standard('REQUIRED', 'vertical'),
  standard('REQUIRED', 'attributes.N.key'),
  ...Object.entries(textLimits).flatMap(([field, max]) => [
    invalid(field, formMessages.tooLong(max)),
    invalid(field, formMessages.unstorable),
  ]),
  invalid('attributes.N.key', formMessages.keyOnce),
  { code: 'TOO_MANY', field: 'attributes', message: formMessages.tooManyAttributes },
  invalid('score', formMessages.score),
  standard('INVALID_CURRENCY', 'source.cost.currency'),
  standard('INVALID_AMOUNT', 'source.cost.amount'),
];

const contact: readonly PossibleRefusal[] = [
  { code: 'REQUIRED', field: 'contact', message: contactMessages.nobody },
  invalid('contact.email', contactMessages.email),
  invalid('contact.phone', contactMessages.phoneNone),
  invalid('contact.phone', contactMessages.phoneImpossible),
  invalid('contact.country', contactMessages.country),
  invalid('contact.postalCode', contactMessages.postalCode('{country}', ['{shapes}'])),
];

/** What is told beside a lead that is kept and goes to nobody, by its state. */
export const standingRefusals: Readonly<Partial<Record<LeadState, RefusalCode>>> = {
  DUPLICATE: 'DUPLICATE_LEAD',
  SUPPRESSED: 'LEAD_SUPPRESSED',
};

/** What is said when the contract that was named takes leads of another vertical. */
export const otherVertical = 'The contract named by contractId is for another vertical.';

const contract: readonly PossibleRefusal[] = [
  standard('NO_MATCHING_CONTRACT', 'vertical'),
  standard('CONTRACT_AMBIGUOUS', 'contractId'),
  standard('NOT_FOUND', 'contractId'),
  standard('CONTRACT_NOT_ACTIVE', 'contractId'),
  invalid('vertical', otherVertical),
  standard('INSUFFICIENT_BALANCE', 'vertical'),
  standard('INSUFFICIENT_BALANCE', 'contractId'),
  standard('EXTERNAL_ID_REUSED', 'externalId'),
  standard('DUPLICATE_LEAD', 'contact'),
  standard('LEAD_SUPPRESSED', 'contact'),
  standard('CONSENT_MISSING', 'consent'),
  standard('NOT_FOUND', 'pingId'),
  standard('PING_EXPIRED', 'pingId'),
  standard('PING_USED', 'pingId'),
  // At what differs from the ping.
  standard('PING_CHANGED', 'N'),
];

/**
 * Every refusal that a lead of any vertical may get; those of its schema come on top. In `{country}` and `{shapes}` stand the
 * lead's country and how it writes its postal codes.
 */
export const possibleRefusals: readonly PossibleRefusal[] = [...form, ...contact, ...contract];
