import {
  localDateOf,
  nextPeriod,
  type Period,
  periodContaining,
  periodEndsAt,
  periodStartsAt,
} from '#calendar';
import { CommandError } from '../command.js';
import type { Destination, LeadMoves } from './lead-moves.js';
import { LeadReceiver } from './lead-receiver.js';
import type {
  ApiMoney,
  DemoContract,
  DemoTerms,
  Marketplace,
  Statement,
  StatementLine,
} from './marketplace.js';
import {
  deliver,
  type DemoRoute,
  type LeadStage,
  numberedLead,
  playLeads,
  postalPrefixes,
  speedText,
} from './play-leads.js';
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

/** What the second buyer of each route pays. */
const otherTerms: DemoTerms = {
  baseRate: { amount: '9.00', currency: 'USD' },
  commissionBasis: 'NONE',
  commissionRatePpm: 0,
  commissionTrigger: 'CONVERTED',
  timeZone: 'America/New_York',
  settlementSchedule: 'MONTHLY',
};

/** Where the demo takes place. */
export interface DemoStage {
  readonly market: Marketplace;
  readonly leads: LeadMoves;
  readonly progress: Progress;
}

/** The parts of a month, with what they need. */
interface Stage extends DemoStage, LeadStage {
  readonly plan: MonthPlan;
}

/**
 * Plays a whole month: the one after `previous`, which the demo played before, or else the first that begins after
 * everything that happened so far. Either way nothing else is on its statement. The first one also follows leads that go
 * other ways than most.
 */
export async function playMonth(stage: DemoStage, plan: MonthPlan, previous?: Period): Promise<MonthPlayed> {
  const receiver = await LeadReceiver.start();
  try {
    const destination = await stage.leads.createDestination(receiver.url);
    if (!destination) return await playAll({ ...stage, plan, receiver: null }, null, previous);
    receiver.useSecret(destination.secret);
    const played = await playAll({ ...stage, plan, receiver }, destination, previous);
    await stage.leads.deleteDestination(destination);
    return played;
  } finally {
    await receiver.stop();
  }
}

async function playAll(
  stage: Stage,
  destination: Destination | null,
  previous?: Period,
): Promise<MonthPlayed> {
  const { progress, plan } = stage;
  const route = await agree(stage);
  const { first: contract } = route;
  for (const line of wrapped(contract.summary, statementWidth - 4)) progress.line(`    ${line}`);
  await openRoute(stage, route, destination);
  const period = previous
    ? nextPeriod('MONTHLY', previous)
    : monthAfter(contract.acceptedAt, plan.terms.timeZone);
  const begins = periodStartsAt(period, plan.terms.timeZone);
  const timesMs: number[] = [];
  const otherWays: string[] = [];
  for (let week = 0; week < weeks; week += 1) {
    const played = await playWeek(stage, route, { begins, week, isTour: week === 0 && !previous });
    timesMs.push(...played.timesMs);
    otherWays.push(...played.differences);
  }
  const fast = speedText(timesMs);
  if (fast !== null) progress.line(`  ✓ Received with the right signature: ${fast}`);
  const statement = await settle(stage, contract, period);
  const lines = await stage.market.linesOf(statement);
  progress.line();
  for (const line of statementText(statement, lines)) progress.line(`  ${line}`);
  progress.line();
  const differences = [...differencesOf(plan, contract, statement, lines), ...otherWays];
  const mark = differences.length === 0 ? '✓' : ' ';
  progress.line(`${mark} ${between(`Expected: ${plan.arithmetic}`, shown(plan.expected))}`);
  for (const difference of differences) progress.line(`  ✗ ${difference}`);
  progress.line();
  return { plan, period, statement, differences };
}

