import {
  agency,
  buyerWith,
  make,
  operationOf,
  providerFor,
  requests,
  start,
  usd,
  useStripe,
} from './support.js';

const bench = useStripe();
const since = new Date('2027-01-01T00:00:00Z');

/** A transfer of 30.00 to this account. */
async function transferTo(accountId: string) {
  bench.sandbox.control.fund({ amount: 30_00, currency: 'usd' });
  return make(bench.provider, { ...requests.TRANSFER, accountId }, 'transfer');
}

describe.each(['v2', 'v1'] as const)('an account of API %s', (accountsVersion) => {
  const provider = () => providerFor(bench.sandbox, { accountsVersion });

  it('is onboarded, asked for more, restricted and rejected', async () => {
    const { control } = bench.sandbox;
    const account = await make(provider(), requests.ACCOUNT_CREATE, 'account');
    expect(account).toMatchObject({ transfersActive: false, payoutsEnabled: false, rejected: false });
    expect(account.requirements).toHaveLength(3);
    const seen = () => provider().retrieve('account', account.id);
    expect(await seen()).toEqual(account);
    const links = { returnUrl: 'https://example.com/back', refreshUrl: 'https://example.com/again' };
    const url = await provider().onboardingLink(account.id, links);
    const done = await fetch(url, { method: 'POST', body: 'do=complete', redirect: 'manual' });
    expect(done.headers.get('location')).toBe('https://example.com/back');
    expect(await seen()).toEqual({
      ...account,
      transfersActive: true,
      payoutsEnabled: true,
      requirements: [],
    });
    const demand = { account: account.id, fields: ['individual.id_number'], dueInDays: 10 };
    control.restrictAccount({ ...demand, error: 'It cannot be read.' });
    expect(await seen()).toMatchObject({
      transfersActive: true,
      requirements: [
        {
          field: 'individual.id_number',
          dueAt: new Date('2027-01-14T12:00:00Z'),
          overdue: false,
          errorCode: 'verification_failed_other',
        },
      ],
    });
    control.advance({ days: 10 });
    expect(await seen()).toMatchObject({
      transfersActive: false,
      payoutsEnabled: false,
      rejected: false,
      requirements: [{ field: 'individual.id_number', dueAt: null, overdue: true }],
    });
    control.rejectAccount({ account: account.id });
    expect(await seen()).toMatchObject({ transfersActive: false, rejected: true, requirements: [] });
  });

  it('that is being verified has nothing to tell, and cannot receive yet', async () => {
    const { control } = bench.sandbox;
    control.setSettings({ verificationSeconds: 60 });
    const account = await make(provider(), requests.ACCOUNT_CREATE, 'account');
    control.completeAccount({ account: account.id });
    expect(await provider().retrieve('account', account.id)).toMatchObject({
      transfersActive: false,
      requirements: [],
    });
    control.advance({ minutes: 1 });
    expect(await provider().retrieve('account', account.id)).toMatchObject({ transfersActive: true });
  });

  it('is found among many, and is missing only when all were looked at', async () => {
    const operation = operationOf(provider(), requests.ACCOUNT_CREATE);
    const sent = await provider().send(operation);
    for (let index = 0; index < 45; index += 1) {
      await provider().send(operationOf(provider(), requests.ACCOUNT_CREATE));
    }
    if (sent.class !== 'SUCCEEDED') throw new Error(sent.class);
    expect(await provider().find(operation)).toEqual(sent.object);
    expect(await provider().find({ ...operation, id: 'op-nobody' })).toBeNull();
  });

  it('of the other version is told of, too', async () => {
    const other = providerFor(bench.sandbox, { accountsVersion: accountsVersion === 'v1' ? 'v2' : 'v1' });
    const account = await make(other, requests.ACCOUNT_CREATE, 'account');
    bench.sandbox.control.completeAccount({ account: account.id });
    expect(await provider().retrieve('account', account.id)).toMatchObject({
      operationId: account.operationId,
      transfersActive: true,
    });
  });
});

describe('a transfer', () => {
  it('tells of all its reversals, oldest first', async () => {
    const { provider, sandbox } = bench;
    const transfer = await transferTo(await agency(bench));
    const made = [];
    for (let amount = 1n; amount <= 12n; amount += 1n) {
      sandbox.control.advance({ minutes: 1 });
      const request = { ...requests.TRANSFER_REVERSAL, transferId: transfer.id, amountMinor: amount };
      made.push(await make(provider, request, 'reversal'));
    }
    const seen = await provider.retrieve('transfer', transfer.id);
    expect(seen?.reversals).toEqual(made);
    const last = made.at(-1);
    expect(await provider.transferOfMovement(String(last?.funds.id))).toBe(transfer.id);
    expect(await provider.transferOfMovement(transfer.funds.id)).toBeNull();
  });
});

