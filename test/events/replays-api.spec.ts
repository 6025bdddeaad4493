/** What was missed, sent again by those who missed it. */
import type { TestKey } from '../support/app.js';
import { answerWith } from '../webhooks/receiver.js';
import { type Delivery, EventsApi, usd } from './open-api.js';
import { until } from './open-relay.js';

let api: EventsApi;
beforeAll(async () => {
  api = await EventsApi.open();
  const { vertical } = await api.market.contract({
    baseRate: usd('10.00'),
    commissionBasis: 'PER_DEAL',
    commissionRatePpm: 200_000,
    commissionTrigger: 'CONVERTED',
  });
  const [a = '', b = ''] = await api.market.submit(vertical, 2);
  await api.market.reportStage(a, 'CONTACTED');
  const dealId = await api.market.reportWon(a, usd('2000.00'));
  await api.market.done(
    'buyer',
    'restateDeal',
    { dealId, amount: usd('1500.00'), reason: 'counted' },
    'replayed',
  );
  await api.market.returnLead(b);
  await api.market.reportWon(a, usd('100.00'));
}, 60_000);
afterAll(() => api.stop());

describe('what was missed', () => {
  const since = '2020-01-01T00:00:00Z';
  const replay = async (endpointId: string, what: object, key: TestKey = 'agency') =>
    await api.market.act<{ queued: number; hasMore: boolean; lastEventId: string | null }>(
      key,
      'replayWebhooks',
      { endpointId, what },
      'queued hasMore lastEventId replayed endpoint { id }',
    );

  it('is sent again: all that was given up since, under the same id', async () => {
    const { endpoint } = await api.create(api.receiver.url, 'agency', ['contract.paused']);
    api.receiver.answer = answerWith(410);
    await api.market.done(
      'agency',
      'sendTestEvent',
      { endpointId: endpoint.id, eventType: 'deal.won' },
      'replayed',
    );
    const [dead] = await api.over(endpoint.id, 1);
    expect(dead).toMatchObject({ status: 'DEAD', lastFailure: 'GONE' });
    expect(await replay(endpoint.id, { failedSince: since })).toMatchObject({
      userErrors: [{ code: 'ILLEGAL_TRANSITION' }],
    });
    api.receiver.answer = answerWith(200);
    await api.market.done('agency', 'enableWebhookEndpoint', { endpointId: endpoint.id }, 'replayed');
    expect(await replay(endpoint.id, { failedSince: '2090-01-01T00:00:00Z' })).toMatchObject({ queued: 0 });
    expect(await replay(endpoint.id, { failedSince: since })).toMatchObject({ queued: 1, hasMore: false });
    await until(async () => (await api.log(endpoint.id, 'agency', 'DELIVERED')).length === 1, 'it came');
    const [came] = await api.log(endpoint.id);
    expect(came).toMatchObject({
      webhookId: dead?.webhookId,
      attempts: [
        { number: 1, status: 410 },
        { number: 2, status: 200 },
      ],
    });
    const again = await api.market.done<{ delivery: Delivery }>(
      'agency',
      'resendWebhook',
      { deliveryId: came?.id },
      'delivery { id status }',
    );
    expect(again.delivery).toEqual({ id: came?.id, status: 'WAITING' });
    await until(async () => (await api.log(endpoint.id))[0]?.attempts.length === 3, 'it came once more');
  });

  it('is sent from the feed: a part of it, of the types that are wanted, also from before the endpoint', async () => {
    const { endpoint } = await api.create(api.receiver.url, 'agency', [
      'deal.won',
      'deal.restated',
      'return.decided',
    ]);
    const events = await api.feed('agency');
    const isWanted = ({ type }: { readonly type: string }): boolean =>
      ['deal.won', 'deal.restated', 'return.decided'].includes(type);
    const end = events.findLastIndex(({ type }) => type === 'return.decided');
    const [first, last] = [events[2], events[end]];
    const wanted = events.slice(3, end + 1).filter(isWanted);
    const part = { events: { afterEventId: first?.id, throughEventId: last?.id } };
    expect(await replay(endpoint.id, part)).toMatchObject({
      queued: wanted.length,
      hasMore: false,
      lastEventId: last?.id,
    });
    const sent = await api.over(endpoint.id, wanted.length);
    expect(new Set(sent.map(({ webhookId }) => webhookId))).toEqual(new Set(wanted.map(({ id }) => id)));
    expect(await replay(endpoint.id, { events: {} })).toMatchObject({
      queued: events.filter(isWanted).length,
    });
    const foreign = { events: { afterEventId: 'evt_00000000000000000000000000' } };
    expect(await replay(endpoint.id, foreign)).toMatchObject({
      userErrors: [{ code: 'NOT_FOUND', field: ['input', 'what', 'events', 'afterEventId'] }],
    });
  });

  it('is sent again by twenty at once as by one', async () => {
    const { endpoint } = await api.create(api.receiver.url, 'agency', ['deal.won']);
    const answers = await Promise.all(
      Array.from({ length: 20 }, async () => await replay(endpoint.id, { events: {} })),
    );
    expect(answers.every(({ userErrors }) => userErrors.length === 0)).toBe(true);
    await api.over(endpoint.id, 1);
    expect(
      await api.app.database.query(
        `select 1 from webhook_deliveries d join webhook_endpoints w on w.id = d.endpoint_id where w.types = '{deal.won}'`,
      ),
    ).toHaveLength((await api.feed('agency', ['deal.won'])).length);
  });
});
