import {
  localDateOf,
  nextPeriod,
  type Period,
  periodContaining,
  periodEndsAt,
  periodStartsAt,
} from '#calendar';
import { CommandError } from '../command.js';
import type {
  ApiMoney,
  DemoContract,
  DemoTerms,
  Marketplace,
  Statement,
  StatementLine,
} from './marketplace.js';
import type { Progress } from './progress.js';
import { between, groupsOf, minorOf, shown, statementText, statementWidth, wrapped } from './statement.js';

/** One month of product, played through the API. */
export interface MonthPlan {
  /** Part of the vertical's name. */
  readonly name: string;
  readonly title: string;
  readonly terms: DemoTerms;
  /** What the buyer reports of one lead in five. */
  readonly outcome: { readonly kind: 'qualified' } | { readonly kind: 'won'; readonly amount: ApiMoney };
  /** What the arithmetic says must come out, and the arithmetic itself. */
  readonly expected: ApiMoney;
  readonly arithmetic: string;
}

export interface MonthPlayed {
  readonly plan: MonthPlan;
  readonly period: Period;
  readonly statement: Statement;
  /** What is not as it must be, in words; empty when all is well. */
  readonly differences: readonly string[];
}

/** The worker may have begun to collect it. */
const approvedStates = new Set(['APPROVED', 'COLLECTING', 'COLLECTED', 'HOLDING']);

const leadsPerWeek = 25;
const weeks = 4;
const goodOnesPerWeek = 5;
/** Days after the first of the month on which leads come in; outcomes follow a day later. */
const daysOfWeek = [2, 9, 16, 23] as const;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** The parts of a month, with what they need. */
interface Stage {
  readonly market: Marketplace;
  readonly progress: Progress;
  readonly plan: MonthPlan;
}

/**
 * Plays a whole month: the one after `previous`, which the demo played before, or else the first that begins after
 * everything that happened so far. Either way nothing else is on its statement.
 */
export async function playMonth(stage: Stage, previous?: Period): Promise<MonthPlayed> {
  const { progress, plan } = stage;
  const contract = await agree(stage);
  for (const line of wrapped(contract.summary, statementWidth - 4)) progress.line(`    ${line}`);
  const period = previous
    ? nextPeriod('MONTHLY', previous)
    : monthAfter(contract.acceptedAt, plan.terms.timeZone);
  const begins = periodStartsAt(period, plan.terms.timeZone);
  for (let week = 0; week < weeks; week += 1) await playWeek(stage, contract, begins, week);
  const statement = await settle(stage, contract, period);
  const lines = await stage.market.linesOf(statement);
  progress.line();
  for (const line of statementText(statement, lines)) progress.line(`  ${line}`);
  progress.line();
  const differences = differencesOf(plan, contract, statement, lines);
  const mark = differences.length === 0 ? '✓' : ' ';
  progress.line(`${mark} ${between(`Expected: ${plan.arithmetic}`, shown(plan.expected))}`);
  for (const difference of differences) progress.line(`  ✗ ${difference}`);
  progress.line();
  return { plan, period, statement, differences };
}

async function agree({ market, progress, plan }: Stage): Promise<DemoContract> {
  return await progress.step(
    'Proposing and accepting a contract',
    () => market.agree(plan.name, plan.terms),
    ({ vertical }) =>
      `Contract for leads of "${vertical}", proposed by the agency and accepted by the buyer:`,
  );
}

/** The first whole month after the instant. */
function monthAfter(instant: Date, timeZone: string): Period {
  return nextPeriod('MONTHLY', periodContaining('MONTHLY', localDateOf(instant, timeZone)));
}

