import fc from 'fast-check';
import { SystemClock } from '#calendar';
import { AskBuyers, type Asked, believed, postalPrefix, readPingAnswer } from '#offers';
import { Targets, WebhookSender } from '#webhooks';
import { answerWith, Receiver } from '../webhooks/receiver.js';

const clock = new SystemClock();
const facts = {
  ...{ pingId: 'off_1', leadId: 'lead_1', contractId: 'ctr_1', vertical: 'solar', test: true },
  ...{ country: 'US', postalCode: '10001', attributes: [], channel: null, score: null },
};

const askedAt = (url: string): Asked => ({
  contractId: url,
  buyerId: 'buyer',
  baseRateMinor: 1000n,
  address: { url, secrets: [Buffer.alloc(32, 1)] },
  facts,
});

/** Not the half second that it is: on a machine that does much else that may pass for nothing. */
const answerMs = 2_500;
const senderTo = (
  resolve: (host: string) => Promise<{ addresses: string[]; ttlMs: number }>,
): WebhookSender =>
  new WebhookSender(new Targets({ loopbackAllowed: true }, resolve, clock), clock, answerMs, 2 * answerMs);

describe('asking', () => {
  it('takes no longer than an answer may, whoever keeps silent: a receiver, its headers, its body or a server of names', async () => {
    const silent = await Receiver.start(() => undefined);
    const dripping = await Receiver.start((response) => void response.writeHead(200).write('{"bid":'));
    const quick = await Receiver.start(answerWith(200, {}, '{"bid":{"amount":"9.00","currency":"USD"}}'));
    const sender = senderTo(async () => await new Promise(() => undefined));
    const ask = new AskBuyers(sender, answerMs);
    const begun = performance.now();
    const answers = await ask.execute(
      [silent.url, dripping.url, 'https://never-answered.example/ping', quick.url].map(askedAt),
      clock.now(),
    );
    const tookMs = performance.now() - begun;
    expect(answers.map(({ outcome }) => outcome)).toEqual(['LATE', 'LATE', 'LATE', 'BID']);
    // One after the other, or a body after its head, would take twice as long.
    expect(tookMs).toBeLessThan(2 * answerMs);
    // What it is where nobody says otherwise, and half of that again for the work around it.
    expect(new AskBuyers(sender).roundMs).toBe(750);
    await ask.close();
    for (const each of [silent, dripping, quick]) await each.stop();
  });

  it('goes nowhere but to checked addresses: a name that turns to a private one is not asked', async () => {
    const hidden = await Receiver.start();
    const addresses = ['93.184.215.14', '127.0.0.1'];
    const sender = senderTo(
      async () => await Promise.resolve({ addresses: [addresses.pop() ?? ''], ttlMs: 0 }),
    );
    const ask = new AskBuyers(sender);
    const [answer] = await ask.execute([askedAt(`https://rebound.example:${hidden.port}/`)], clock.now());
    expect(answer?.outcome).toBe('UNREACHABLE');
    expect(hidden.received).toEqual([]);
    await ask.close();
    await hidden.stop();
  });
});

describe('an answer', () => {
  const read = (answer: string | null, more: { baseRateMinor?: bigint; status?: number } = {}) =>
    readPingAnswer(
      { failure: null, status: more.status ?? 200, answer, answerBytes: Buffer.byteLength(answer ?? '') },
      more.baseRateMinor ?? 1000n,
    );
  const usd = (amount: unknown, more: object = {}) =>
    JSON.stringify({ bid: { amount, currency: 'USD' }, ...more });

  it.each([
    [usd('12.50'), 'BID', 1250n, 60_000],
    [usd('12.50', { expiresInSeconds: 30 }), 'BID', 1250n, 30_000],
    [usd('12.50', { expiresInSeconds: 86_400 }), 'BID', 1250n, 300_000],
    ['{"bid":{"amount":"1250","currency":"JPY"}}', 'TOO_HIGH', null, null, { baseRateMinor: 1n, high: true }],
    [usd('0.00'), 'NO_BID', null, null],
    ['', 'NO_BID', null, null],
    ['{"bid":null}', 'NO_BID', null, null],
    [usd('500.01'), 'TOO_HIGH', 50_001n, null],
    [usd('500.00'), 'BID', 50_000n, 60_000],
    [usd(12.5), 'UNREADABLE', null, null],
    [usd('12.505'), 'UNREADABLE', null, null],
    [usd('-1.00'), 'UNREADABLE', null, null],
    [usd('1e3'), 'UNREADABLE', null, null],
    [usd('12.50', { expiresInSeconds: 0 }), 'UNREADABLE', null, null],
    [usd('12.50', { expiresInSeconds: '60' }), 'UNREADABLE', null, null],
    ['{"bid":{"amount":"1.00","currency":"usd"}}', 'UNREADABLE', null, null],
    ['{}', 'UNREADABLE', null, null],
    ['[]', 'UNREADABLE', null, null],
    ['null', 'UNREADABLE', null, null],
    ['12.50', 'UNREADABLE', null, null],
    ['<html>', 'UNREADABLE', null, null],
    [null, 'UNREADABLE', null, null],
  ] as const)('%s is %s', (answer, outcome, amountMinor, liveMs, more = undefined) => {
    if (more) {
      // 1,250 yen, where the base rate is one yen: below what is always believed.
      expect(read(answer, more)).toMatchObject({ outcome: 'BID', amountMinor: 1250n });
      return;
    }
    expect(read(answer)).toMatchObject({ outcome, amountMinor, liveMs });
  });

  it.each([
    [200, 'BID'],
    [201, 'UNREADABLE'],
    [202, 'UNREADABLE'],
    [206, 'UNREADABLE'],
  ])('of status %d is %s', (status, outcome) => {
    expect(read(usd('12.50'), { status }).outcome).toBe(outcome);
  });

  it('may begin with a byte order mark', () => {
    expect(read(`\uFEFF${usd('12.50')}`).outcome).toBe('BID');
  });

  it('without a body is no bid, also with status 204', () => {
    expect(read('', { status: 204 }).outcome).toBe('NO_BID');
  });

  it('of anything at all is a bid that can be kept, or none', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.string(),
          fc.json().map((bid) => `{"bid":${bid}}`),
        ),
        (text) => {
          const { outcome, amountMinor, liveMs } = read(text);
          if (outcome !== 'BID') return;
          expect(amountMinor).toBeGreaterThan(0n);
          expect(amountMinor).toBeLessThanOrEqual(believed.minor);
          expect(liveMs).toBeGreaterThan(0);
        },
      ),
    );
  });
});

it.each([
  ['10001', '100'],
  ['SW1A 1AA', 'SW1A'],
  ['M5V 3L9', 'M5V'],
  ['1010', '101'],
  ['101', null],
  ['1012 AB', '1012'],
  ['110-0001', '110'],
  ['12345-6789', '123'],
  [null, null],
])('of the postal code %s is told %s', (postalCode, prefix) => {
  expect(postalPrefix(postalCode)).toBe(prefix);
});
