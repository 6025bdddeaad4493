import { startTestApp, type TestApp } from '../../../test/support/app.js';
import { CommandError } from './command.js';
import { playDemo } from './demo.command.js';
import { GraphqlClient } from './demo/graphql-client.js';
import { type ApiMoney, Marketplace, type Statement, type StatementLine } from './demo/marketplace.js';
import { differencesOf, type MonthPlan } from './demo/play-month.js';
import { Progress } from './demo/progress.js';

describe('the demo', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(async () => await app.stop());

  async function play(run: string): Promise<{ exitCode: number; text: string }> {
    const { organizations, keys } = app;
    const graphqlUrl = `${app.url}/graphql`;
    const demoKeys = {
      graphqlUrl,
      agency: { id: organizations.agency.id, apiKey: keys.agency },
      buyer: { id: organizations.buyer.id, apiKey: keys.buyer },
      preparer: { apiKey: keys.preparer },
      approver: { apiKey: keys.approver },
    };
    let text = '';
    const progress = new Progress({ write: (part) => (text += part) });
    const market = new Marketplace(new GraphqlClient(graphqlUrl), demoKeys, run);
    return { exitCode: await playDemo(market, progress, graphqlUrl), text };
  }

  it.each(['first', 'again'])(
    'comes out at 1,040.00 and 9,000.00 (%s, on the same instance)',
    async (run) => {
      const { exitCode, text } = await play(run);
      expect(text).toMatch(/Total of 120 lines +\$1,040\.00/);
      expect(text).toMatch(/Total of 120 lines +\$9,000\.00/);
      expect(text).toContain('20 % of the base rate $10.00 = $2.00');
      expect(text).toContain('20 % of $2,000.00 = $400.00');
      expect(text).not.toContain('✗');
      expect(exitCode).toBe(0);
      await app.verifyInvariants();
    },
  );

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
