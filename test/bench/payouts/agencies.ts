import { randomUUID } from 'node:crypto';
import { addDaysExact, periodStartsAt, SystemClock } from '#calendar';
import { BeginPaymentSetup, SetBillingProfile } from '#collections';
import { loadConfig } from '#config';
import { Database } from '#database';
import { AdvanceCheckpoints } from '#ledger';
import { type Actor } from '#organizations';
import { RefreshObjects } from '#payments';
import { OnboardAgency } from '#payouts';
import { ApproveSettlement, PrepareSettlements, SubmitSettlement } from '#settlements';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import pg from 'pg';
import { createLog } from '../../../apps/process/src/log.js';
import { type PaymentWork, paymentWork } from '../../../apps/process/src/payments.module.js';
import { WorkerModule } from '../../../apps/worker/src/worker.module.js';
import { BenchFailure, type Undo } from '../host.js';
import {
  addContract,
  addOrganization,
  addPerson,
  type BenchClock,
  benchTerms,
  migrateDatabase,
  openProduct,
  valueOf,
} from '../marketplace.js';
import { generateMonth, period, periodEnd, type PlannedStatement, timeZone } from '../settlement/generate.js';
import { type BenchStripe, saveCard } from './stripe.js';

/** Charges of each statement, of 84.00 in all: above the least that is paid out. */
const chargesOfStatement = 10;
const clock = new SystemClock();
/** How many agencies are at the sandbox at the same time while everything is made. */
const width = 8;

/** Agencies with approved work, an account that can receive, and buyers who have paid for none of it yet. */
export interface Agencies {
  readonly databaseUrl: string;
  /** The product's own actions in this process, everything around payments included. */
  readonly payments: INestApplicationContext;
  readonly connection: pg.Client;
  readonly people: People;
  /** Has the product approve, collect and release what a buyer owes to its agencies. */
  readonly release: (buyerId: string) => Promise<void>;
  /** One for each leg. */
  readonly buyers: readonly string[];
}

interface People {
  readonly preparer: Actor;
  readonly approver: Actor;
  readonly secondApprover: Actor;
}

/** `agenciesOf`: for each buyer the number of agencies that work for it. */
export async function openAgencies(
  undo: Undo,
  stripe: BenchStripe,
  { databaseUrl, agenciesOf }: { readonly databaseUrl: string; readonly agenciesOf: readonly number[] },
): Promise<Agencies> {
  await migrateDatabase(databaseUrl);
  const product = await openProduct(databaseUrl);
  undo.add(() => product.close());
  const connection = new pg.Client({ connectionString: databaseUrl });
  await connection.connect();
  undo.add(() => connection.end());
  const productClock = product.get<BenchClock>('Clock', { strict: false });
  const openedAt = addDaysExact(periodStartsAt(period, timeZone), 0.5);
  productClock.set(addDaysExact(openedAt, -20));
  const operator = await addOrganization(product, 'OPERATOR', 'Bench operator');
  const people = {
    preparer: await addPerson(product, operator, 'preparer', 'FINANCE_PREPARER'),
    approver: await addPerson(product, operator, 'approver', 'FINANCE_APPROVER'),
    secondApprover: await addPerson(product, operator, 'second', 'FINANCE_APPROVER'),
  };
  const { agencies, buyers, statements } = await addContracts(product, agenciesOf);
  await generateMonth(product, connection, {
    statements,
    charges: statements.length * chargesOfStatement,
    openedAt,
  });
  productClock.set(addDaysExact(periodEnd, 2));
  valueOf(await product.get(AdvanceCheckpoints, { strict: false }).execute(productClock.now()));
  // From here on it is today, for Leadger as for the sandbox.
  productClock.set(undefined);
  await prepareAll(product, people.preparer);

  const payments = await openPayments(undo, stripe, databaseUrl);
  // What buyers pay comes less the sandbox's fees.
  await stripe.control('fund', { amount: 100_000_000, currency: 'usd' });
  await stripe.control('setSettings', { cardAvailableDays: 0 });
  await inLanes(agencies, (agency) => onboard(payments, stripe, agency));
  for (const buyer of buyers) await openBilling(payments, people.preparer, buyer);
  const release = async (buyerId: string): Promise<void> => {
    await approveAll(product, connection, people, buyerId);
    await pump(payments);
  };
  return {
    ...{ databaseUrl, payments, connection, people, release },
    buyers: buyers.map(({ organizationId }) => organizationId),
  };
}

async function addContracts(product: INestApplicationContext, agenciesOf: readonly number[]) {
  const agencies: Actor[] = [];
  for (let number = 1; number <= Math.max(...agenciesOf); number += 1) {
    const agency = await addOrganization(product, 'AGENCY', `Bench agency ${number}`);
    agencies.push({ ...agency, roles: ['OWNER'] });
  }
  const buyers: Actor[] = [];
  const statements: PlannedStatement[] = [];
  for (const [index, count] of agenciesOf.entries()) {
    const buyer = await addOrganization(product, 'BUYER', `Bench buyer ${index + 1}`);
    buyers.push({ ...buyer, roles: ['OWNER'] });
    for (const agency of agencies.slice(0, count)) {
      const terms = { ...benchTerms, timeZone, holdDays: 0 };
      const contractId = await addContract(product, { agency, buyer, terms });
      const [agencyId, buyerId] = [agency.organizationId, buyer.organizationId];
      statements.push({ agencyId, buyerId, contractId, hasFee: false });
    }
  }
  return { agencies, buyers, statements };
}

