/** The feed as an agency, a buyer and the operator see it through the API. */
import { UnitOfWork } from '#database';
import { emit } from '#events';
import { done } from '#outcome';
import type { TestKey } from '../support/app.js';
import { EventsApi, type Told, usd } from './open-api.js';

let api: EventsApi;
beforeAll(async () => {
  api = await EventsApi.open();
}, 60_000);
afterAll(() => api.stop());

const typesOf = (events: readonly Told[]): string[] => events.map(({ type }) => type);

/** Facts that are not told exactly once, by what they are. */
const untoldSql = `
  with facts (type, subject_id) as (
    select case kind when 'WON' then 'deal.won' when 'AMOUNT_RESTATED' then 'deal.restated'
        when 'REFUNDED' then 'deal.refunded' when 'CANCELED' then 'deal.canceled' else 'outcome.reported' end,
      coalesce(deal_id, id) from outcome_events
    union all select 'return.requested', id from returns
    union all select 'return.decided', id from returns where decided_at is not null
    union all select 'contract.proposed', contract_id from contract_versions
    union all select 'contract.accepted', contract_id from contract_versions where effective_from is not null
    union all select case when to_state = 'DRAFT' then 'settlement.prepared' when to_state = 'IN_REVIEW' then
        'settlement.submitted' when to_state = 'APPROVED' then 'settlement.approved' when to_state = 'OPEN' then
        'settlement.rejected' else 'settlement.voided' end, settlement_id
      from settlement_events where to_state in ('DRAFT', 'IN_REVIEW', 'APPROVED', 'OPEN', 'VOIDED')
  ), counted as (select type, subject_id, count(*) as n from facts group by 1, 2),
  told as (select type, subject_id, count(*) as n from events
    where type <> 'lead.delivered' and type not in ('contract.declined', 'contract.paused', 'contract.resumed',
      'contract.terminated') group by 1, 2)
  select coalesce(c.type, t.type) as type, c.n as facts, t.n as told from counted c full join told t using (type, subject_id)
  where c.n is distinct from t.n`;

describe('a month', () => {
  it('is told fact by fact, to both sides, each with what it is about', async () => {
    const { contractId, vertical } = await api.market.contract({
      baseRate: usd('10.00'),
      commissionBasis: 'PER_DEAL',
      commissionRatePpm: 200_000,
      commissionTrigger: 'CONVERTED',
    });
    const [a = '', b = '', c = '', d = ''] = await api.market.submit(vertical, 4);
    await api.market.reportStage(a, 'CONTACTED');
    const deal = await api.market.reportWon(a, usd('2000.00'));
    const restated = { dealId: deal, amount: usd('1500.00'), reason: 'Ada Lovelace counted again' };
    await api.market.done('buyer', 'restateDeal', { ...restated, idempotencyKey: 'once' }, 'replayed');
    await api.market.done('buyer', 'restateDeal', { ...restated, idempotencyKey: 'once' }, 'replayed');
    await api.market.done(
      'buyer',
      'cancelDeal',
      { dealId: deal, kind: 'REFUNDED', reason: 'unhappy' },
      'replayed',
    );
    await api.market.returnLead(b);
    await api.market.done('buyer', 'requestReturn', { leadId: c, reason: 'FRAUD', note: 'Ada' }, 'replayed');
    const lost = { lost: { reason: 'Ada Lovelace never answered' } };
    await api.market.done('buyer', 'reportOutcome', { leadId: d, outcome: lost }, 'replayed');
    await api.market.done('agency', 'pauseContract', { contractId }, 'replayed');
    await api.market.done('agency', 'resumeContract', { contractId }, 'replayed');
    const period = api.market.currentPeriod();
    await api.market.endPeriod(period); // The second return is approved, since nobody decided.
    const [prepared] = await api.market.prepare(period);
    if (!prepared) throw new Error('nothing was prepared');
    const act = async (key: TestKey, name: string, more: object = {}) =>
      await api.market.done(key, name, { settlementId: prepared.id, ...more }, 'replayed');
    await act('preparer', 'submitSettlement');
    await act('approver', 'rejectSettlement', { note: 'not so' });
    await api.market.prepare(period);
    await act('preparer', 'voidSettlement', { note: 'again' });
    await api.market.settle(period);

    const told = await api.feed('agency');
    expect(typesOf(told)).toEqual([
      ...['contract.proposed', 'contract.accepted'],
      ...['lead.delivered', 'lead.delivered', 'lead.delivered', 'lead.delivered'],
      ...['outcome.reported', 'deal.won', 'deal.restated', 'deal.refunded'],
      ...['return.requested', 'return.decided', 'return.requested', 'outcome.reported'],
      ...['contract.paused', 'contract.resumed', 'return.decided'],
      ...['settlement.prepared', 'settlement.submitted', 'settlement.rejected', 'settlement.prepared'],
      ...['settlement.voided', 'settlement.prepared', 'settlement.submitted', 'settlement.approved'],
    ]);
    expect(await api.feed('buyer')).toEqual(told);
    expect(await api.feed('auditor')).toEqual(told);
    expect(await api.feed('otherBuyer')).toEqual([]);
    const kinds = {
      lead: 'Delivery',
      contract: 'Contract',
      outcome: 'OutcomeEvent',
      deal: 'Deal',
      return: 'Return',
      settlement: 'Settlement',
    };
    for (const { type, subject } of told)
      expect({ type, of: subject?.__typename }).toEqual({
        type,
        of: Reflect.get(kinds, type.split('.')[0] ?? ''),
      });
    expect(
      told.filter(({ type }) => type === 'return.decided').map(({ payload }) => payload['state']),
    ).toEqual(['APPROVED', 'AUTO_APPROVED']);
    expect(told.find(({ type }) => type === 'deal.restated')).toMatchObject({
      subject: { id: deal },
      payload: { dealId: deal, leadId: a, contractId, state: 'WON', version: 2, amount: usd('1500.00') },
    });
    expect(told.at(-1)).toMatchObject({
      test: false,
      payload: { state: 'APPROVED', lineCount: expect.any(Number) as number, total: { currency: 'USD' } },
    });
    expect(JSON.stringify(told)).not.toMatch(/Ada|person-|unhappy|not so/);
    expect(await api.app.database.query(untoldSql)).toEqual([]);
  }, 60_000);

  it('can be asked for by types, counted, and found again by id', async () => {
    expect(new Set(typesOf(await api.feed('agency', ['deal.won', 'contract.paused'])))).toEqual(
      new Set(['deal.won', 'contract.paused']),
    );
    const { events } = await api.app.ask<{ events: { count: number; nodes: { id: string }[] } }>(
      api.app.keys.buyer,
      '{ events(last: 2) { count nodes { id } } }',
    );
    expect(events.count).toBe((await api.feed('buyer')).length);
    const find = async (key: TestKey) =>
      await api.app.ask<{ nodes: ({ id: string } | null)[] }>(
        api.app.keys[key],
        'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }',
        { ids: events.nodes.map(({ id }) => id) },
      );
    expect((await find('agency')).nodes).toEqual(events.nodes);
    expect((await find('otherAgency')).nodes).toEqual([null, null]);
    const wrong = await api.app.gql(api.app.keys.buyer, '{ events(types: ["deal.one"]) { nodes { id } } }');
    expect({ status: wrong.status, code: wrong.errors?.[0]?.extensions.code }).toEqual({
      status: 400,
      code: 'BAD_USER_INPUT',
    });
  });
});

