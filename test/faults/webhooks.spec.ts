/**
 * What the provider tells is a hint: a month ends the same, to the cent, whether all of it is told in order, nothing,
 * everything twice, or everything days late.
 *
 * Red when: an event is believed instead of what it is about, is applied twice, or is needed for money to move on.
 */
import { signatureOf } from '../../apps/stripe-sandbox/src/webhooks.js';
import { Branch } from './branch.js';
import { type Canonical, canonicalState } from './canonical.js';
import type { Kept } from './kept.js';
import { type Cast, keepMonth, playMonth } from './told-month.js';

const all = 1_000_000;
const longMs = 120_000;

let kept: Kept & { readonly built: Cast };
let inOrder: Told;
beforeAll(async () => {
  kept = await keepMonth();
  inOrder = await played(() => undefined);
}, longMs);
afterAll(async () => {
  await kept.remove();
});

interface Told {
  readonly state: Canonical;
  /** How many different events the API was told. */
  readonly events: number;
}

async function played(tell: (branch: Branch) => void): Promise<Told> {
  const branch = await Branch.open(kept);
  try {
    tell(branch);
    await playMonth(branch, kept.built);
    expect(await branch.differences()).toEqual([]);
    expect(await branch.brokenRules()).toEqual([]);
    expect(branch.bank.problems()).toEqual([]);
    return { state: await canonicalState(branch.database), events: (await eventsOf(branch)).length };
  } finally {
    await branch.close();
  }
}

async function eventsOf({ database }: Branch): Promise<readonly { id: string; state: string }[]> {
  return await database.query('select id, state from stripe_events order by id');
}

it('a month that is told in order ends with everybody paid', () => {
  expect(inOrder.events).toBeGreaterThan(40);
  const paid = expect.stringContaining('PAID') as string;
  expect(inOrder.state).toMatchObject({
    settlements: [paid, paid, paid],
    disputes: [
      'The buyer | LOST | DISPUTE | 10000',
      'The buyer | WON | DISPUTE | 6000',
      'The otherBuyer | LOST | RETURN | 45100',
    ],
    refunds: [
      'The buyer | The operator | SUCCEEDED | 2500 | null',
      'The buyer | The operator | SUCCEEDED | 4000 | null',
    ],
    transfer_reversals: ['The agency | SUCCEEDED | 6000 | 0'],
  });
});

it(
  'it ends the same when nothing is told',
  async () => {
    const told = await played(({ bank }) => bank.dropWebhooks({ count: all }));
    expect(told).toEqual({ state: inOrder.state, events: 0 });
  },
  longMs,
);

it(
  'it ends the same when everything is told twice',
  async () => {
    expect(await played(({ bank }) => bank.doubleWebhooks({ count: all }))).toEqual(inOrder);
  },
  longMs,
);

it(
  'it ends the same when everything is told three days late',
  async () => {
    const ms = 3 * 24 * 3_600_000;
    const told = await played(({ bank }) => bank.delayWebhooks({ ms, count: all }));
    expect(told).toEqual(inOrder);
  },
  longMs,
);

describe('what is posted to the endpoint', () => {
  const secret = 'whsec_leadger_sandbox';
  let branch: Branch;
  let event: Record<string, unknown>;
  let body: string;
  beforeAll(async () => {
    branch = await Branch.open(kept);
    branch.bank.dropWebhooks({ count: all });
    await branch.later(1);
    const [paid] = branch.bank.rows({ table: 'events' }).filter(({ type }) => type === 'charge.succeeded');
    event = { ...paid };
    body = JSON.stringify(event, null, 2);
  }, longMs);
  afterAll(async () => {
    await branch.close();
  });

  const nowSeconds = (): number => Math.floor(Date.now() / 1000);

  async function post(text: string, signature?: string): Promise<number> {
    const headers = {
      'content-type': 'application/json; charset=utf-8',
      ...(signature !== undefined && { 'stripe-signature': signature }),
    };
    return (await fetch(`${branch.url}/stripe/webhooks`, { method: 'POST', body: text, headers })).status;
  }

  it.each<[string, () => readonly [string, string?]]>([
    ['is not signed', () => [body]],
    ['has a signature of something else', () => [body, signatureOf('{}', secret, nowSeconds())]],
    [
      'was read and written again',
      () => [JSON.stringify(JSON.parse(body)), signatureOf(body, secret, nowSeconds())],
    ],
    ['is signed by a stranger', () => [body, signatureOf(body, 'whsec_of_somebody_else', nowSeconds())]],
    ['was signed 301 seconds ago', () => [body, signatureOf(body, secret, nowSeconds() - 301)]],
    ['is signed six minutes ahead', () => [body, signatureOf(body, secret, nowSeconds() + 360)]],
    [
      'claims another time than was signed',
      () => [body, restamped(signatureOf(body, secret, nowSeconds() - 600))],
    ],
    ['is no JSON', () => ['charge.succeeded', signatureOf('charge.succeeded', secret, nowSeconds())]],
  ])('is refused and not kept when it %s', async (_, made) => {
    expect(await post(...made())).toBe(400);
    expect(await eventsOf(branch)).toEqual([]);
  });

  /** A message that was caught and is sent again later, with a new time. */
  function restamped(signature: string): string {
    return signature.replace(/^t=\d+/, `t=${nowSeconds()}`);
  }

  it('is kept once and changes nothing the second time, signed anew or caught and sent again', async () => {
    await branch.doWhatIsDue();
    const before = await canonicalState(branch.database);
    const signature = signatureOf(body, secret, nowSeconds() - 290);
    expect([await post(body, signature), await post(body, signature)]).toEqual([200, 200]);
    await branch.doWhatIsDue();
    expect(await post(body, signatureOf(body, secret, nowSeconds()))).toBe(200);
    await branch.doWhatIsDue();
    expect(await eventsOf(branch)).toEqual([{ id: event['id'], state: 'APPLIED' }]);
    expect(await canonicalState(branch.database)).toEqual(before);
  });

  it('is kept and changes nothing when it is of a stranger, of an unknown kind, or told of what is not there', async () => {
    const before = await canonicalState(branch.database);
    const strange = [
      { ...event, id: 'evt_foreign', account: 'acct_1Stranger' },
      { ...event, id: 'evt_unknown', type: 'quantum.entangled' },
      {
        ...event,
        id: 'evt_gone',
        type: 'transfer.created',
        data: { object: { id: 'tr_nobody', object: 'transfer' } },
      },
      {
        ...event,
        id: 'evt_lying',
        type: 'payout.paid',
        data: { object: { id: 'po_nobody', amount: 1_000_000_00 } },
      },
    ];
    for (const each of strange) {
      const text = JSON.stringify(each);
      expect(await post(text, signatureOf(text, secret, nowSeconds()))).toBe(200);
    }
    await branch.doWhatIsDue();
    const states = new Map((await eventsOf(branch)).map(({ id, state }) => [id, state]));
    expect(strange.map(({ id }) => states.get(id))).toEqual(strange.map(() => 'IGNORED'));
    expect(await canonicalState(branch.database)).toEqual(before);
    expect(await branch.differences()).toEqual([]);
  });
});
