import { asCurrency, money } from '#money';
import { describeTerms } from './describe-terms.js';
import { type ContractTerms, termDefaults } from './terms.js';

function termsOf(over: Partial<ContractTerms> = {}): ContractTerms {
  return {
    ...termDefaults,
    baseRate: money(1000n, asCurrency('USD')),
    commissionBasis: 'PER_DEAL',
    commissionRatePpm: 200_000,
    commissionTrigger: 'CONVERTED',
    timeZone: 'America/New_York',
    ...over,
  };
}

describe('describeTerms', () => {
  it('says what a contract per deal means', () => {
    expect(describeTerms(termsOf())).toEqual({
      summary:
        '$10.00 for every delivered lead, plus 20 % of the price of each deal that closes within 90 days of delivery. ' +
        'Returns within 7 days, hold 14 days, settled monthly in America/New_York.',
      clauses: [
        'Base rate: $10.00 for every delivered lead',
        'Commission: 20 % of the price of each deal that closes within 90 days of delivery',
        'Platform fee: none',
        'Returns: a defective lead may be returned within 7 days of delivery; then nothing is owed for it',
        'Outcome: the buyer reports what became of a lead within 30 days of delivery',
        'Settlement: monthly, each calendar month in America/New_York',
        'Hold: what the agency earned is held for 14 days before it is paid out',
        'Clawback: a commission is taken back when what it rests on is withdrawn within 90 days, such as a deal that is refunded or canceled',
        'Already paid: what the agency was paid and loses by a refund, a return or a dispute is netted from its next payout',
      ],
    });
  });

  it.each<[Partial<ContractTerms>, string]>([
    [
      { commissionBasis: 'NONE', commissionRatePpm: 0 },
      '$10.00 for every delivered lead. Returns within 7 days, hold 14 days, settled monthly in America/New_York.',
    ],
    [
      { commissionBasis: 'PER_LEAD', commissionTrigger: 'QUALIFIED', commissionRatePpm: 125_000 },
      '$10.00 for every delivered lead, plus 12.5 % of the base rate, once per lead, when it is qualified or gets further. ' +
        'Returns within 7 days, hold 14 days, settled monthly in America/New_York.',
    ],
    [
      { commissionBasis: 'PER_LEAD', settlementSchedule: 'SEMI_MONTHLY', platformFeeRatePpm: 20_000 },
      '$10.00 for every delivered lead, plus 20 % of the base rate, once per lead, when a deal closes within 90 days of delivery, ' +
        'and a platform fee of 2 %. Returns within 7 days, hold 14 days, settled twice a month in America/New_York.',
    ],
    [
      {
        baseRate: money(1500n, asCurrency('KWD')),
        returnWindowDays: 0,
        holdDays: 0,
        attributionWindowDays: 1,
        settlementSchedule: 'WEEKLY',
        timeZone: 'Asia/Kuwait',
      },
      'KWD 1.500 for every delivered lead, plus 20 % of the price of each deal that closes within 1 day of delivery. ' +
        'No returns, no hold, settled weekly in Asia/Kuwait.',
    ],
  ])('summarizes %#', (over, summary) => {
    expect(describeTerms(termsOf(over)).summary).toBe(summary);
  });

  it('names what is left out', () => {
    const { clauses } = describeTerms(
      termsOf({
        commissionBasis: 'NONE',
        commissionRatePpm: 0,
        returnWindowDays: 0,
        holdDays: 0,
        clawbackWindowDays: 0,
        platformFeeRatePpm: 20_000,
        clawbackMethod: 'TRANSFER_REVERSAL',
      }),
    );
    expect(clauses).toEqual([
      'Base rate: $10.00 for every delivered lead',
      'Commission: none',
      'Platform fee: 2 % of every charge, on top of it, to the operator',
      'Returns: none',
      'Outcome: the buyer reports what became of a lead within 30 days of delivery',
      'Settlement: monthly, each calendar month in America/New_York',
      'Hold: none',
      'Clawback: none',
      'Already paid: what the agency was paid and loses by a refund, a return or a dispute is taken back at once, by reversing the transfer',
    ]);
  });
});