it('a key that may read less than there is subscribes to no more than that', async () => {
  const { apiKey: _key, token } = await api.market.done<{ apiKey: object; token: string }>(
    'agency',
    'createApiKey',
    { name: 'narrow', roles: ['OWNER'], scopes: ['webhooks:manage', 'events:read', 'contracts:read'] },
    'apiKey { id } token replayed',
  );
  const ask = async (types: string) =>
    await api.app.ask<{ createWebhookEndpoint: { userErrors: { code: string; field: string[] }[] } }>(
      token,
      `mutation { createWebhookEndpoint(input: { url: "${api.receiver.url}", description: "narrow", ${types}
         idempotencyKey: "${api.market.nextKey()}" }) { userErrors { code field } } }`,
    );
  for (const types of ['', 'types: ["contract.paused", "deal.won"]'])
    expect((await ask(types)).createWebhookEndpoint.userErrors).toEqual([
      { code: 'NOT_PERMITTED', field: ['input', 'types'] },
    ]);
  expect((await ask('types: ["contract.paused"]')).createWebhookEndpoint.userErrors).toEqual([]);
  const { events } = await api.app.ask<{ events: { nodes: { type: string }[] } }>(
    token,
    '{ events(first: 100) { nodes { type } } }',
  );
  expect(events.nodes.every(({ type }) => type.startsWith('contract.'))).toBe(true);
  expect(events.nodes.length).toBeGreaterThan(0);
});

it('an event of a test lead is marked, and the only kind that a test key sees', async () => {
  const { token } = await api.market.done<{ token: string }>(
    'agency',
    'createApiKey',
    { name: 'test', roles: ['OWNER'], mode: 'TEST' },
    'token replayed',
  );
  const ask = async () =>
    (
      await api.app.ask<{ events: { count: number; nodes: { test: boolean }[] } }>(
        token,
        '{ events { count nodes { test } } }',
      )
    ).events;
  expect(await ask()).toEqual({ count: 0, nodes: [] });
  const [
    { organization_id: agencyId, counterparty_id: buyerId, subject_id: subjectId } = {
      organization_id: '',
      counterparty_id: '',
      subject_id: '',
    },
  ] = await api.app.database.query<{ organization_id: string; counterparty_id: string; subject_id: string }>(
    `select organization_id, counterparty_id, subject_id from events where type = 'return.requested' limit 1`,
  );
  const ids = { returnId: subjectId, leadId: subjectId, deliveryId: subjectId, agencyId, buyerId };
  const occurredAt = api.app.now();
  await api.app.nest.get(UnitOfWork).run(async (tx) =>
    done(
      await emit(tx, {
        type: 'return.requested',
        occurredAt,
        test: true,
        payload: { ...ids, state: 'REQUESTED', reason: 'FRAUD', decideBy: occurredAt },
      }),
    ),
  );
  expect(await ask()).toEqual({ count: 1, nodes: [{ test: true }] });
  const refused = await api.app.gql(token, '{ webhookEndpoints { nodes { id } } }');
  expect(refused.errors?.[0]?.extensions.code).toBe('FORBIDDEN');
});
