import { refusal, type Refusal, refusalMessages } from '#outcome';
import type { Contact } from '#persons';
import { contactMessages } from './check-contact.js';

type ForcedCode =
  | 'INVALID_VALUE'
  | 'INVALID_AMOUNT'
  | 'DUPLICATE_LEAD'
  | 'LEAD_SUPPRESSED'
  | 'CONSENT_MISSING'
  | 'NO_MATCHING_CONTRACT'
  | 'CONTRACT_NOT_ACTIVE'
  | 'INSUFFICIENT_BALANCE';

/** A refusal that a test lead asks for; `field` is the path below the lead. */
export interface ForcedRefusal {
  readonly code: ForcedCode;
  readonly field: readonly string[];
  readonly message: string;
}

/** States in which a lead is kept without being given to anybody. */
export type ForcedState = 'DUPLICATE' | 'SUPPRESSED' | 'QUARANTINED' | 'UNSOLD';

/** What a test lead gets for one address or postal code, so that an integration can be tried against every answer. */
export interface ForcedAnswer {
  /** Before the @ of {@link testDomain}. */
  readonly local: string;
  readonly postalCode: string;
  readonly meaning: string;
  /** What is told. Empty: taken, like any other lead that breaks no rule. */
  readonly refusals: readonly ForcedRefusal[];
  /** What the lead becomes; it is kept then, and answered with what is told. Left out: as if it were live. */
  readonly state?: ForcedState;
}

/** `.test` is kept for tests (RFC 2606): nobody has an address there. */
export const testDomain = 'leads.test';

const standard = (code: ForcedCode, field: string): ForcedRefusal => ({
  code,
  field: [field],
  message: refusalMessages[code],
});

/** By address or by postal code; the address goes first. Codes of 0000x belong to no place in any country. */
export const forcedAnswers: readonly ForcedAnswer[] = [
  { local: 'accepted', postalCode: '00000', meaning: 'Taken.', refusals: [] },
  {
    local: 'rejected',
    postalCode: '00001',
    meaning: 'Rejected for its data, with two reasons at once.',
    refusals: [
      { code: 'INVALID_VALUE', field: ['contact', 'phone'], message: contactMessages.phoneImpossible },
      {
        code: 'INVALID_AMOUNT',
        field: ['source', 'cost', 'amount'],
        message: refusalMessages.INVALID_AMOUNT,
      },
    ],
  },
  {
    local: 'duplicate',
    postalCode: '00002',
    meaning: 'The person was submitted before: kept as DUPLICATE.',
    refusals: [standard('DUPLICATE_LEAD', 'contact')],
    state: 'DUPLICATE',
  },
  {
    local: 'no-contract',
    postalCode: '00003',
    meaning: 'No buyer takes leads of this vertical from you.',
    refusals: [standard('NO_MATCHING_CONTRACT', 'vertical')],
  },
  {
    local: 'contract-paused',
    postalCode: '00004',
    meaning: 'The contract takes no leads at present.',
    refusals: [standard('CONTRACT_NOT_ACTIVE', 'contractId')],
  },
  {
    local: 'no-balance',
    postalCode: '00005',
    meaning: 'The buyer’s balance is used up; a test lead gets this in no other way.',
    refusals: [standard('INSUFFICIENT_BALANCE', 'vertical')],
  },
  {
    local: 'suppressed',
    postalCode: '00006',
    meaning: 'The person must not be contacted: kept as SUPPRESSED.',
    refusals: [standard('LEAD_SUPPRESSED', 'contact')],
    state: 'SUPPRESSED',
  },
  {
    local: 'quarantined',
    postalCode: '00007',
    meaning: 'The lead looks wrong, and waits as QUARANTINED until a person has looked at it.',
    refusals: [],
    state: 'QUARANTINED',
  },
  {
    local: 'no-consent',
    postalCode: '00008',
    meaning: 'The contract asks for a proof of consent, and there is none.',
    refusals: [standard('CONSENT_MISSING', 'consent')],
  },
  {
    local: 'unsold',
    postalCode: '00009',
    meaning: 'No buyer takes it at present: kept as UNSOLD.',
    refusals: [],
    state: 'UNSOLD',
  },
];

const byAddress = new Map(forcedAnswers.map((answer) => [`${answer.local}@${testDomain}`, answer]));
const byPostalCode = new Map(forcedAnswers.map((answer) => [answer.postalCode, answer]));

/** The answer that a test lead's contact asks for; undefined when it asks for none. Never ask for a live lead. */
export function forcedAnswerOf({
  email,
  postalCode,
}: Pick<Contact, 'email' | 'postalCode'>): ForcedAnswer | undefined {
  const address = email?.trim().toLowerCase() ?? '';
  return byAddress.get(address) ?? byPostalCode.get(postalCode?.trim() ?? '');
}

/** The refusals of an answer with their paths below `path`. */
export function refusalsOf({ refusals }: ForcedAnswer, path: readonly string[]): Refusal[] {
  return refusals.map(({ code, field, message }) => refusal(code, { field: [...path, ...field], message }));
}
