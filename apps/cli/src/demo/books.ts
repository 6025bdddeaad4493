import type { Books } from './marketplace.js';
import { shown, statementWidth } from './statement.js';

/** The trial balance and the rules of the books as a page of text, and what is wrong with them, in words. */
export function booksText({ trialBalance, ledgerInvariants }: Books): {
  readonly lines: readonly string[];
  readonly differences: readonly string[];
} {
  const rule = '─'.repeat(statementWidth);
  const { accounts, totalDebit, totalCredit, balanced } = trialBalance;
  const row = (name: string, ...amounts: readonly string[]): string =>
    name.padEnd(statementWidth - 54) + amounts.map((amount) => amount.padStart(18)).join('');
  const broken = ledgerInvariants.filter(({ holds }) => !holds);
  return {
    lines: [
      rule,
      row('Trial balance', 'debit', 'credit', 'balance'),
      rule,
      ...accounts.map(({ kind, debit, credit, balance }) =>
        row(kind.toLowerCase(), shown(debit), shown(credit), shown(balance)),
      ),
      rule,
      row('Total', shown(totalDebit), shown(totalCredit), balanced ? 'balanced' : 'NOT BALANCED'),
      rule,
      ...ledgerInvariants.map(({ name, title, holds }) => `${holds ? '✓' : '✗'} ${name.padEnd(4)} ${title}`),
    ],
    differences: [
      ...(balanced && totalDebit.amount === totalCredit.amount ? [] : ['Debits and credits are not equal.']),
      ...(ledgerInvariants.length > 0 ? [] : ['No rule of the books was checked.']),
      ...broken.map(
        ({ name, examples }) => `${name} is broken, for example: ${examples[0] ?? 'without an example'}`,
      ),
    ],
  };
}
