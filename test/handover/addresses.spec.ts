import { buildSchema, isInputObjectType } from 'graphql';
import { TryHandover } from '#handover';
import { Targets, WebhookSender } from '#webhooks';
import { graphqlSchema } from '../../apps/api/src/print-schema.js';
import { startTestApp, type TestApp, type TestKey } from '../support/app.js';
import type { Payload } from '../support/marketplace.js';
import { Receiver } from '../webhooks/receiver.js';
import { clock, type Offer, OpenHandover, terms, until } from './open-handover.js';

/** Every kind of address that nothing is sent to; what the notations of each are is the library's own test. */
const refused = [
  'http://hooks.example.com/',
  'http://8.8.8.8/',
  'https://127.0.0.1/',
  'https://127.1/',
  'https://2130706433/',
  'https://localhost/',
  'https://app.localhost/',
  'https://[::1]/',
  'https://0.0.0.0/',
  'https://10.1.2.3/',
  'https://172.16.0.1/',
  'https://192.168.1.1/',
  'https://100.64.0.1/',
  'https://169.254.1.1/',
  'https://169.254.169.254/latest/meta-data/',
  'https://168.63.129.16/',
  'https://[fd00:ec2::254]/',
  'https://[fe80::1]/',
  'https://[fc00::1]/',
  'https://[::ffff:127.0.0.1]/',
  'https://[::ffff:8.8.8.8]/',
  'https://[64:ff9b::7f00:1]/',
  'https://[2002:7f00:1::]/',
  'https://224.0.0.1/',
  'https://255.255.255.255/',
  'https://metadata/',
  'https://user@hooks.example.com/',
  'https://user:password@hooks.example.com/',
  'https://hooks.example.com:22/',
  'ftp://hooks.example.com/',
  'file:///etc/passwd',
];

describe('an address that nothing is sent to', () => {
  let app: TestApp;
  let it_: OpenHandover;

  beforeAll(async () => {
    app = await startTestApp({ environment: { LEADGER_WEBHOOK_LOOPBACK: 'off' } });
    it_ = new OpenHandover(app);
  }, 60_000);
  afterAll(async () => await app.stop());

  /** Whoever gives an address to send to: a new one of those belongs here. */
  const givers: readonly (readonly [
    name: string,
    key: TestKey,
    input: (url: string) => Promise<object> | object,
  ])[] = [
    ['createDestination', 'buyer', (url) => ({ name: 'x', target: { webhook: { url } } })],
    [
      'updateDestination',
      'buyer',
      async (url) => ({ destinationId: await mailDestination(), target: { webhook: { url } } }),
    ],
    ['createWebhookEndpoint', 'agency', (url) => ({ url, description: 'x' })],
    ['setPingAddress', 'buyer', async (url) => ({ url, contractId: await contractId() })],
  ];

  let contract: string | undefined;
  const contractId = async (): Promise<string> =>
    (contract ??= (await it_.market.contract(terms)).contractId);
  let destination: string | undefined;
  const mailDestination = async (): Promise<string> => {
    // The number is public, so nobody is asked for a name.
    const input = { name: 'x', target: { webhook: { url: 'https://8.8.8.8/' } } };
    const selection = 'destination { id }';
    destination ??= (
      await it_.market.done<{ destination: { id: string } }>('buyer', 'createDestination', input, selection)
    ).destination.id;
    return destination;
  };

  it.each(givers)('is refused when it is saved, by %s', async (name, key, input) => {
    const taken: string[] = [];
    for (const url of refused) {
      const { userErrors } = await it_.market.act<Payload>(key, name, { ...(await input(url)) }, 'replayed');
      const [error] = userErrors;
      if (error?.code !== 'INVALID_VALUE' || !error.field?.includes('url')) taken.push(url);
      expect(JSON.stringify(userErrors)).not.toContain(url);
    }
    expect(taken).toEqual([]);
    // One that is fine is taken: it is the address that is refused.
    const fine = await it_.market.act<Payload>(
      key,
      name,
      { ...(await input('https://8.8.8.8/')) },
      'replayed',
    );
    expect(fine.userErrors).toEqual([]);
  });

  it('can be given nowhere else', async () => {
    const schema = buildSchema(await graphqlSchema());
    const withUrl = Object.values(schema.getTypeMap()).flatMap((type) =>
      isInputObjectType(type) && 'url' in type.getFields() ? [type.name] : [],
    );
    // createDestination and updateDestination share theirs.
    expect(withUrl.toSorted()).toEqual([
      'CreateWebhookEndpointInput',
      'SetPingAddressInput',
      'WebhookTargetInput',
    ]);
  });
});

