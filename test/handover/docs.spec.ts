import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fieldNames, sampleLead, webhookBody } from '#handover';
import { encodeId } from '../../apps/api/src/graphql/ids.js';
import { showId } from '../../apps/process/src/show-id.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { valuesUnder } from '../access/tenancy-schema.js';
import { Receiver } from '../webhooks/receiver.js';
import { OpenHandover, terms } from './open-handover.js';

const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'delivery.md'), 'utf8');
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``, 'g'))].map(([, text = '']) => text);
const nobody = '00000000-0000-7000-8000-000000000000';

let app: TestApp;
let receiver: Receiver;
beforeAll(async () => {
  app = await startTestApp({
    environment: { LEADGER_SMTP_URL: 'smtp://127.0.0.1:9', LEADGER_MAIL_FROM: 'leads@leadger.example' },
  });
  receiver = await Receiver.start();
}, 60_000);
afterAll(async () => {
  await app.stop();
  await receiver.stop();
});

it('every request of docs/delivery.md does what the page says', async () => {
  const it_ = new OpenHandover(app);
  const contract = await it_.market.contract(terms);
  const [sold] = await it_.offer(contract);
  const ids: Record<string, string> = {
    ctr: contract.contractId,
    dlv: encodeId('dlv', sold?.deliveryId ?? ''),
  };
  const requests = blocks('graphql');
  expect(requests.length).toBeGreaterThanOrEqual(10);
  for (const request of requests) {
    const query = request
      .replaceAll('https://crm.buyer.example/leads', receiver.url)
      .replaceAll(/"([a-z]{3})_…"/g, (_, prefix: string) => JSON.stringify(ids[prefix] ?? `no ${prefix}`))
      .replaceAll('5f2c…', '5f2c');
    const { data, errors } = await app.gql<Record<string, { destination?: { id?: string } }>>(
      app.keys.buyer,
      query,
    );
    expect({ request, errors, refused: valuesUnder(data, new Set(['userErrors'])).flat() }).toEqual({
      request,
      errors: undefined,
      refused: [],
    });
    ids['dst'] ??= data['createDestination']?.destination?.id ?? '';
  }
  const [sample] = receiver.received;
  expect(JSON.parse(sample?.body ?? '')).toMatchObject({ type: 'lead.delivery', test: true });
});

it('its example is what is sent, and its table has every field', () => {
  const ids = {
    deliveryId: showId('delivery', nobody),
    leadId: showId('lead', nobody),
    contractId: showId('contract', nobody),
    agencyId: showId('organization', nobody),
  };
  const lead = sampleLead(ids, { vertical: 'solar', attributes: [{ key: 'roof', value: 'flat' }] });
  const settings = {
    kind: 'WEBHOOK',
    url: '',
    headers: [],
    fields: null,
    answer: { verdictPath: '', reasonPath: '', rejected: [], duplicate: [] },
  } as const;
  expect(JSON.parse(blocks('json')[0] ?? '')).toEqual(JSON.parse(webhookBody(settings, lead)));
  expect(fieldNames.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});