async function prepareAll(product: INestApplicationContext, preparer: Actor): Promise<void> {
  const prepare = product.get(PrepareSettlements, { strict: false });
  for (let remaining = 1; remaining > 0;) {
    const input = { periodStart: period.start, periodEnd: period.end, idempotencyKey: randomUUID() };
    ({ remaining } = valueOf(await prepare.execute(preparer, input)));
  }
}

async function approveAll(
  product: INestApplicationContext,
  connection: pg.Client,
  { preparer, approver, secondApprover }: People,
  buyerId: string,
): Promise<void> {
  const { rows } = await connection.query<{ id: string }>(
    'select id from settlements where buyer_id = $1 order by id',
    [buyerId],
  );
  const submit = product.get(SubmitSettlement, { strict: false });
  const approve = product.get(ApproveSettlement, { strict: false });
  for (const { id: settlementId } of rows) {
    const acted = () => ({ settlementId, idempotencyKey: randomUUID() });
    valueOf(await submit.execute(preparer, acted()));
    valueOf(await approve.execute(approver, acted()));
  }
  // What is above the limit in sum takes a second approver.
  const waiting = await connection.query<{ id: string }>(
    `select id from settlements where buyer_id = $1 and state = 'IN_REVIEW' order by id`,
    [buyerId],
  );
  for (const { id: settlementId } of waiting.rows) {
    valueOf(await approve.execute(secondApprover, { settlementId, idempotencyKey: randomUUID() }));
  }
}

/** What the worker consists of, in this process: it does what is due when it is told to. */
async function openPayments(
  undo: Undo,
  stripe: BenchStripe,
  databaseUrl: string,
): Promise<INestApplicationContext> {
  const config = loadConfig({
    DATABASE_URL: databaseUrl,
    LEADGER_STRIPE_SANDBOX_URL: stripe.url,
    LEADGER_STRIPE_REQUESTS_PER_SECOND: '1000',
    LEADGER_POOL_SIZE: String(width),
  });
  const context = await NestFactory.createApplicationContext(WorkerModule.of(config, createLog('error')), {
    logger: ['error', 'warn'],
    abortOnError: false,
  });
  undo.add(() => context.close());
  return context;
}

async function onboard(payments: INestApplicationContext, stripe: BenchStripe, agency: Actor): Promise<void> {
  const onboarding = payments.get(OnboardAgency, { strict: false });
  const begun = { email: 'agency@bench.example', country: 'US', idempotencyKey: randomUUID() };
  valueOf(await onboarding.begin(agency, begun));
  const [row] = await payments
    .get(Database, { strict: false })
    .query<{ id: string }>('select provider_account_id as id from payment_accounts where agency_id = $1', [
      agency.organizationId,
    ]);
  await stripe.control('completeAccount', { account: row?.id });
  valueOf(await onboarding.refresh(agency, { idempotencyKey: randomUUID() }));
}

/** The buyer pays by itself, with a card. */
async function openBilling(payments: INestApplicationContext, preparer: Actor, buyer: Actor): Promise<void> {
  const buyerId = buyer.organizationId;
  const profile = { buyerId, terms: 'AUTOPAY', idempotencyKey: randomUUID() } as const;
  valueOf(await payments.get(SetBillingProfile, { strict: false }).execute(preparer, profile));
  const setup = { buyerId, idempotencyKey: randomUUID() };
  const { url } = valueOf(await payments.get(BeginPaymentSetup, { strict: false }).execute(buyer, setup));
  await saveCard(url ?? '');
  const [row] = await payments
    .get(Database, { strict: false })
    .query<{ id: string }>('select provider_setup_id as id from billing_profiles where buyer_id = $1', [
      buyerId,
    ]);
  const ref = { kind: 'setup', id: row?.id ?? '', accountId: null } as const;
  await payments.get(RefreshObjects, { strict: false }).execute(ref, clock.now());
}

/** Does everything that is due but paying the agencies, until nothing is. */
async function pump(payments: INestApplicationContext): Promise<void> {
  const all = payments.get<readonly PaymentWork[]>(paymentWork, { strict: false });
  const work = all.filter(({ name }) => name !== 'pay-agencies');
  for (let round = 0; round < 60; round += 1) {
    let pieces = 0;
    for (const { run } of work) pieces += await run(clock.now(), 500);
    if (pieces === 0) return;
  }
  throw new BenchFailure('The work of payments does not end.', 1);
}

async function inLanes<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = items.values();
  const lane = async (): Promise<void> => {
    for (const item of waiting) await work(item);
  };
  await Promise.all(Array.from({ length: width }, lane));
}
