import type { AccountRequirement } from '#payments';
import {
  type AccountState,
  accountStates,
  showAccountState,
  showRequirement,
  showRequirements,
  stateOf,
} from './payment-account.js';
import { showDay } from './show-date.js';

const now = new Date('2027-04-20T12:00:00Z');

function requirement(field: string, more: Partial<AccountRequirement> = {}): AccountRequirement {
  return { field, dueAt: null, overdue: false, errorCode: null, ...more };
}

it.each<[AccountState, boolean, boolean, AccountState]>([
  ['CREATING', false, false, 'ONBOARDING'],
  ['CREATING', true, false, 'ACTIVE'],
  ['ONBOARDING', false, false, 'ONBOARDING'],
  ['ONBOARDING', true, false, 'ACTIVE'],
  ['ACTIVE', false, false, 'RESTRICTED'],
  ['RESTRICTED', false, false, 'RESTRICTED'],
  ['RESTRICTED', true, false, 'ACTIVE'],
  ['ACTIVE', true, true, 'REJECTED'],
  ['REJECTED', false, false, 'RESTRICTED'],
  ['REJECTED', true, false, 'ACTIVE'],
])(
  'an account that is %s, transfers active %s, rejected %s, is %s',
  (before, transfersActive, rejected, after) => {
    expect(stateOf(before, { transfersActive, rejected })).toBe(after);
  },
);

it.each([
  [
    'individual.verification.document',
    { dueAt: new Date('2027-05-03T00:00:00Z') },
    'A copy of an identity document of the owner, by 3 May',
  ],
  ['identity.individual.verification.document', {}, 'A copy of an identity document of the owner, now'],
  [
    'payout_methods.bank_account',
    { dueAt: new Date('2028-01-09T00:00:00Z') },
    'A bank account to pay to, by 9 January 2028',
  ],
  ['external_account', { overdue: true }, 'A bank account to pay to, overdue'],
  [
    'identity.attestations.terms_of_service',
    { overdue: true, dueAt: new Date('2027-04-01T00:00:00Z') },
    "Agreement to the payment provider's terms, overdue since 1 April",
  ],
  ['identity.business_details.registered_name', {}, 'The registered name of the business, now'],
  ['company.verification.document', {}, 'A document that shows that the business is registered, now'],
  ['representative.dob.day', {}, "The owner's date of birth, now"],
  [
    'individual.verification.document',
    { errorCode: 'verification_document_expired' },
    'A copy of an identity document of the owner (what was handed in was refused: it has expired), now',
  ],
  [
    'individual.id_number',
    { errorCode: 'something_new' },
    'An identity or tax number of the owner (what was handed in was refused: it could not be verified), now',
  ],
  ['something.unheard_of', {}, 'More about the business, now'],
])('%s %j reads: %s', (field, more, words) => {
  expect(showRequirement(requirement(field, more), now).words).toBe(words);
});

it('asks for one thing once, the most urgent first', () => {
  const shown = showRequirements(
    [
      requirement('email', { dueAt: new Date('2027-06-01T00:00:00Z') }),
      requirement('individual.dob.day', { dueAt: new Date('2027-05-01T00:00:00Z') }),
      requirement('individual.dob.month', { dueAt: new Date('2027-05-01T00:00:00Z') }),
      requirement('external_account', { overdue: true }),
    ],
    now,
  );
  expect(shown.map(({ words }) => words)).toEqual([
    'A bank account to pay to, overdue',
    "The owner's date of birth, by 1 May",
    'An e-mail address, by 1 June',
  ]);
});

it('says in a sentence what each state means', () => {
  const sentences = accountStates.flatMap((state) =>
    [null, 'refused'].flatMap((failureCode) =>
      [true, false].map((payoutsEnabled) => showAccountState({ state, failureCode, payoutsEnabled })),
    ),
  );
  expect(new Set([...sentences, showAccountState(null)]).size).toBe(8);
});

it('writes days with the year only when it is another one', () => {
  expect(showDay(new Date('2027-12-31T23:59:59Z'), now)).toBe('31 December');
  expect(showDay(new Date('2026-12-31T23:59:59Z'), now)).toBe('31 December 2026');
});
