import { newId } from '#database';
import { OnboardAgency } from '#payouts';
import { codesOf, dayMs, hourMs, type Market, openMarket, valueOf } from './market.js';

let market: Market;
beforeEach(async () => {
  market = await openMarket();
});
afterEach(() => market.verifyAndStop());

const input = { email: 'agency@example.com', country: 'US' };

async function begin(
  agencyId: string,
  more: Partial<typeof input> & { readonly idempotencyKey?: string } = {},
) {
  const onboard = market.context.get(OnboardAgency);
  return await onboard.begin(market.head('AGENCY', agencyId), { ...input, idempotencyKey: newId(), ...more });
}

async function account(agencyId: string): Promise<Record<string, unknown>> {
  const [row] = await market.database.query<Record<string, unknown>>(
    `select state, attempt, transfers_active as transfers, failure_code as failure from payment_accounts
     where agency_id = $1`,
    [agencyId],
  );
  return row ?? {};
}

const made = () => market.sandbox.control.rows({ table: 'accounts' });

describe('onboarding', () => {
  it('opens one account, and gives a fresh link each time', async () => {
    const agencyId = await market.agency({ isOnboarded: false });
    const links = [valueOf(await begin(agencyId)), valueOf(await begin(agencyId))];
    expect(new Set(links.map(({ url }) => url)).size).toBe(2);
    for (const { url } of links) expect(url).toContain(market.sandbox.url);
    const before = made().length;
    expect(await account(agencyId)).toMatchObject({ state: 'ONBOARDING', attempt: 1, transfers: false });
    // What people do there; they come back before anything is verified.
    const form = new URLSearchParams({ do: 'complete' });
    await fetch(links[1]?.url ?? '', { method: 'POST', body: form, redirect: 'manual' });
    expect(await account(agencyId)).toMatchObject({ state: 'ONBOARDING' });
    await market.refreshAccount(agencyId);
    expect(await account(agencyId)).toMatchObject({ state: 'ACTIVE', transfers: true });
    expect(made()).toHaveLength(before);
  });

  it('twenty times at once opens one account', async () => {
    const agencyId = await market.agency({ isOnboarded: false });
    const before = made().length;
    const begun = await Promise.all(Array.from({ length: 20 }, async () => await begin(agencyId)));
    for (const each of begun) valueOf(each);
    expect(made()).toHaveLength(before + 1);
  });

  it('with one key is one act, with another input a mistake', async () => {
    const agencyId = await market.agency({ isOnboarded: false });
    const idempotencyKey = newId();
    expect(valueOf(await begin(agencyId, { idempotencyKey })).replayed).toBe(false);
    expect(valueOf(await begin(agencyId, { idempotencyKey })).replayed).toBe(true);
    expect(codesOf(await begin(agencyId, { idempotencyKey, country: 'DE' }))).toEqual([
      'IDEMPOTENCY_KEY_REUSED',
    ]);
  });

  it.each([
    [{ email: 'nobody' }, ['INVALID_VALUE']],
    [{ email: ' ' }, ['REQUIRED']],
    [{ country: 'us' }, ['INVALID_VALUE']],
    [{ country: 'ZZ' }, ['INVALID_VALUE']],
    [{ email: '', country: '' }, ['REQUIRED', 'REQUIRED']],
  ])('of %j is refused', async (more, codes) => {
    const agencyId = await market.agency({ isOnboarded: false });
    expect(codesOf(await begin(agencyId, more))).toEqual(codes);
    expect(await account(agencyId)).toEqual({});
  });

  it('is for agencies, and not with a test key', async () => {
    const onboard = market.context.get(OnboardAgency);
    const wanted = { ...input, idempotencyKey: newId() };
    expect(codesOf(await onboard.begin(market.approver, wanted))).toEqual(['NOT_PERMITTED']);
    const head = market.head('AGENCY', await market.agency({ isOnboarded: false }));
    expect(codesOf(await onboard.begin({ ...head, mode: 'test' }, wanted))).toEqual(['NOT_PERMITTED']);
    expect(codesOf(await onboard.refresh(head, { idempotencyKey: newId() }))).toEqual(['ACCOUNT_MISSING']);
  });

  it('waits for the provider when it is away, and goes on under the same key', async () => {
    const agencyId = await market.agency({ isOnboarded: false });
    const idempotencyKey = newId();
    await market.sandbox.control.down();
    expect(codesOf(await begin(agencyId, { idempotencyKey }))).toEqual(['PROVIDER_UNAVAILABLE']);
    expect(await account(agencyId)).toMatchObject({ state: 'CREATING' });
    await market.sandbox.control.up();
    market.advance(hourMs);
    valueOf(await begin(agencyId, { idempotencyKey }));
    expect(await account(agencyId)).toMatchObject({ state: 'ONBOARDING', attempt: 1 });
  });

  it('asks under a new key for what the provider refused', async () => {
    const agencyId = await market.agency({ isOnboarded: false });
    market.sandbox.control.injectFault({ kind: 'forbidden', path: '/v2/core/accounts', count: 1 });
    await begin(agencyId);
    // A key that may not do this opens the breaker; it is no refusal of the account.
    expect(await account(agencyId)).toMatchObject({ state: 'CREATING', failure: null });
    await market.pass(2 * 60_000);
    market.takeErrors();
  });
});

