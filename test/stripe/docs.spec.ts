import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Stripe from 'stripe';
import { schemas } from '../../apps/stripe-sandbox/src/schemas.js';
import { createStripeProvider } from '#stripe';

const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'payments.md'), 'utf8');
const secret = 'whsec_test';
const now = new Date('2027-01-04T12:00:00Z');
const seconds = now.getTime() / 1000;
const provider = createStripeProvider({ secretKey: 'sk_test_x', webhookSecrets: [secret], sandboxUrl: null });

/** The rows of the table below a heading: event, object. */
function tableBelow(heading: string): readonly (readonly [event: string, kind: string])[] {
  const section = page.split(`\n### ${heading}\n`)[1]?.split('\n#')[0] ?? '';
  return [...section.matchAll(/^\| `([^`]+)` +\| ([a-z ]+?) +\|/gm)].map(
    ([, event = '', kind = '']) => [event, kind.replace(' ', '_')] as const,
  );
}

function kindOf(event: object): string | null {
  const payload = JSON.stringify({ id: 'evt_1', livemode: false, ...event });
  const { webhooks } = new Stripe('sk_test_x');
  const signature = webhooks.generateTestHeaderString({ payload, secret, timestamp: seconds });
  return provider.readEvent(Buffer.from(payload), signature, now)?.objectKind ?? null;
}

const object = { id: 'id_1', payment_intent: 'pi_1', payment_method: 'pm_1', invoice: 'in_1' };

describe('the events that docs/payments.md asks for', () => {
  const own = tableBelow('Your account');
  const connected = tableBelow('Connected accounts');
  const thin = tableBelow('Thin events');

  it('are there', () => {
    expect([own.length, connected.length, thin.length]).toEqual([37, 8, 5]);
  });

  it.each([...own, ...connected])('%s is one that an endpoint can have', (type) => {
    const text = JSON.stringify(schemas.webhooks['create']);
    expect(text).toContain(JSON.stringify(`"${type}"`).slice(1, -1));
  });

  it.each(own)('%s is about a %s', (type, kind) => {
    expect(kindOf({ object: 'event', type, created: seconds, data: { object } })).toBe(kind);
  });

  it.each(connected)('%s of an agency is about a %s', (type, kind) => {
    const event = { object: 'event', type, created: seconds, account: 'acct_1', data: { object } };
    expect(kindOf(event)).toBe(kind);
  });

  it.each(thin)('%s is about an %s', (type, kind) => {
    const related_object = { id: 'acct_1', type: 'v2.core.account', url: '/v2/core/accounts/acct_1' };
    expect(kindOf({ object: 'v2.core.event', type, created: now.toISOString(), related_object })).toBe(kind);
  });
});
