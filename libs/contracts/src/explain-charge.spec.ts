import { asCurrency, money } from '#money';
import { type StoredCharge, explainCharge } from './explain-charge.js';
import { type ContractTerms, termDefaults } from './terms.js';

const usd = asCurrency('USD');
const terms: ContractTerms = {
  ...termDefaults,
  baseRate: money(1000n, usd),
  commissionBasis: 'PER_DEAL',
  commissionRatePpm: 200_000,
  commissionTrigger: 'CONVERTED',
  timeZone: 'America/New_York',
};

function chargeOf(over: Partial<StoredCharge>): StoredCharge {
  return {
    component: 'BASE',
    payee: 'AGENCY',
    amountMinor: 1000n,
    inputMinor: 1000n,
    ratePpm: null,
    currency: usd,
    reverses: null,
    latePeriodStart: null,
    ...over,
  };
}

describe('explainCharge', () => {
  it('explains the base rate', () => {
    expect(explainCharge(chargeOf({}))).toEqual({
      text: 'Base rate $10.00',
      clause: 'Base rate: $10.00 for every delivered lead',
      inputs: [{ name: 'Base rate', value: '$10.00' }],
      rounding: null,
    });
  });

  const deal = chargeOf({
    component: 'COMMISSION_PER_DEAL',
    amountMinor: 40_000n,
    inputMinor: 200_000n,
    ratePpm: 200_000,
  });

  it('explains a commission per deal, and names the clause of the contract', () => {
    expect(explainCharge(deal, terms)).toEqual({
      text: '20 % of $2,000.00 = $400.00',
      clause: 'Commission: 20 % of the price of each deal that closes within 90 days of delivery',
      inputs: [
        { name: 'Deal amount', value: '$2,000.00' },
        { name: 'Rate', value: '20 %' },
      ],
      rounding: null,
    });
  });

  it.each<[string, Partial<StoredCharge>, string]>([
    [
      'a commission per lead',
      { component: 'COMMISSION_PER_LEAD', amountMinor: 200n, ratePpm: 200_000 },
      '20 % of the base rate $10.00 = $2.00',
    ],
    [
      'a platform fee',
      {
        component: 'PLATFORM_FEE',
        payee: 'OPERATOR',
        amountMinor: 2000n,
        inputMinor: 40_000n,
        ratePpm: 50_000,
      },
      'Platform fee: 5 % of $400.00 = $20.00',
    ],
    [
      'a restatement',
      { component: 'RESTATEMENT', amountMinor: -10_000n, inputMinor: 150_000n, ratePpm: 200_000 },
      'Deal restated: 20 % of $1,500.00 = $300.00, so −$100.00',
    ],
    [
      'a restatement of the fee',
      {
        component: 'RESTATEMENT',
        payee: 'OPERATOR',
        amountMinor: -500n,
        inputMinor: 30_000n,
        ratePpm: 50_000,
      },
      'Platform fee of a restated deal: 5 % of $300.00 = $15.00, so −$5.00',
    ],
    [
      'a return of the base',
      { component: 'RETURN_CREDIT', amountMinor: -1000n, reverses: 'BASE' },
      'Lead returned: reverses the base rate of $10.00',
    ],
    [
      'a lead that went to another buyer',
      { component: 'RETURN_CREDIT', amountMinor: -1000n, reverses: 'BASE', rerouted: true },
      'Person not reached in time, lead given to another buyer: reverses the base rate of $10.00',
    ],
    [
      'a return of a restatement',
      { component: 'RETURN_CREDIT', amountMinor: 10_000n, reverses: 'RESTATEMENT' },
      'Lead returned: reverses the restatement of −$100.00',
    ],
    [
      'a refunded deal',
      { component: 'CLAWBACK', amountMinor: -40_000n, reverses: 'COMMISSION_PER_DEAL' },
      'Deal refunded or canceled: reverses the commission of $400.00',
    ],
    [
      'a withdrawn qualification',
      { component: 'CLAWBACK', amountMinor: -200n, reverses: 'COMMISSION_PER_LEAD' },
      'No longer owed: reverses the commission of $2.00',
    ],
    ['an adjustment', { component: 'ADJUSTMENT', amountMinor: -1n }, 'Adjustment of −$0.01'],
  ])('explains %s', (_name, over, text) => {
    expect(explainCharge(chargeOf(over), terms).text).toBe(text);
  });

  it('says where it was rounded', () => {
    const small = { ...deal, inputMinor: 7n, amountMinor: 1n };
    // 7 cents at 20 % are 1.4 cents
    expect(explainCharge(small).rounding).toBe('0.014 rounded half-even to 0.01');
    expect(explainCharge({ ...small, currency: asCurrency('JPY') }).rounding).toBe(
      '1.4 rounded half-even to 1',
    );
  });

  it('names the period that a late line belongs to', () => {
    const late = explainCharge({ ...deal, latePeriodStart: '2026-10-01' });
    expect(late.text).toBe('20 % of $2,000.00 = $400.00 (belongs to the period that began on 2026-10-01)');
    expect(late.inputs).toContainEqual({ name: 'Period began on', value: '2026-10-01' });
  });

  it('names a clause without the terms too', () => {
    expect(explainCharge(deal).clause).toBe("Commission: 20 % of each deal's price");
  });

  it('names the clause by which a lead goes to another buyer', () => {
    const credit = chargeOf({
      component: 'RETURN_CREDIT',
      amountMinor: -1000n,
      reverses: 'BASE',
      rerouted: true,
    });
    const sla = { ...terms, contactSlaSeconds: 300, contactSlaReroute: true };
    expect(explainCharge(credit, sla).clause).toBe(
      'Contact: the buyer reaches the person within 5 minutes of taking the lead; else it goes to another buyer, and nothing is owed for it',
    );
    expect(explainCharge(credit).clause).toBe('Contact');
  });
});
