import { type ActiveContract, termDefaults } from '#contracts';
import { asCurrency, money } from '#money';
import { KnownContracts } from './known-contracts.js';

const contract: ActiveContract = {
  agencyId: 'agency',
  contractId: 'contract',
  buyerId: 'buyer',
  vertical: 'solar',
  rowVersion: 2,
  version: 1,
  creditBlocked: false,
  terms: {
    ...termDefaults,
    baseRate: money(1000n, asCurrency('USD')),
    commissionBasis: 'NONE',
    commissionRatePpm: 0,
    commissionTrigger: 'QUALIFIED',
    timeZone: 'UTC',
  },
};
const asked = { agencyId: 'agency', contractId: null, vertical: 'solar' };

describe('KnownContracts', () => {
  it('keeps a single contract for what was asked, and for nothing else', () => {
    const known = new KnownContracts();
    known.keep(asked, { contracts: [contract], inactive: false });
    expect(known.get(asked)).toEqual({ contracts: [contract], inactive: false });
    expect(known.get({ ...asked, vertical: 'roofing' })).toBeUndefined();
    expect(known.get({ ...asked, contractId: 'contract' })).toBeUndefined();
    expect(known.get({ ...asked, agencyId: 'another' })).toBeUndefined();
  });

  it.each([
    ['none', []],
    ['several', [contract, { ...contract, contractId: 'another' }]],
    ['one whose buyer has no credit', [{ ...contract, creditBlocked: true }]],
  ])('forgets when there is %s', (_name, contracts) => {
    const known = new KnownContracts();
    known.keep(asked, { contracts: [contract], inactive: false });
    known.keep(asked, { contracts, inactive: false });
    expect(known.get(asked)).toBeUndefined();
  });

  it('keeps no more than ten thousand, the latest', () => {
    const known = new KnownContracts();
    for (let n = 0; n <= 10_000; n += 1) {
      known.keep({ ...asked, vertical: `v${n}` }, { contracts: [contract], inactive: false });
    }
    expect(known.get({ ...asked, vertical: 'v0' })).toBeUndefined();
    expect(known.get({ ...asked, vertical: 'v1' })).toEqual({ contracts: [contract], inactive: false });
    expect(known.get({ ...asked, vertical: 'v10000' })).toEqual({ contracts: [contract], inactive: false });
  });
});
