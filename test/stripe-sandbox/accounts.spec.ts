import { agency, errorOf, useSandbox } from './support.js';

const used = useSandbox();
const include = ['configuration.recipient', 'requirements', 'defaults', 'identity'] as const;

function create() {
  return used.stripe.v2.core.accounts.create({
    contact_email: 'agency@example.com',
    display_name: 'Agency <One>',
    identity: { country: 'us', entity_type: 'company' },
    defaults: {
      currency: 'usd',
      responsibilities: { fees_collector: 'application', losses_collector: 'application' },
    },
    dashboard: 'express',
    metadata: { agency: 'a1' },
    configuration: {
      recipient: { capabilities: { stripe_balance: { stripe_transfers: { requested: true } } } },
    },
    include: [...include],
  });
}

function transfersOf(account: Awaited<ReturnType<typeof create>>) {
  return account.configuration?.recipient?.capabilities?.stripe_balance?.stripe_transfers;
}

describe('an account', () => {
  it('begins restricted, saying what is missing, and is active once that is told', async () => {
    const { stripe, sandbox } = used;
    sandbox.control.setSettings({ verificationSeconds: 60 });
    const account = await create();
    expect(account).toMatchObject({
      applied_configurations: ['recipient'],
      metadata: { agency: 'a1' },
      defaults: { responsibilities: { losses_collector: 'application' } },
    });
    expect(transfersOf(account)).toMatchObject({
      status: 'restricted',
      status_details: [{ resolution: 'provide_info' }],
    });
    expect(account.requirements?.entries?.length).toBeGreaterThan(0);
    expect(account.requirements?.summary?.minimum_deadline?.status).toBe('currently_due');
    sandbox.control.completeAccount({ account: account.id });
    const seen = async () =>
      transfersOf(await stripe.v2.core.accounts.retrieve(account.id, { include: [...include] }));
    expect(await seen()).toMatchObject({ status: 'pending' });
    sandbox.control.advance({ seconds: 60 });
    expect(await seen()).toEqual({ status: 'active', status_details: [] });
    const bare = await stripe.v2.core.accounts.retrieve(account.id);
    expect([bare.configuration, bare.requirements]).toEqual([undefined, undefined]);
  });

  it('is asked for more by a day, and cannot receive after that day', async () => {
    const { stripe, sandbox } = used;
    const account = await agency(used);
    sandbox.control.restrictAccount({ account, fields: ['identity.individual.id_number'], dueInDays: 10 });
    const seen = () => stripe.v2.core.accounts.retrieve(account, { include: [...include] });
    const asked = await seen();
    expect(transfersOf(asked)).toMatchObject({ status: 'active' });
    expect(asked.requirements).toMatchObject({
      entries: [{ description: 'identity.individual.id_number', awaiting_action_from: 'user' }],
      summary: { minimum_deadline: { status: 'currently_due', time: '2027-01-14T12:00:00.000Z' } },
    });
    sandbox.control.advance({ days: 10 });
    expect(transfersOf(await seen())).toMatchObject({ status: 'restricted' });
    const v1 = await stripe.accounts.retrieve(account);
    expect(v1).toMatchObject({
      payouts_enabled: false,
      capabilities: { transfers: 'inactive' },
      requirements: { past_due: ['identity.individual.id_number'], disabled_reason: 'requirements.past_due' },
    });
  });

  it('onboards through a link that works once and not for long', async () => {
    const { stripe, sandbox } = used;
    const { id } = await create();
    const link = () =>
      stripe.v2.core.accountLinks.create({
        account: id,
        use_case: {
          type: 'account_onboarding',
          account_onboarding: {
            configurations: ['recipient'],
            refresh_url: 'https://example.com/again',
            return_url: 'https://example.com/back',
          } as never,
        },
      });
    const errorSeen = await errorOf(link());
    expect(errorSeen.message).toContain('configurations');
    const fresh = await stripe.v2.core.accountLinks.create({
      account: id,
      use_case: {
        type: 'account_onboarding',
        account_onboarding: {
          refresh_url: 'https://example.com/again',
          return_url: 'https://example.com/back',
        },
      },
    });
    expect(await (await fetch(fresh.url)).text()).toContain('Agency &lt;One&gt;');
    const press = async (body: string) =>
      (await fetch(fresh.url, { method: 'POST', body, redirect: 'manual' })).headers.get('location');
    // Coming back is not having completed it.
    expect(await press('do=leave')).toBe('https://example.com/back');
    expect((await stripe.accounts.retrieve(id)).capabilities?.transfers).toBe('inactive');
    expect(await press('do=complete')).toBe('https://example.com/again');
    expect((await stripe.accounts.retrieve(id)).capabilities?.transfers).toBe('inactive');
    sandbox.control.completeAccount({ account: id });
    expect((await stripe.accounts.retrieve(id)).capabilities?.transfers).toBe('active');
  });

  it('is the same in v1', async () => {
    const { stripe, sandbox } = used;
    const account = await stripe.accounts.create({
      country: 'GB',
      email: 'agency@example.com',
      controller: { losses: { payments: 'application' }, fees: { payer: 'application' } },
      capabilities: { transfers: { requested: true } },
    });
    expect(account).toMatchObject({ default_currency: 'gbp', details_submitted: false });
    expect(account.requirements?.currently_due?.length).toBeGreaterThan(0);
    const link = await stripe.accountLinks.create({
      account: account.id,
      type: 'account_onboarding',
      refresh_url: 'https://example.com/again',
      return_url: 'https://example.com/back',
    });
    await fetch(link.url, { method: 'POST', body: 'do=complete', redirect: 'manual' });
    expect((await stripe.accounts.retrieve(account.id)).payouts_enabled).toBe(true);
    sandbox.control.rejectAccount({ account: account.id });
    expect(await stripe.accounts.retrieve(account.id)).toMatchObject({
      requirements: { disabled_reason: 'rejected.fraud' },
    });
    expect(await errorOf(stripe.accounts.retrieve('acct_nobody'))).toMatchObject({
      code: 'resource_missing',
    });
  });
});

