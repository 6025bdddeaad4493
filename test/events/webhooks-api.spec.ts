/** Endpoints as an agency, a buyer and the operator see them through the API. */
import { Webhook } from 'standardwebhooks';
import { answerWith } from '../webhooks/receiver.js';
import { type Delivery, deliveryFields, type Endpoint, endpointFields, EventsApi, usd } from './open-api.js';

let api: EventsApi;
beforeAll(async () => {
  api = await EventsApi.open();
}, 60_000);
afterAll(() => api.stop());

describe('an endpoint', () => {
  it('is told its secret once, tried out with a sample, and sent what happens', async () => {
    api.receiver.answer = answerWith(200, {}, 'thank you');
    const input = { url: api.receiver.url, description: 'our CRM', idempotencyKey: 'webhook' };
    const selection = `endpoint { ${endpointFields} } secret replayed`;
    const first = await api.market.done<{ endpoint: Endpoint; secret: string }>(
      'agency',
      'createWebhookEndpoint',
      input,
      selection,
    );
    const again = await api.market.done<{ endpoint: Endpoint; secret: null }>(
      'agency',
      'createWebhookEndpoint',
      input,
      selection,
    );
    expect(first).toMatchObject({
      endpoint: {
        url: api.receiver.url,
        types: null,
        status: 'ENABLED',
        circuit: { state: 'CLOSED', until: null },
      },
      secret: expect.stringMatching(/^whsec_/) as string,
    });
    expect(again).toMatchObject({ endpoint: { id: first.endpoint.id }, secret: null, replayed: true });
    const endpointId = first.endpoint.id;
    const sent = await api.market.done<{ delivery: Delivery }>(
      'agency',
      'sendTestEvent',
      { endpointId, eventType: 'settlement.approved' },
      `delivery { ${deliveryFields} } replayed`,
    );
    expect(sent.delivery).toMatchObject({ status: 'WAITING', sample: true, event: null });
    const [sample] = await api.over(endpointId, 1);
    expect(sample).toMatchObject({
      id: sent.delivery.id,
      status: 'DELIVERED',
      eventType: 'settlement.approved',
      attempts: [{ number: 1, status: 200, failure: null, answerBytes: 9, answer: 'thank you' }],
    });
    expect(JSON.stringify(sample?.attempts)).not.toContain('v1,');
    const [received] = api.receiver.received;
    expect(received?.headers['webhook-id']).toBe(sent.delivery.webhookId);
    expect(new Webhook(first.secret).verify(received?.body ?? '', received?.headers ?? {})).toMatchObject({
      type: 'settlement.approved',
      test: true,
      data: { settlementId: expect.stringMatching(/^stl_/) as string, state: 'SAMPLE' },
    });
    const terms = {
      baseRate: usd('1.00'),
      commissionBasis: 'NONE',
      commissionRatePpm: 0,
      commissionTrigger: 'CONVERTED',
    } as const;
    await api.market.contract(terms);
    const messages = await api.over(endpointId, 3);
    expect(messages.map(({ eventType }) => eventType)).toEqual([
      'contract.accepted',
      'contract.proposed',
      'settlement.approved',
    ]);
    const newest = (await api.feed('agency')).at(-1);
    expect(messages[0]).toMatchObject({
      event: { id: newest?.id },
      webhookId: newest?.id,
      attempts: [{ answer: null }],
    });
    const body = JSON.parse(api.receiver.received.at(-1)?.body ?? '{}') as { data: object };
    expect(body.data).toEqual(newest?.payload);
  });

  it('can be disabled, enabled and deleted, and says what each state allows', async () => {
    const { endpoint } = await api.create(api.receiver.url);
    const act = async (name: string) =>
      await api.market.act<{ endpoint: Endpoint | null }>(
        'agency',
        `${name}WebhookEndpoint`,
        { endpointId: endpoint.id },
        'endpoint { status disabledReason }',
      );
    expect(await act('enable')).toMatchObject({
      userErrors: [{ code: 'ILLEGAL_TRANSITION', allowed: ['DISABLED', 'DELETED'] }],
    });
    expect(await act('disable')).toMatchObject({
      endpoint: { status: 'DISABLED', disabledReason: 'PERSON' },
    });
    const test = { endpointId: endpoint.id, eventType: 'deal.won' };
    expect(await api.market.act('agency', 'sendTestEvent', test, 'replayed')).toMatchObject({
      userErrors: [{ code: 'ILLEGAL_TRANSITION', message: 'This endpoint is disabled. Enable it first.' }],
    });
    expect(await act('enable')).toMatchObject({ endpoint: { status: 'ENABLED', disabledReason: null } });
    expect(await act('delete')).toMatchObject({ endpoint: { status: 'DELETED' } });
    expect(await act('enable')).toMatchObject({ userErrors: [{ code: 'ILLEGAL_TRANSITION', allowed: [] }] });
    const { webhookEndpoints } = await api.app.ask<{
      webhookEndpoints: { count: number; nodes: Endpoint[] };
    }>(api.app.keys.agency, '{ webhookEndpoints { count nodes { id } } }');
    expect(webhookEndpoints.nodes.map(({ id }) => id)).not.toContain(endpoint.id);
    expect(
      await api.app.database.query(
        'select 1 from webhook_secrets s join webhook_endpoints w on w.id = s.endpoint_id where state = $1',
        ['DELETED'],
      ),
    ).toEqual([]);
  });

  it('gets a new secret, beside which the old one is right for as long as it is said', async () => {
    const { endpoint, secret } = await api.create(api.receiver.url, 'buyer', ['contract.paused']);
    const rotate = async (overlapHours: number) =>
      await api.market.done<{ secret: string }>(
        'buyer',
        'rotateWebhookSecret',
        { endpointId: endpoint.id, overlapHours },
        'secret replayed',
      );
    const send = async () => {
      const before = api.receiver.received.length;
      await api.market.done(
        'buyer',
        'sendTestEvent',
        { endpointId: endpoint.id, eventType: 'deal.won' },
        'replayed',
      );
      await api.receiver.has(before + 1);
      const received = api.receiver.received.at(-1);
      return (each: string) => {
        try {
          new Webhook(each).verify(received?.body ?? '', received?.headers ?? {});
          return true;
        } catch {
          return false;
        }
      };
    };
    const second = (await rotate(24)).secret;
    let verifies = await send();
    expect([secret, second].map(verifies)).toEqual([true, true]);
    const third = (await rotate(24)).secret;
    verifies = await send();
    expect([secret, second, third].map(verifies)).toEqual([true, true, true]);
    const fourth = (await rotate(0)).secret;
    verifies = await send();
    expect([secret, second, third, fourth].map(verifies)).toEqual([false, false, false, true]);
    const byOperator = { endpointId: endpoint.id, overlapHours: 0 };
    expect(await api.market.act('admin', 'rotateWebhookSecret', byOperator, 'secret')).toMatchObject({
      secret: null,
      userErrors: [{ code: 'NOT_PERMITTED' }],
    });
  });

  it('is not made for an address that nothing is sent to, nor without a use', async () => {
    const refused = async (over: object) =>
      (
        await api.market.act(
          'agency',
          'createWebhookEndpoint',
          { url: api.receiver.url, description: 'x', ...over },
          'secret',
        )
      ).userErrors;
    for (const url of [
      'http://10.0.0.1/',
      'https://169.254.169.254/latest',
      'https://[::ffff:10.0.0.1]/',
      'http://8.8.8.8/',
      'x',
      '',
    ])
      expect(await refused({ url })).toMatchObject([{ code: 'INVALID_VALUE', field: ['input', 'url'] }]);
    expect(await refused({ description: ' ' })).toMatchObject([
      { code: 'REQUIRED', field: ['input', 'description'] },
    ]);
    expect(await refused({ types: [] })).toMatchObject([{ code: 'REQUIRED', field: ['input', 'types'] }]);
    expect(await refused({ types: ['deal.won', 'deal.one'] })).toMatchObject([
      { code: 'INVALID_VALUE', field: ['input', 'types', '1'] },
    ]);
    expect(await refused({ url: 'zq7', description: '', types: ['zq7'] })).toHaveLength(3);
  });

  it('there are at most twenty of, whoever asks at once', async () => {
    const asked = await Promise.all(
      Array.from(
        { length: 25 },
        async () =>
          await api.market.act(
            'otherBuyer',
            'createWebhookEndpoint',
            { url: api.receiver.url, description: 'one of many' },
            'secret',
          ),
      ),
    );
    const refusals = asked.flatMap(({ userErrors }) => userErrors.map(({ code }) => code));
    expect(refusals).toEqual(Array(5).fill('TOO_MANY'));
  });
});