async function agree({ market, progress, plan }: Stage): Promise<DemoRoute> {
  return await progress.step(
    'Proposing and accepting contracts',
    async () => {
      const second = await market.agree(plan.name, otherTerms, 'otherBuyer');
      return { first: await market.agree(plan.name, plan.terms), second };
    },
    ({ first, second }) =>
      `Contracts for leads of "${first.vertical}" with ${second.buyerName}, for $9.00 a lead, and ${first.buyerName}:`,
  );
}

async function openRoute(stage: Stage, route: DemoRoute, destination: Destination | null): Promise<void> {
  const { leads, progress } = stage;
  const { first, second } = route;
  const clauses = await progress.step(
    'Defining a route',
    () =>
      leads.defineRoute(first.vertical, [
        { contractId: first.id, postalPrefixes: postalPrefixes.first },
        { contractId: second.id, postalPrefixes: postalPrefixes.second },
      ]),
    () => 'A route over both, who comes first gets the lead:',
  );
  for (const [index, { buyerName }] of [first, second].entries()) {
    const words = `${index + 1}. ${buyerName}: ${clauses[index] ?? ''}`;
    for (const line of wrapped(words, statementWidth - 4)) progress.line(`    ${line}`);
  }
  if (destination) await leads.sendTo(destination, first.id);
  progress.line(
    destination
      ? `  ✓ ${first.buyerName} has its leads sent to ${stage.receiver?.url ?? ''}, signed; ${second.buyerName} fetches them`
      : '  ✓ This instance sends no leads to this machine: both buyers fetch them',
  );
}

/** The first whole month after the instant. */
function monthAfter(instant: Date, timeZone: string): Period {
  return nextPeriod('MONTHLY', periodContaining('MONTHLY', localDateOf(instant, timeZone)));
}

interface Week {
  readonly begins: Date;
  readonly week: number;
  /** Whether leads are followed that go other ways. */
  readonly isTour: boolean;
}

async function playWeek(
  stage: Stage,
  route: DemoRoute,
  { begins, week, isTour }: Week,
): Promise<{ readonly timesMs: readonly number[]; readonly differences: readonly string[] }> {
  const { market, progress, plan } = stage;
  const submitAt = new Date(begins.getTime() + (daysOfWeek[week] ?? 0) * dayMs + 9 * hourMs);
  const first = week * leadsPerWeek + 1;
  const submitted = Array.from({ length: leadsPerWeek }, (_, index) =>
    numberedLead(route.first, first + index),
  );
  const title = `Week ${week + 1} of ${weeks}:`;
  const { ids, timesMs } = await progress.step(
    title,
    async (report) => {
      await market.advanceClock(submitAt);
      report(`submitting ${leadsPerWeek} leads`);
      return await deliver(stage, submitted);
    },
    () =>
      `Week ${week + 1}, ${localDateOf(submitAt, plan.terms.timeZone)}: ${leadsPerWeek} leads delivered to ${route.first.buyerName}`,
  );
  const [id, lead] = [ids[0], submitted[0]];
  const differences = isTour && id && lead ? await playLeads(stage, route, { id, lead }) : [];
  const what =
    plan.outcome.kind === 'won'
      ? `brought a deal of ${shown(plan.outcome.amount)}`
      : 'turned out to be of high quality';
  await progress.step(
    title,
    async (report) => {
      await market.advanceClock(new Date(submitAt.getTime() + dayMs));
      const good = ids.filter((_, index) => index % (leadsPerWeek / goodOnesPerWeek) === 0);
      for (const [index, leadId] of good.entries()) {
        report(`reporting outcome ${index + 1} of ${good.length}`);
        const reference = `${route.first.vertical}-${first + index * (leadsPerWeek / goodOnesPerWeek)}`;
        if (plan.outcome.kind === 'won') await market.win(leadId, plan.outcome.amount, reference);
        else await market.qualify(leadId);
      }
      return good.length;
    },
    (good) => `Week ${week + 1}, a day later: ${good} of them ${what}`,
  );
  return { timesMs, differences };
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
