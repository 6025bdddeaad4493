import { asCurrency, formatMoney, money, parseAmount } from '#money';
import { invariant } from '#outcome';
import type { ApiMoney, Statement, StatementLine } from './marketplace.js';

/** Lines of one component and one amount. Minor units. */
export interface LineGroup {
  readonly component: string;
  readonly count: number;
  readonly unitMinor: bigint;
  readonly amountMinor: bigint;
  /** The first of them, whose explanation stands for all. */
  readonly example: StatementLine;
}

export const statementWidth = 78;

const names: Readonly<Record<string, string>> = {
  BASE: 'Base rate',
  COMMISSION_PER_LEAD: 'Commission per lead',
  COMMISSION_PER_DEAL: 'Commission per deal',
  PLATFORM_FEE: 'Platform fee',
  RETURN_CREDIT: 'Credit for a returned lead',
  RESTATEMENT: 'Restatement of a deal',
  CLAWBACK: 'Clawback',
  ADJUSTMENT: 'Adjustment',
};

/** The amount of the API in minor units. Throws InvariantViolation for what is no amount of its currency. */
export function minorOf({ amount, currency }: ApiMoney): bigint {
  const amountMinor = parseAmount(amount, asCurrency(currency));
  invariant(amountMinor !== undefined, 'the API gave an amount that is none');
  return amountMinor;
}

/** The same for people: "$1,040.00". */
export function shown(amount: ApiMoney): string {
  return formatMoney(money(minorOf(amount), asCurrency(amount.currency)));
}

/** Groups lines by component and amount, in the order in which they first come. */
export function groupsOf(lines: readonly StatementLine[]): LineGroup[] {
  const groups = new Map<string, LineGroup>();
  for (const line of lines) {
    const unitMinor = minorOf(line.amount);
    const key = `${line.component} ${unitMinor}`;
    const { count = 0, amountMinor = 0n, example = line } = groups.get(key) ?? {};
    groups.set(key, {
      component: line.component,
      count: count + 1,
      unitMinor,
      amountMinor: amountMinor + unitMinor,
      example,
    });
  }
  return [...groups.values()];
}

/** The statement as a page of text. */
export function statementText(statement: Statement, lines: readonly StatementLine[]): string[] {
  const { number, status, periodStart, periodEnd, agency, buyer, total } = statement;
  const currency = asCurrency(total.currency);
  const inMoney = (minor: bigint): string => formatMoney(money(minor, currency));
  const groups = groupsOf(lines);
  const rule = '─'.repeat(statementWidth);
  return [
    rule,
    between(`Statement ${number}`, status),
    between(`What ${buyer.name} owes ${agency.name}`, `${periodStart} up to ${periodEnd}`),
    rule,
    ...groups.map(({ component, count, unitMinor, amountMinor }) =>
      between(
        `${nameOf(component).padEnd(30)}${String(count).padStart(5)} × ${inMoney(unitMinor).padStart(10)}`,
        inMoney(amountMinor),
      ),
    ),
    rule,
    between(`Total of ${lines.length} lines`, shown(total)),
    rule,
    'Why, line by line; one of each kind:',
    ...groups.flatMap(({ component, example }) => [
      `  ${nameOf(component)}, ${sourceOf(example)}`,
      ...wrapped(example.explanation.text, statementWidth - 4).map((line) => `    ${line}`),
      ...wrapped(`By the contract: ${example.explanation.clause}`, statementWidth - 4).map(
        (line) => `    ${line}`,
      ),
    ]),
    `Content hash ${statement.contentHash ?? 'none'}`,
  ];
}

/** Text in lines of at most `width`, broken between words. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** Two texts at both ends of a line. */
export function between(left: string, right: string): string {
  return `${left}${' '.repeat(Math.max(2, statementWidth - left.length - right.length))}${right}`;
}

function nameOf(component: string): string {
  return names[component] ?? component;
}

function sourceOf({ lead, deal }: StatementLine): string {
  const reference = deal?.reference;
  return `lead ${lead?.externalId ?? 'unknown'}${reference ? `, deal ${reference}` : ''}`;
}