describe('parameters', () => {
  it.each([
    ['unknown', { amount: 1000, currency: 'usd', colour: 'red' }, 'parameter_unknown', 'colour'],
    ['missing', { currency: 'usd' }, 'parameter_missing', 'amount'],
    ['no integer', { amount: 10.5, currency: 'usd' }, 'parameter_invalid_integer', 'amount'],
    ['no number', { amount: 'ten', currency: 'usd' }, 'parameter_invalid_integer', 'amount'],
    ['too small', { amount: 49, currency: 'usd' }, 'amount_too_small', 'amount'],
    ['too large', { amount: 100_000_000, currency: 'usd' }, 'amount_too_large', 'amount'],
    [
      'given up by Stripe',
      { amount: 1000, currency: 'usd', payment_method_types: ['card'] },
      'parameter_unknown',
      'payment_method_types',
    ],
    [
      'unknown inside',
      { amount: 1000, currency: 'usd', mandate_data: { colour: 1 } },
      'parameter_unknown',
      'mandate_data[colour]',
    ],
  ])('%s', async (_, params, code, param) => {
    const error = await errorOf(used.stripe.paymentIntents.create(params as never));
    expect(error).toMatchObject({ type: 'StripeInvalidRequestError', statusCode: 400, code, param });
    expect(used.sandbox.control.rows({ table: 'payment_intents' })).toEqual([]);
  });

  it('that name what is not there', async () => {
    const { stripe } = used;
    const intent = { amount: 1000, currency: 'usd' };
    expect(await errorOf(stripe.paymentIntents.create({ ...intent, customer: 'cus_none' }))).toMatchObject({
      code: 'resource_missing',
      param: 'customer',
    });
    expect(await errorOf(stripe.customers.retrieve('cus_none'))).toMatchObject({ statusCode: 404 });
    const expanded = stripe.paymentIntents.create({ ...intent, expand: ['colour'] });
    expect((await errorOf(expanded)).message).toContain('cannot be expanded');
    const destination = { ...intent, transfer_data: { destination: 'acct_1' } };
    expect(await errorOf(stripe.paymentIntents.create(destination))).toMatchObject({
      param: 'transfer_data',
    });
    expect(used.sandbox.control.rows({ table: 'payment_intents' })).toEqual([]);
    expect((await stripe.events.list()).data).toEqual([]);
    expect(await errorOf(stripe.quotes.list())).toMatchObject({ statusCode: 404 });
  });

  it('that merge metadata, and take it away', async () => {
    const { stripe } = used;
    const { id } = await stripe.customers.create({ metadata: { a: '1', b: 2 } });
    const changed = await stripe.customers.update(id, { name: 'Ünï', metadata: { a: '', c: 'x&y=z' } });
    expect(changed).toMatchObject({ name: 'Ünï', metadata: { b: '2', c: 'x&y=z' } });
    expect(changed.metadata).not.toHaveProperty('a');
  });
});