describe('an account', () => {
  it('that is restricted later is seen without a message, and again when it is in order', async () => {
    const agencyId = await market.agency();
    const id = await market.accountOf(agencyId);
    const looks = () =>
      market.sandbox.control.requests({ method: 'GET', path: `/v2/core/accounts/${id}` }).length;
    const before = looks();
    await market.pass(6 * dayMs);
    // It is in order: whenever money is sent to it, it is looked at anyway.
    expect(looks()).toBe(before);
    market.sandbox.control.restrictAccount({ account: id });
    await market.pass(dayMs + hourMs);
    expect(await account(agencyId)).toMatchObject({ state: 'RESTRICTED' });
    market.sandbox.control.completeAccount({ account: id });
    await market.pass(2 * hourMs);
    expect(await account(agencyId)).toMatchObject({ state: 'ACTIVE' });
    market.sandbox.control.rejectAccount({ account: id });
    await market.pass(7 * dayMs + hourMs);
    expect(await account(agencyId)).toMatchObject({ state: 'REJECTED' });
  });
});

it('an account that nobody finishes is looked at less and less', async () => {
  const agencyId = await market.agency({ isOnboarded: false });
  const id = await market.beginOnboarding(agencyId);
  const looks = () =>
    market.sandbox.control.requests({ method: 'GET', path: `/v2/core/accounts/${id}` }).length;
  await market.pass(60 * dayMs);
  const before = looks();
  await market.pass(21 * dayMs);
  expect(looks() - before).toBeLessThanOrEqual(3);
});

describe('what goes on to the bank', () => {
  async function banked(agencyId: string): Promise<readonly string[]> {
    const rows = await market.database.query<Record<string, string>>(
      `select b.state, b.amount_minor as amount, count(p.id)::int as payouts from bank_payouts b
       left join payouts p on p.agency_id = b.agency_id and p.bank_payout_id = b.id
       where b.agency_id = $1 group by b.id, b.state, b.amount_minor order by b.id`,
      [agencyId],
    );
    return rows.map(({ state, amount, payouts }) => `${state} ${amount} of ${payouts}`);
  }

  it('is seen, linked to its payouts, and another thing than the transfer', async () => {
    const agencyId = await market.agency();
    const contract = await market.contract(agencyId, await market.buyer());
    await market.deliver(contract);
    await market.closeDay();
    await market.pump();
    await market.pass(14 * dayMs + hourMs);
    expect(await market.states(agencyId)).toEqual(['PAID']);
    expect(await banked(agencyId)).toEqual([]);
    await market.pass(2 * dayMs);
    const [seen] = await banked(agencyId);
    expect(seen).toMatch(/^(PENDING|IN_TRANSIT|PAID) 10000 of 1$/);
    await market.pass(4 * dayMs);
    expect(await banked(agencyId)).toEqual(['PAID 10000 of 1']);
  });

  it('and fails there is seen, too', async () => {
    const agencyId = await market.agency();
    await market.deliver(await market.contract(agencyId, await market.buyer()));
    await market.closeDay();
    await market.pass(16 * dayMs);
    const [payout] = market.sandbox.control
      .rows({ table: 'payouts' })
      .filter((each) => (each as { readonly destination?: string }).destination !== undefined) as readonly {
      readonly id: string;
    }[];
    market.sandbox.control.failPayout({ payout: payout?.id ?? '' });
    await market.pass(4 * dayMs);
    expect((await banked(agencyId))[0]).toMatch(/^FAILED 10000/);
    expect(await market.states(agencyId)).toEqual(['PAID']);
  });
});