describe('a name that meant the internet when it was saved', () => {
  let app: TestApp;
  let it_: OpenHandover;
  let receiver: Receiver;

  beforeAll(async () => {
    app = await startTestApp();
    it_ = new OpenHandover(app);
  }, 60_000);
  beforeEach(async () => {
    receiver = await Receiver.start();
  });
  afterEach(async () => {
    await it_.stopRelays();
    await receiver.stop();
    await app.verifyInvariants();
  });
  afterAll(async () => await app.stop());

  /** A relay whose names are answered for as it says, one answer after the other, and the last one for good. */
  function relayWith(...answers: readonly (readonly string[])[]): { readonly asked: string[] } {
    const asked: string[] = [];
    const resolve = async (host: string) => {
      asked.push(host);
      const addresses = answers[Math.min(asked.length, answers.length) - 1] ?? [];
      if (addresses.length === 0) throw new Error('no server of names answers');
      return await Promise.resolve({ addresses, ttlMs: 0 });
    };
    const targets = new Targets({ loopbackAllowed: false }, resolve, clock);
    const tryHandover = new TryHandover(new WebhookSender(targets, clock, 500), null, clock);
    it_.relay({ tryHandover, random: () => 0 });
    return { asked };
  }

  /** A lead on its way to a name, as if it had been fine when it was saved. */
  async function offered(): Promise<Offer> {
    const { id } = await it_.webhook(receiver.url);
    await app.database.query(
      `update destinations set settings = jsonb_set(settings, '{url}', to_jsonb($1::text))
       where id = (select id from destinations order by created_at desc limit 1)`,
      [`https://rebind.example:${receiver.port}/hook`],
    );
    const [offer] = await it_.offer(await it_.contractTo(id));
    if (!offer) throw new Error('nothing was offered');
    return offer;
  }

  async function failures({ deliveryId }: Offer): Promise<(string | null)[]> {
    const rows = await app.database.query<{ failure: string | null }>(
      'select failure from delivery_attempts where handover_id = $1 order by number',
      [deliveryId],
    );
    return rows.map(({ failure }) => failure);
  }

  it.each([
    ['this machine', ['127.0.0.1']],
    ['this machine in IPv6', ['::1']],
    ['a private network', ['10.0.0.7']],
    ['the metadata service', ['169.254.169.254']],
    ['a mapped address', ['::ffff:127.0.0.1']],
    ['a public address and this machine', ['8.8.8.8', '127.0.0.1']],
  ])('and means %s now, gets nothing at any try', async (_, addresses) => {
    const offer = await offered();
    const { asked } = relayWith(addresses);
    for (const tries of [1, 2, 3]) {
      await it_.tried([offer], tries);
      await it_.makeDue();
    }
    await it_.over([offer]);
    expect(await failures(offer)).toEqual(['ADDRESS_REFUSED', 'ADDRESS_REFUSED', 'ADDRESS_REFUSED']);
    // Asked anew at each try.
    expect(asked).toEqual(['rebind.example', 'rebind.example', 'rebind.example']);
    expect(receiver.received).toEqual([]);
    expect(await it_.deliveries([offer])).toMatchObject([{ state: 'FAILED', charges: 0 }]);
  });

  it('turns only at a later try, and gets nothing then either', async () => {
    const offer = await offered();
    // At first nobody knows it, so that nothing is sent to strangers from a test.
    const { asked } = relayWith([], ['127.0.0.1']);
    await it_.tried([offer], 1);
    await it_.makeDue();
    await it_.tried([offer], 2);
    await until(async () => (await failures(offer)).length >= 2, 'two tries were made');
    expect((await failures(offer)).slice(0, 2)).toEqual(['UNRESOLVED', 'ADDRESS_REFUSED']);
    expect(asked.length).toBeGreaterThanOrEqual(2);
    expect(receiver.received).toEqual([]);
  });
});
