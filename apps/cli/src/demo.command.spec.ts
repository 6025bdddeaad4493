import { SystemClock } from '#calendar';
import { type RunningRelay, showSecret, signWebhook } from '#webhooks';
import { startTestApp, type TestApp } from '../../../test/support/app.js';
import { handoverToolsOf, openHandoverRelay } from '../../process/src/handover-relay.js';
import { CommandError } from './command.js';
import { playDemo } from './demo.command.js';
import { GraphqlClient } from './demo/graphql-client.js';
import { LeadMoves } from './demo/lead-moves.js';
import { LeadReceiver } from './demo/lead-receiver.js';
import { type ApiMoney, Marketplace, type Statement, type StatementLine } from './demo/marketplace.js';
import { differencesOf, type MonthPlan } from './demo/play-month.js';
import { Progress } from './demo/progress.js';

async function play(
  { organizations, keys, url }: TestApp,
  run: string,
): Promise<{ exitCode: number; text: string }> {
  const graphqlUrl = `${url}/graphql`;
  const demoKeys = {
    graphqlUrl,
    agency: { id: organizations.agency.id, apiKey: keys.agency },
    buyer: { id: organizations.buyer.id, apiKey: keys.buyer },
    otherBuyer: { id: organizations.otherBuyer.id, apiKey: keys.otherBuyer },
    preparer: { apiKey: keys.preparer },
    approver: { apiKey: keys.approver },
  };
  let text = '';
  const client = new GraphqlClient(graphqlUrl);
  const stage = {
    market: new Marketplace(client, demoKeys, run),
    leads: new LeadMoves(client, demoKeys, run),
    progress: new Progress({ write: (part) => (text += part) }),
  };
  return { exitCode: await playDemo(stage, graphqlUrl), text };
}

/** What is the same however leads get to their buyer. */
function expectBothMonths({ exitCode, text }: { exitCode: number; text: string }): void {
  expect(text).toMatch(/Total of 120 lines +\$1,040\.00/);
  expect(text).toMatch(/Total of 120 lines +\$9,000\.00/);
  expect(text).toContain('20 % of the base rate $10.00 = $2.00');
  expect(text).toContain('20 % of $2,000.00 = $400.00');
  expect(text).toContain('Lives where both want leads: SOLD, to The buyer');
  expect(text).toContain('Lives where only the other buyer wants leads: SOLD, to The otherBuyer');
  expect(text).toContain('Is a person who was sold before: DUPLICATE');
  expect(text).toContain('Asked the agency not to be contacted: SUPPRESSED');
  expect(text).toContain('Lives where nobody wants leads: UNSOLD');
  expect(text).not.toContain('✗');
  expect(exitCode).toBe(0);
}

describe('the demo', () => {
  let app: TestApp;
  let relay: RunningRelay;
  beforeAll(async () => {
    app = await startTestApp();
    relay = openHandoverRelay(handoverToolsOf(app.nest));
  });
  afterAll(async () => {
    await relay.stop(5_000);
    await app.stop();
  });

  it.each(['first', 'again'])(
    'comes out at 1,040.00 and 9,000.00 (%s, on the same instance)',
    async (run) => {
      const played = await play(app, run);
      expectBothMonths(played);
      const { text } = played;
      expect(text).toContain('has its leads sent to http://127.0.0.1:');
      expect(text).toMatch(
        /Received with the right signature: half of them within \d+ ms of being submitted/,
      );
      expect(text).toContain('Has a low score: SOLD, to The otherBuyer');
      expect(text).toMatch(/Sent to The buyer, signed: REJECTED with LOW_SCORE after \d+ ms/);
      expect(text).toMatch(/Decision 2: .*Sold for\s+\$9\.00/s);
      await app.verifyInvariants();
    },
  );

  it('leaves nothing behind that leads would be sent to', async () => {
    const { destinations } = await app.ask<{ destinations: { nodes: readonly { status: string }[] } }>(
      app.keys.buyer,
      '{ destinations(first: 100) { nodes { status } } }',
    );
    expect(destinations.nodes.filter(({ status }) => status !== 'DELETED')).toEqual([]);
  });

  it('says what to do when nothing answers', async () => {
    const client = new GraphqlClient('http://127.0.0.1:9/graphql');
    const refused = client.send('ldg_live_none', '{ viewer { mode } }');
    await expect(refused).rejects.toThrow(CommandError);
    await expect(refused).rejects.toThrow(/does not answer: start it with npm start/);
  });

  it('says what to do when the keys are those of another database', async () => {
    const client = new GraphqlClient(`${app.url}/graphql`);
    await expect(client.send('ldg_live_none', '{ viewer { mode } }')).rejects.toThrow(
      /does not know the demo keys/,
    );
  });
});