async function playWeek(
  { market, progress, plan }: Stage,
  contract: DemoContract,
  begins: Date,
  week: number,
): Promise<void> {
  const submitAt = new Date(begins.getTime() + (daysOfWeek[week] ?? 0) * dayMs + 9 * hourMs);
  const first = week * leadsPerWeek + 1;
  const numbers = Array.from({ length: leadsPerWeek }, (_, index) => first + index);
  const what =
    plan.outcome.kind === 'won'
      ? `brought a deal of ${shown(plan.outcome.amount)}`
      : 'turned out to be of high quality';
  await progress.step(
    `Week ${week + 1} of ${weeks}:`,
    async (report) => {
      await market.advanceClock(submitAt);
      report(`submitting ${leadsPerWeek} leads`);
      const leadIds = await market.submitLeads(contract, numbers);
      await market.advanceClock(new Date(submitAt.getTime() + dayMs));
      const good = leadIds.filter((_, index) => index % (leadsPerWeek / goodOnesPerWeek) === 0);
      for (const [index, leadId] of good.entries()) {
        report(`reporting outcome ${index + 1} of ${good.length}`);
        const reference = `${contract.vertical}-${first + index * (leadsPerWeek / goodOnesPerWeek)}`;
        if (plan.outcome.kind === 'won') await market.win(leadId, plan.outcome.amount, reference);
        else await market.qualify(leadId);
      }
      return good.length;
    },
    (good) =>
      `Week ${week + 1}, ${localDateOf(submitAt, plan.terms.timeZone)}: ${leadsPerWeek} leads delivered, ${good} of them ${what}`,
  );
}

/** Closes the month and brings its statement through review by two people. */
async function settle(stage: Stage, contract: DemoContract, period: Period): Promise<Statement> {
  const { market, progress, plan } = stage;
  const ends = periodEndsAt(period, plan.terms.timeZone);
  const draft = await progress.step(
    'Closing the month',
    async () => {
      await market.advanceClock(new Date(ends.getTime() + 9 * hourMs));
      return await ownStatement(market, contract, await market.prepare(period));
    },
    ({ number }) => `The month is over, ${period.start} up to ${period.end}: statement ${number} prepared`,
  );
  const submitted = await progress.step(
    'Submitting the statement',
    () => market.submit(draft),
    ({ contentHash }) =>
      `Submitted for review; its content is frozen as ${contentHash?.slice(0, 12) ?? 'nothing'}…`,
  );
  await progress.step(
    'Trying to approve it alone',
    async () => {
      const refusal = await market.tryToApproveAlone(submitted);
      if (refusal === null) throw new CommandError('who prepared the statement could approve it as well.');
      return refusal;
    },
    (refusal) => `The preparer cannot approve it: "${refusal}"`,
  );
  return await progress.step(
    'Approving the statement',
    () => market.approve(submitted),
    ({ total }) => `Approved by another person: ${shown(total)} is billed`,
  );
}

/** The statement that holds leads of this contract. Other contracts of the two may settle in other zones or currencies. */
async function ownStatement(
  market: Marketplace,
  contract: DemoContract,
  statements: readonly Statement[],
): Promise<Statement> {
  for (const statement of statements) {
    const lines = await market.linesOf(statement);
    if (lines.some(({ lead }) => lead?.vertical === contract.vertical)) return statement;
  }
  throw new CommandError(`no statement of the month holds leads of "${contract.vertical}".`);
}

/** What of a settled month is not as the plan and the arithmetic have it, in words. */
export function differencesOf(
  plan: MonthPlan,
  contract: Pick<DemoContract, 'vertical'>,
  statement: Statement,
  lines: readonly StatementLine[],
): string[] {
  const differences: string[] = [];
  if (
    statement.total.currency !== plan.expected.currency ||
    statement.total.amount !== plan.expected.amount
  ) {
    differences.push(`The total is ${shown(statement.total)} and must be ${shown(plan.expected)}.`);
  }
  const sumMinor = groupsOf(lines).reduce((sum, { amountMinor }) => sum + amountMinor, 0n);
  if (sumMinor !== minorOf(statement.total)) differences.push('The total is not the sum of the lines.');
  if (minorOf(statement.agencyTotal) + minorOf(statement.feeTotal) !== minorOf(statement.total)) {
    differences.push('The total is not the sum of the shares of agency and operator.');
  }
  if (!approvedStates.has(statement.status))
    differences.push(`The statement is ${statement.status} and must be APPROVED.`);
  const foreign = lines.filter(({ lead }) => lead?.vertical !== contract.vertical).length;
  if (foreign > 0) {
    const what = foreign === 1 ? 'line is of another lead' : 'lines are of other leads';
    differences.push(`${foreign} ${what}: somebody else used the demo's organizations meanwhile.`);
  }
  return differences;
}