describe('bank payouts', () => {
  it('of an agency carry its transfers, each once', async () => {
    const { provider, sandbox } = bench;
    const account = await agency(bench);
    const first = await transferTo(account);
    sandbox.control.advance({ days: 1 });
    const second = await transferTo(account);
    sandbox.control.advance({ days: 1 });
    const payouts = await provider.bankPayouts(account, since);
    expect(payouts).toMatchObject([
      { accountId: account, state: 'PENDING', destinationPaymentIds: [second.destinationPaymentId] },
      {
        accountId: account,
        state: 'PENDING',
        amountMinor: 30_00n,
        currency: 'USD',
        arrivesAt: new Date('2027-01-07T00:00:00Z'),
        failureCode: null,
        destinationPaymentIds: [first.destinationPaymentId],
      },
    ]);
    sandbox.control.advance({ days: 3 });
    const id = String(payouts[1]?.id);
    expect(await provider.retrieve('bank_payout', id, account)).toMatchObject({ state: 'PAID' });
    sandbox.control.failPayout({ payout: id });
    expect(await provider.retrieve('bank_payout', id, account)).toMatchObject({
      state: 'FAILED',
      failureCode: 'account_closed',
      destinationPaymentIds: [first.destinationPaymentId],
    });
    // It is not one of the operator's.
    expect(await provider.retrieve('bank_payout', id)).toBeNull();
    expect(await provider.bankPayouts(null, since)).toEqual([]);
    expect(await provider.bankPayouts(account, new Date('2027-01-06T00:00:00Z'))).toHaveLength(1);
  });

  it('of the operator carry nothing that is told', async () => {
    const { provider, sandbox } = bench;
    sandbox.control.fund({ amount: 50_00, currency: 'usd' });
    sandbox.control.payOut({ account: 'acct_1SandboxPlatform00' });
    const [payout] = await provider.bankPayouts(null, since);
    expect(payout).toMatchObject({ accountId: null, amountMinor: 50_00n, destinationPaymentIds: [] });
    expect(await provider.retrieve('bank_payout', String(payout?.id))).toEqual(payout);
  });
});

describe('the balance', () => {
  it('is what its movements sum up to, page by page', async () => {
    const { provider, sandbox } = bench;
    const { buyer, method } = await buyerWith(bench, 'pm_card_visa');
    const request = { ...requests.PAYMENT, providerBuyerId: buyer, methodId: method };
    await make(provider, request, 'payment');
    for (let index = 0; index < 120; index += 1) sandbox.control.fund({ amount: 1_00, currency: 'usd' });
    const first = await provider.funds(new Date(start), null);
    expect(first.movements).toHaveLength(100);
    const second = await provider.funds(new Date(start), first.after);
    expect(second.after).toBeNull();
    const movements = [...first.movements, ...second.movements];
    expect(new Set(movements.map(({ id }) => id)).size).toBe(121);
    expect(movements.at(-1)).toMatchObject({ type: 'charge', netMinor: 96_80n });
    const [balance] = await provider.balances();
    expect(balance).toEqual({ currency: usd, availableMinor: 120_00n, pendingMinor: 96_80n });
    expect(movements.reduce((sum, { netMinor }) => sum + netMinor, 0n)).toBe(216_80n);
    expect(await provider.funds(new Date('2027-01-05T00:00:00Z'), null)).toEqual({
      movements: [],
      after: null,
    });
  });
});

describe('looking for a buyer or a payment', () => {
  it('goes on to the end of the list', async () => {
    const { provider } = bench;
    const { buyer, method } = await buyerWith(bench, 'pm_card_visa');
    const request = { ...requests.PAYMENT, providerBuyerId: buyer, methodId: method, amountMinor: 1_00n };
    const operation = operationOf(provider, request);
    await provider.send(operation);
    for (let index = 0; index < 101; index += 1) await provider.send(operationOf(provider, request));
    expect(await provider.find(operation)).toMatchObject({ operationId: operation.id });
    expect(await provider.find({ ...operation, id: 'op-nobody' })).toBeNull();
    // Nothing is looked for that is older than the operation itself.
    const later = (days: number) => new Date(new Date(start).getTime() + days * 86_400_000);
    expect(await provider.find({ ...operation, createdAt: later(0) })).toMatchObject({
      operationId: operation.id,
    });
    expect(await provider.find({ ...operation, createdAt: later(3) })).toBeNull();
    const lost = operationOf(provider, { ...request, providerBuyerId: 'cus_none' });
    // Whoever is not known at all may be somebody else's: that says nothing.
    await expect(provider.find(lost)).rejects.toMatchObject({ code: 'resource_missing' });
  });
});
