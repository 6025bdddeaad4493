import { Webhook } from 'standardwebhooks';
import { readSecret, showSecret, signWebhook, verifyWebhook } from './signature.js';

const secret = Buffer.alloc(32, 7);
const other = Buffer.alloc(24, 9);
const now = new Date('2026-05-04T12:00:00.500Z');
const message = { id: 'evt_1', timestampSeconds: 1_777_896_000, body: '{"type":"deal.won","ü":1}' };

function received(over: Record<string, string | undefined> = {}, body = message.body) {
  const headers = {
    'webhook-id': message.id,
    'webhook-timestamp': String(message.timestampSeconds),
    'webhook-signature': signWebhook(message, [secret]),
    ...over,
  };
  return { headers, body };
}

it('the example of the specification', () => {
  const shown = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const bytes = readSecret(shown) ?? Buffer.alloc(0);
  expect(showSecret(bytes)).toBe(shown);
  const example = {
    id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    timestampSeconds: 1_614_265_330,
    body: '{"test": 2432232314}',
  };
  expect(signWebhook(example, [bytes])).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
});

it('a genuine message is believed, by us and by the library of the specification', () => {
  expect(verifyWebhook(received(), secret, now)).toBeNull();
  const fresh = { ...message, timestampSeconds: Math.floor(Date.now() / 1000) };
  const headers = {
    'webhook-id': fresh.id,
    'webhook-timestamp': String(fresh.timestampSeconds),
    'webhook-signature': signWebhook(fresh, [other, secret]),
  };
  for (const each of [secret, other])
    expect(new Webhook(showSecret(each)).verify(fresh.body, headers)).toEqual({ type: 'deal.won', ü: 1 });
});

it('while two secrets are right, each is enough', () => {
  const both = received({ 'webhook-signature': signWebhook(message, [secret, other]) });
  expect([secret, other].map((each) => verifyWebhook(both, each, now))).toEqual([null, null]);
});

it.each([
  ['another body', received({}, `${message.body} `), 'WRONG_SIGNATURE'],
  ['another id', received({ 'webhook-id': 'evt_2' }), 'WRONG_SIGNATURE'],
  ['another time', received({ 'webhook-timestamp': '1777896001' }), 'WRONG_SIGNATURE'],
  ['another secret', received({ 'webhook-signature': signWebhook(message, [other]) }), 'WRONG_SIGNATURE'],
  ['no v1', received({ 'webhook-signature': signWebhook(message, [secret]).slice(3) }), 'WRONG_SIGNATURE'],
  ['an empty signature', received({ 'webhook-signature': 'v1,' }), 'WRONG_SIGNATURE'],
  ['no signature', received({ 'webhook-signature': undefined }), 'MISSING_HEADER'],
  ['no id', received({ 'webhook-id': '' }), 'MISSING_HEADER'],
  ['a time that is none', received({ 'webhook-timestamp': 'now' }), 'MISSING_HEADER'],
])('a message with %s is not believed', (_, message, fault) => {
  expect(verifyWebhook(message, secret, now)).toBe(fault);
});

it.each([
  [-301_000, 'TOO_OLD_OR_NEW'],
  [-299_000, null],
  [299_000, null],
  [301_000, 'TOO_OLD_OR_NEW'],
])('a message %d ms away: %s', (ms, fault) => {
  expect(verifyWebhook(received(), secret, new Date(now.getTime() + ms))).toBe(fault);
});

it.each([
  '',
  'whsec_',
  'whsec_c2hvcnQ=',
  'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  'whsec_!!!!',
  `whsec_${'A'.repeat(100)}`,
])('%j is no secret', (text) => {
  expect(readSecret(text)).toBeUndefined();
});
