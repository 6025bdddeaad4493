import { eventTypeNames, messageBody, sampleEvent } from '#events';
import { showId } from '../../process/src/show-id.js';
import { describeWebhook } from './describe-webhook.js';

const id = `evt_${'0'.repeat(26)}`;

it('tells what happened, to what, and for how much', () => {
  const body = messageBody(sampleEvent('deal.won'), showId);
  expect(describeWebhook(id, body)).toMatch(
    /^deal\.won evt_0+ test dealId=deal_\S+ contractId=ctr_\S+ leadId=lead_\S+ .* version=1 amount=10\.00 USD closedAt=2026-01-31T12:00:00\.000Z$/,
  );
});

it.each(eventTypeNames)('leaves out nothing of a sample of %s', (type) => {
  const body = messageBody(sampleEvent(type), showId);
  const { data } = JSON.parse(body) as { data: object };
  const line = describeWebhook(id, body);
  for (const name of Object.keys(data)) expect(line).toContain(` ${name}=`);
});

it.each([
  [
    'of a person',
    { type: 'deal.won', data: { dealId: 'Ada Lovelace', state: 'Ada', email: 'ada@example.com' } },
  ],
  ['of a person in an amount', { type: 'deal.won', data: { amount: { amount: 'Ada', currency: 'USD' } } }],
  ['of a person in a field that is no list', { type: 'deal.won', data: [{ name: 'Ada' }] }],
  ['of another type', { type: 'lead.posted', data: { phone: '+12125550100', name: 'ADA' } }],
  [
    'that is a command to a terminal',
    { type: 'deal.won', data: { dealId: '\u001b]0;Ada\u0007', version: '\u001b[2J' } },
  ],
  ['of a type that is none', { type: 'Ada Lovelace', data: {} }],
])('prints nothing %s', (_, message) => {
  const line = describeWebhook('Ada\u001b[2J', JSON.stringify(message));
  expect(line).toMatch(/^(deal\.won|lead\.posted|\(no type\)) \(no id\)$/);
});

it.each(['', '[]', 'null', '"x"', '{', '{"data":1}'])('takes %j for a message without a type', (body) => {
  expect(describeWebhook(id, body)).toBe(`(no type) ${id}`);
});
