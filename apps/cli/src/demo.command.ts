import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { asCurrency, formatMoney, money } from '#money';
import { type Command, CommandError } from './command.js';
import { readDemoKeys } from './demo/demo-keys.js';
import { GraphqlClient } from './demo/graphql-client.js';
import { LeadMoves } from './demo/lead-moves.js';
import { Marketplace, type DemoTerms } from './demo/marketplace.js';
import { MoneyMoves } from './demo/money-moves.js';
import { playPayment } from './demo/play-payment.js';
import { type DemoStage, type MonthPlan, type MonthPlayed, playMonth } from './demo/play-month.js';
import { Progress } from './demo/progress.js';
import { booksText } from './demo/books.js';
import { minorOf, shown } from './demo/statement.js';
import { readOptions } from './options.js';

const currency = 'USD';
/** Of the hundred; both totals are multiples of it. */
const goodLeads = 20n;

const commonTerms = {
  baseRate: { amount: '10.00', currency },
  commissionRatePpm: 200_000,
  timeZone: 'America/New_York',
  settlementSchedule: 'MONTHLY',
} as const satisfies Partial<DemoTerms>;

/** The same month twice, under two contracts: 100 leads, of which 20 turn out well. */
const months: readonly MonthPlan[] = [
  {
    name: 'per-lead',
    title: 'a commission for each lead of high quality',
    terms: { ...commonTerms, commissionBasis: 'PER_LEAD', commissionTrigger: 'QUALIFIED' },
    outcome: { kind: 'qualified' },
    expected: { amount: '1040.00', currency },
    arithmetic: '80 × $10.00 + 20 × ($10.00 + $2.00)',
  },
  {
    name: 'per-deal',
    title: 'a commission for each deal',
    terms: { ...commonTerms, commissionBasis: 'PER_DEAL', commissionTrigger: 'CONVERTED' },
    outcome: { kind: 'won', amount: { amount: '2000.00', currency } },
    expected: { amount: '9000.00', currency },
    arithmetic: '80 × $10.00 + 20 × ($10.00 + $400.00)',
  },
];

export const demoCommand: Command = {
  summary:
    'Plays the worked month, once under each kind of contract, through the public API of a running sandbox, and checks\n' +
    'what comes out to the cent. Leads go through a route over two buyers; one has them sent to a receiver that is started on\n' +
    'this machine, where the sandbox allows that. Exit code 1 when anything differs. It can be repeated: each run has contracts of its\n' +
    'own, and begins with the next month of the sandbox clock. With --to-paid it plays one month, follows its money from the\n' +
    "buyer to the agency's bank, and compares the ledger with the payment provider.",
  usage: '[--to-paid] [--url <address>] [--demo-file <path>]',
  run: async (parameters) => {
    const options = readOptions(parameters, {
      url: { type: 'string' },
      'demo-file': { type: 'string' },
      'to-paid': { type: 'boolean' },
    });
    const keys = readDemoKeys(options['demo-file'] ?? demoFileOfCheckout());
    const url = options.url ?? keys.graphqlUrl;
    if (!URL.canParse(url))
      throw new CommandError('--url is not an address: such as http://localhost:4000/graphql.');
    const run = randomBytes(3).toString('hex');
    const client = new GraphqlClient(url);
    const stage = {
      market: new Marketplace(client, keys, run),
      leads: new LeadMoves(client, keys, run),
      progress: new Progress(process.stdout),
    };
    if (options['to-paid'] !== true) return await playDemo(stage, url);
    return await playToPaid({ ...stage, money: new MoneyMoves(client, keys, run) }, url);
  },
};

/** Plays both months and shows the books; gives the exit code. Throws a {@link CommandError} when it cannot go on. */
export async function playDemo(stage: DemoStage, url: string): Promise<number> {
  const { market, progress } = stage;
  progress.line(`The worked month, through ${url}`);
  progress.line();
  const played: MonthPlayed[] = [];
  for (const [index, plan] of months.entries()) {
    progress.line(`Month ${index + 1} of ${months.length}: ${plan.title}`);
    played.push(await playMonth(stage, plan, played.at(-1)?.period));
  }
  progress.line('The books of the whole installation');
  const { lines, differences } = booksText(await market.books(currency));
  for (const line of lines) progress.line(line === '' ? '' : `  ${line}`);
  for (const difference of differences) progress.line(`  ✗ ${difference}`);
  progress.line();
  return conclude(progress, played, differences.length);
}

/** Plays one month up to the money in the agency's bank; gives the exit code. */
export async function playToPaid(
  stage: DemoStage & { readonly money: MoneyMoves },
  url: string,
): Promise<number> {
  const { market, progress } = stage;
  const plan = months.at(-1);
  if (!plan) throw new CommandError('there is no month to play.');
  progress.line(`A month up to its payment, through ${url}`);
  progress.line();
  const played = await playMonth(stage, plan);
  const unmatched = await playPayment(stage, played.statement);
  const { differences } = booksText(await market.books(currency));
  const wrong = [...played.differences, ...unmatched, ...differences];
  for (const each of wrong) progress.line(`  ✗ ${each}`);
  progress.line(
    wrong.length === 0
      ? `${shown(played.statement.total)} went from leads to the agency's bank, and ledger and payment provider match.`
      : `${wrong.length} ${wrong.length === 1 ? 'thing differs' : 'things differ'}: see the lines that begin with ✗.`,
  );
  return wrong.length === 0 ? 0 : 1;
}

function conclude(progress: Progress, played: readonly MonthPlayed[], brokenBooks: number): number {
  const wrong = brokenBooks + played.reduce((sum, { differences }) => sum + differences.length, 0);
  for (const { plan, statement } of played) {
    const perGoodLead = formatMoney(money(minorOf(statement.total) / goodLeads, asCurrency(currency)));
    progress.line(
      `${plan.name}: ${shown(statement.total)}, which is ${perGoodLead} for each of the ${goodLeads} good leads`,
    );
  }
  progress.line();
  progress.line(
    wrong === 0
      ? 'Both totals are right to the cent, and every rule of the books holds.'
      : `${wrong} ${wrong === 1 ? 'thing differs' : 'things differ'}: see the lines that begin with ✗.`,
  );
  return wrong === 0 ? 0 : 1;
}

/** Where npm start writes it. Not from the settings: those need a database, and the demo knows only the API. */
function demoFileOfCheckout(): string {
  return fileURLToPath(new URL('../../../../.leadger/demo.json', import.meta.url));
}
