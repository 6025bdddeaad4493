import type { AccountRequirement, AccountSnapshot } from '#payments';
import { showDay } from './show-date.js';

/**
 * CREATING: asked for at the provider. ONBOARDING: the agency has to tell the provider who it is. ACTIVE: money can be
 * sent. RESTRICTED: it could be, and cannot at present. REJECTED: the provider will not have it.
 */
export const accountStates = ['CREATING', 'ONBOARDING', 'ACTIVE', 'RESTRICTED', 'REJECTED'] as const;
export type AccountState = (typeof accountStates)[number];

/** An agency's account at the payment provider, as it was when it was last looked at. */
export interface PaymentAccount {
  readonly agencyId: string;
  readonly providerAccountId: string | null;
  readonly operationId: string | null;
  readonly state: AccountState;
  readonly transfersActive: boolean;
  readonly payoutsEnabled: boolean;
  readonly requirements: readonly AccountRequirement[];
  /** Why the provider would not make it; null when it did. */
  readonly failureCode: string | null;
  readonly checkedAt: Date | null;
  readonly changedAt: Date;
}

/** What a look at the provider says of an account that was in this state before. */
export function stateOf(
  before: AccountState,
  snapshot: Pick<AccountSnapshot, 'transfersActive' | 'rejected'>,
): AccountState {
  if (snapshot.rejected) return 'REJECTED';
  if (snapshot.transfersActive) return 'ACTIVE';
  // Who has never been active is still at the beginning, and not restricted.
  return before === 'CREATING' || before === 'ONBOARDING' ? 'ONBOARDING' : 'RESTRICTED';
}

/** Something that the agency has to do, in words that it understands. */
export interface RequirementShown {
  readonly field: string;
  readonly words: string;
  readonly dueAt: Date | null;
  readonly overdue: boolean;
}

// The first that fits; from the narrow to the wide. Fields of accounts v1 and v2 alike.
const things: readonly (readonly [RegExp, string])[] = [
  [/document.*back/, 'The back of an identity document of the owner'],
  [/company.*verification\.document/, 'A document that shows that the business is registered'],
  [/additional_document|proof_of_address/, "A proof of the owner's address"],
  [
    /verification\.document|identity_document|primary_verification/,
    'A copy of an identity document of the owner',
  ],
  [/proof_of_liveness/, 'A photo of the owner, for comparison with the identity document'],
  [/external_account|bank_account|payout_methods?/, 'A bank account to pay to'],
  [/tos_acceptance|terms_of_service|attestation/, "Agreement to the payment provider's terms"],
  [/registered_name|company\.name|business_name|doing_business/, 'The registered name of the business'],
  [/company\.tax_id|business_details\.id_number|vat_id/, 'The tax number of the business'],
  [/registration_date|structure/, 'How and since when the business is registered'],
  [/company\.address|business_details\.address/, 'The address of the business'],
  [/company\.phone|business_details\.phone|support_phone/, 'A telephone number of the business'],
  [/business_profile\.url|website/, 'The website of the business'],
  [/business_profile|mcc|product_description/, 'What the business does'],
  [/directors_provided|directors\./, 'Who directs the business'],
  [/owners_provided|ownership|owners\./, 'Who owns the business'],
  [/executives/, 'Who manages the business'],
  [/business_type|entity_type/, 'Whether the agency is a person or a company'],
  [/ssn_last_4|id_number/, 'An identity or tax number of the owner'],
  [/\bdob\b|date_of_birth/, "The owner's date of birth"],
  [/nationality/, "The owner's nationality"],
  [/address/, "The owner's address"],
  [/first_name|last_name|given_name|surname|name_kana|name_kanji/, "The owner's name"],
  [/relationship|\btitle\b/, "The owner's position in the business"],
  [/phone/, 'A telephone number'],
  [/email/, 'An e-mail address'],
];

const objections: readonly (readonly [RegExp, string])[] = [
  [/expired/, 'it has expired'],
  [/not_readable|corrupt|blurry|greyscale|failed_copy/, 'it cannot be read'],
  [/mismatch|keyed_identity/, 'it does not match what was entered'],
  [/too_large/, 'the file is too large'],
  [/not_uploaded|missing_(front|back)/, 'a side of it is missing'],
  [/fraudulent|manipulated/, 'it was not accepted as genuine'],
  [/country|type_not_supported|invalid/, 'it is not of an accepted kind'],
];

/** What is missing and until when: "A copy of an identity document of the owner, by 3 May". */
export function showRequirement(requirement: AccountRequirement, now: Date): RequirementShown {
  const { field, dueAt, overdue, errorCode } = requirement;
  const thing = things.find(([pattern]) => pattern.test(field))?.[1] ?? 'More about the business';
  const objection = errorCode === null ? '' : ` (what was handed in was refused: ${objectionOf(errorCode)})`;
  return { field, words: `${thing}${objection}, ${when(dueAt, overdue, now)}`, dueAt, overdue };
}

function objectionOf(code: string): string {
  return objections.find(([pattern]) => pattern.test(code))?.[1] ?? 'it could not be verified';
}

function when(dueAt: Date | null, overdue: boolean, now: Date): string {
  if (overdue) return dueAt === null ? 'overdue' : `overdue since ${showDay(dueAt, now)}`;
  return dueAt === null ? 'now' : `by ${showDay(dueAt, now)}`;
}

/** The same thing is often asked for in several fields: once is enough, with the earliest date. */
export function showRequirements(
  requirements: readonly AccountRequirement[],
  now: Date,
): readonly RequirementShown[] {
  const urgency = ({ dueAt, overdue }: AccountRequirement): number =>
    overdue || dueAt === null ? 0 : dueAt.getTime();
  const sorted = [...requirements].sort((a, b) => urgency(a) - urgency(b) || (a.field < b.field ? -1 : 1));
  const shown = new Map<string, RequirementShown>();
  for (const requirement of sorted) {
    const each = showRequirement(requirement, now);
    if (!shown.has(each.words)) shown.set(each.words, each);
  }
  return [...shown.values()];
}

/** What the state means for the agency, in a sentence. */
export function showAccountState(
  account: Pick<PaymentAccount, 'state' | 'failureCode' | 'payoutsEnabled'> | null,
): string {
  switch (account?.state) {
    case undefined:
      return 'There is no account to be paid to yet. Begin the onboarding.';
    case 'CREATING':
      return account?.failureCode
        ? 'The payment provider refused to open the account. Check the e-mail address and the country, and begin again.'
        : 'The account is being opened at the payment provider.';
    case 'ONBOARDING':
      return 'The account is open, and the payment provider needs to know more before money can be sent to it.';
    case 'ACTIVE':
      return account?.payoutsEnabled
        ? 'Money can be sent to the account, and goes on to the bank.'
        : 'Money can be sent to the account, but does not go on to the bank yet.';
    case 'RESTRICTED':
      return 'The payment provider has restricted the account: no money can be sent to it until it has what it asks for.';
    case 'REJECTED':
      return 'The payment provider has rejected the account. Ask the operator.';
  }
}
