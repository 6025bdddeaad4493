import { CommandError } from '../command.js';
import type { Marketplace, Statement } from './marketplace.js';
import type { Match, MoneyMoves, MoneyOfStatement } from './money-moves.js';
import type { Progress } from './progress.js';
import { shown, statementWidth } from './statement.js';

const dayMs = 86_400_000;
/** Long enough for the money to arrive at the agency's bank. */
const bankDays = 6;

/** Where a statement is paid, with what that needs. */
interface Stage {
  readonly market: Marketplace;
  readonly money: MoneyMoves;
  readonly progress: Progress;
}

const collectedStates = new Set(['COLLECTED', 'HOLDING', 'TRANSFERRING', 'PAID']);

/**
 * Follows an approved statement until it is paid out and has reached the agency's bank, and compares the ledger with the
 * payment provider. Gives what is not as it must be, in words.
 */
export async function playPayment(stage: Stage, statement: Statement): Promise<readonly string[]> {
  const { progress, money } = stage;
  progress.line(`The money of statement ${statement.number}`);
  const collected = await progress.step(
    'Collecting from the buyer',
    () => money.until(statement, ({ status }) => collectedStates.has(status)),
    ({ invoice }) => `Invoice ${invoice?.number ?? 'without a number'} is ${invoice?.status ?? 'missing'}`,
  );
  await showCollections(stage, collected);
  const released = await waitForRelease(stage, statement);
  const paid = await progress.step(
    'Paying the agency',
    () => money.until(statement, ({ status }) => status === 'PAID'),
    ({ payouts }) => {
      const [payout] = payouts;
      return `Paid: payout ${payout?.number ?? ''} of ${payout ? shown(payout.amount) : 'nothing'}, transfer ${payout?.transferId ?? 'none'}`;
    },
  );
  await arrive(stage, statement, { paid, released });
  const match = await progress.step(
    'Comparing the ledger with the payment provider',
    () => money.match(),
    ({ matches }) => `Compared: ${matches ? 'they match to the cent' : 'they do NOT match'}`,
  );
  progress.line();
  for (const line of matchText(match)) progress.line(`  ${line}`);
  progress.line();
  return match.differences.map(({ kind, subject }) => `${kind}: ${subject ?? 'a balance'}`);
}

async function showCollections({ progress, money }: Stage, { invoice }: MoneyOfStatement): Promise<void> {
  for (const collection of invoice?.collections.nodes ?? []) {
    const { amount, fee, method, status } = collection;
    const id = await money.providerIdOf(collection);
    const costs = fee === null ? '' : `, for a fee of ${shown(fee)}`;
    const from = id === null ? '' : `, payment ${id}`;
    progress.line(`    ${method} ${status}: ${shown(amount)}${costs}${from}`);
  }
}

/** The hold period passes; gives the time that it is then, null when there was none. */
async function waitForRelease(
  { market, money, progress }: Stage,
  statement: Statement,
): Promise<Date | null> {
  const held = await progress.step(
    'Waiting for the hold to begin',
    () => money.until(statement, ({ status }) => status !== 'COLLECTED'),
    ({ holds }) => holds.map(({ words }) => words).join(' ') || 'Nothing holds it',
  );
  const until = held.holds.find(({ reason }) => reason === 'HOLD_PERIOD')?.until ?? null;
  if (until === null) return null;
  return await progress.step(
    'Letting the hold period pass',
    () => market.advanceClock(new Date(new Date(until).getTime() + 60_000)),
    () => `The hold period has passed: it is ${until.slice(0, 10)} in the sandbox`,
  );
}

/** What went on to the agency's bank is another thing than the transfer. */
async function arrive(
  stage: Stage,
  statement: Statement,
  { paid, released }: { readonly paid: MoneyOfStatement; readonly released: Date | null },
): Promise<void> {
  const { market, money, progress } = stage;
  const finished = paid.payouts[0];
  if (!finished?.transferId) throw new CommandError('a paid statement has no transfer.');
  const arrived = (state: MoneyOfStatement): boolean => state.payouts[0]?.bankPayout?.status === 'PAID';
  await progress.step(
    "Waiting for the agency's bank",
    async () => {
      if (released) await market.advanceClock(new Date(released.getTime() + bankDays * dayMs));
      return await money.until(statement, arrived);
    },
    ({ payouts }) => {
      const arrivesAt = payouts[0]?.bankPayout?.arrivesAt ?? '';
      return `It has arrived at the agency's bank (${arrivesAt.slice(0, 10)})`;
    },
  );
}

function accountText(account: string, agency: { readonly name: string } | null, currency: string): string {
  if (account === 'STRIPE') return `balance ${currency}`;
  // Not longer than its column.
  return agency === null ? `in transit ${currency}` : `to ${agency.name.slice(0, 15)} ${currency}`;
}

function matchText({ accounts }: Match): readonly string[] {
  const rule = '─'.repeat(statementWidth);
  const row = (name: string, ...amounts: readonly string[]): string =>
    name.padEnd(statementWidth - 54) + amounts.map((amount) => amount.padStart(18)).join('');
  return [
    rule,
    row('Account', 'ledger', 'provider', 'difference'),
    rule,
    ...accounts.map(({ account, agency, ledger, provider, difference }) =>
      row(accountText(account, agency, ledger.currency), shown(ledger), shown(provider), shown(difference)),
    ),
    rule,
  ];
}