describe('the demo where the API sends nothing to this machine', () => {
  it('has both buyers fetch their leads, and comes out the same', async () => {
    const app = await startTestApp({ environment: { LEADGER_WEBHOOK_LOOPBACK: 'off' } });
    const played = await play(app, 'off');
    expectBothMonths(played);
    expect(played.text).toContain('This instance sends no leads to this machine');
    expect(played.text).not.toContain('Has a low score');
    await app.verifyInvariants();
    await app.stop();
  });
});

describe('a buyer of the demo', () => {
  let receiver: LeadReceiver;
  const secret = Buffer.alloc(32, 'secret');
  const body = (score: number) => JSON.stringify({ data: { externalId: `of score ${score}`, score } });
  beforeEach(async () => {
    receiver = await LeadReceiver.start();
    receiver.useSecret(showSecret(secret));
  });
  afterEach(async () => await receiver.stop());

  async function send(id: string, text: string, signedWith: Buffer = secret): Promise<[number, string]> {
    const timestampSeconds = Math.floor(new SystemClock().now().getTime() / 1000);
    const signature = signWebhook({ id, timestampSeconds, body: text }, [signedWith]);
    const headers = {
      'webhook-id': id,
      'webhook-timestamp': String(timestampSeconds),
      'webhook-signature': signature,
    };
    const response = await fetch(receiver.url, { method: 'POST', headers, body: text });
    return [response.status, await response.text()];
  }

  it('takes what is signed, once, and refuses a low score with its reason', async () => {
    expect(await send('dlv_1', body(80))).toEqual([200, '{"status":"accepted"}']);
    const { atMs } = receiver.of('of score 80') ?? {};
    expect(await send('dlv_1', body(80))).toEqual([200, '{"status":"accepted"}']);
    expect(receiver.of('of score 80')).toEqual({ externalId: 'of score 80', atMs, answer: 'accepted' });
    expect(await send('dlv_2', body(10))).toEqual([200, '{"status":"rejected","reason":"LOW_SCORE"}']);
    expect(receiver.forged).toBe(0);
  });

  it('takes nothing that somebody else signed', async () => {
    const [status] = await send('dlv_1', body(80), Buffer.alloc(32, 'another'));
    expect([status, receiver.forged, receiver.of('of score 80')]).toEqual([401, 1, undefined]);
  });
});

describe('what differs', () => {
  const usd = (amount: string): ApiMoney => ({ amount, currency: 'USD' });
  const plan = { expected: usd('1040.00') } as MonthPlan;
  const line = (amount: string, vertical = 'ours'): StatementLine => ({
    component: 'BASE',
    amount: usd(amount),
    lead: { externalId: '1', vertical },
    deal: null,
    explanation: { text: '', clause: '' },
  });
  const statement = (total: string, status = 'APPROVED') =>
    ({ status, total: usd(total), agencyTotal: usd(total), feeTotal: usd('0.00') }) as Statement;

  it.each([
    ['nothing', statement('1040.00'), [line('1000.00'), line('40.00')], []],
    ['a cent', statement('1039.99'), [line('1039.99')], [/total is \$1,039\.99 and must be \$1,040\.00/]],
    ['lines that do not add up', statement('1040.00'), [line('1039.99')], [/not the sum of the lines/]],
    [
      'a line of somebody else',
      statement('1040.00'),
      [line('1030.00'), line('10.00', 'theirs')],
      [/1 line is of another lead/],
    ],
    ['no approval', statement('1040.00', 'IN_REVIEW'), [line('1040.00')], [/must be APPROVED/]],
  ])('is told: %s', (_name, given, lines, expected) => {
    const differences = differencesOf(plan, { vertical: 'ours' }, given, lines);
    expect(differences).toHaveLength(expected.length);
    expected.forEach((pattern, index) => expect(differences[index]).toMatch(pattern));
  });
});
