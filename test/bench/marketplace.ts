import type { ApprovalPolicy } from '#approvals';
import { Global, type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type Clock, SystemClock } from '#calendar';
import { AcceptContract, ContractsModule, ProposeContract, type RawTerms } from '#contracts';
import { createDataSource, Database, DatabaseModule, migrate } from '#database';
import { LedgerModule, runInvariants } from '#ledger';
import { migrations } from '#migrations';
import {
  type Actor,
  CreateApiKey,
  CreateOrganization,
  CreateUser,
  type OrganizationKind,
  OrganizationsModule,
  type Role,
  systemActor,
} from '#organizations';
import type { Outcome } from '#outcome';
import { DefineRoute, type RawRoute, RoutingModule } from '#routing';
import { bookInvariants, SettlementsModule } from '#settlements';
import { DefineVertical, PublishLeadSchema, type RawSchema, VerticalsModule } from '#verticals';
import { rows } from '../../apps/process/src/rows.js';
import { BenchFailure } from './host.js';

/** Says what the bench tells it to, so that a period can lie in the past; without that, the machine's time. */
export class BenchClock implements Clock {
  private readonly system = new SystemClock();
  private fixed: Date | undefined;

  set(instant: Date | undefined): void {
    this.fixed = instant;
  }

  now(): Date {
    return this.fixed ?? this.system.now();
  }
}

const policy: ApprovalPolicy = { twoApproversAbove: '10000.00' };

@Global()
@Module({
  providers: [
    { provide: 'Clock', useClass: BenchClock },
    { provide: 'Config', useValue: policy },
  ],
  exports: ['Clock', 'Config'],
})
class BenchProcessModule {}

@Module({})
class BenchModule {}

/** The product's own actions on one database. Close it when done. */
export async function openProduct(url: string): Promise<INestApplicationContext> {
  const database = DatabaseModule.connect({ url, rows, poolSize: 2, applicationName: 'leadger-bench' });
  const imports = [
    database,
    BenchProcessModule,
    OrganizationsModule,
    ContractsModule,
    RoutingModule,
    VerticalsModule,
    SettlementsModule,
    LedgerModule,
  ];
  return await NestFactory.createApplicationContext(
    { module: BenchModule, imports },
    { logger: ['error', 'warn'], abortOnError: false },
  );
}

/** Applies every migration. */
export async function migrateDatabase(url: string): Promise<void> {
  const dataSource = await createDataSource({ url, migrations }).initialize();
  await migrate(dataSource);
  await dataSource.destroy();
}

/** The value of an outcome that cannot be refused here. Throws for a refusal. */
export function valueOf<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  const said = outcome.refusals.map(({ code, message }) => `${code} ${message}`).join(' ');
  throw new BenchFailure(`The product refused what the bench asked for: ${said}`, 1);
}

const setUp = systemActor('bench');
let nextKey = 0;
const idempotencyKey = () => `bench-${(nextKey += 1)}`;

export async function addOrganization(
  product: INestApplicationContext,
  kind: OrganizationKind,
  name: string,
): Promise<Actor> {
  const create = product.get(CreateOrganization, { strict: false });
  const { organizationId } = valueOf(
    await create.execute(setUp, { kind, name, idempotencyKey: idempotencyKey() }),
  );
  return { ...setUp, id: `key:${organizationId}`, kind, organizationId, roles: ['API_CLIENT'] };
}

export async function addPerson(
  product: INestApplicationContext,
  organization: Actor,
  name: string,
  role: Role,
): Promise<Actor> {
  const create = product.get(CreateUser, { strict: false });
  const { userId } = valueOf(
    await create.execute(setUp, {
      organizationId: organization.organizationId,
      email: `${name}@bench.example`,
      name,
      password: `${name}-has-a-long-password`,
      roles: [role],
      idempotencyKey: idempotencyKey(),
    }),
  );
  return { ...organization, id: `user:${userId}`, userId, roles: [role] };
}

/** A live key of a machine, by default one that may submit leads, as its holder keeps it. */
export async function addApiKey(
  product: INestApplicationContext,
  organization: Actor,
  role: Role = 'API_CLIENT',
): Promise<string> {
  const create = product.get(CreateApiKey, { strict: false });
  const { token } = valueOf(
    await create.execute(setUp, {
      organizationId: organization.organizationId,
      userId: null,
      name: 'bench',
      mode: 'live',
      roles: [role],
      scopes: null,
      expiresAt: null,
      idempotencyKey: idempotencyKey(),
    }),
  );
  if (token === null) throw new BenchFailure('A new API key has no token.', 1);
  return token;
}

/** The terms of the worked example: 10.00 for every lead and 20 % of that for every qualified one. */
export const benchTerms: RawTerms = {
  baseRate: { amount: '10.00', currency: 'USD' },
  commissionBasis: 'PER_LEAD',
  commissionRatePpm: 200_000,
  commissionTrigger: 'QUALIFIED',
  timeZone: 'America/New_York',
  settlementSchedule: 'MONTHLY',
};
export const benchVertical = 'solar';

/** A contract that the agency proposes and the buyer accepts; gives its uuid. */
export async function addContract(
  product: INestApplicationContext,
  { agency, buyer, terms }: { readonly agency: Actor; readonly buyer: Actor; readonly terms: RawTerms },
): Promise<string> {
  const { contractId } = valueOf(
    await product.get(ProposeContract, { strict: false }).execute(agency, {
      agencyId: agency.organizationId,
      buyerId: buyer.organizationId,
      vertical: benchVertical,
      terms,
      idempotencyKey: idempotencyKey(),
    }),
  );
  const answer = { contractId, version: 1, idempotencyKey: idempotencyKey() };
  valueOf(await product.get(AcceptContract, { strict: false }).execute(buyer, answer));
  return contractId;
}

const benchSchema: RawSchema = {
  attributes: [
    { key: 'roof', type: 'TEXT', label: 'Roof' },
    { key: 'monthlyBill', type: 'DECIMAL', label: 'Energy bill of a month', min: '0' },
    { key: 'owner', type: 'BOOLEAN', required: true, label: 'Owns the home' },
  ],
  requiredContact: ['PHONE', 'POSTAL_CODE'],
  consentRequired: true,
};

/** The vertical of the bench, with a schema that its leads are checked by. */
export async function addVertical(product: INestApplicationContext): Promise<void> {
  const vertical = {
    key: benchVertical,
    name: 'Solar',
    defaultCountry: 'US',
    idempotencyKey: idempotencyKey(),
  };
  valueOf(await product.get(DefineVertical, { strict: false }).execute(setUp, vertical));
  const schema = { vertical: benchVertical, schema: benchSchema, idempotencyKey: idempotencyKey() };
  valueOf(await product.get(PublishLeadSchema, { strict: false }).execute(setUp, schema));
}

/**
 * The agency's default route over all these contracts, each with what a buyer asks for in earnest, caps by day and by
 * month in leads and in money; none of it stops a lead of the bench.
 */
export async function addRoute(
  product: INestApplicationContext,
  agency: Actor,
  contractIds: readonly string[],
): Promise<void> {
  const route: RawRoute = {
    name: 'main',
    vertical: benchVertical,
    method: 'WEIGHTED',
    saleMode: 'EXCLUSIVE',
    entries: contractIds.map((contractId, index) => ({
      contractId,
      weight: 1 + (index % 3),
      rules: [{ is: 'EQ', attribute: 'owner', value: 'true' }],
      geography: { only: [{ country: 'US', postalPrefixes: ['0', '1', '2', '3'] }] },
      caps: [
        { unit: 'DAY', leads: 10_000_000 },
        { unit: 'MONTH', amount: { amount: '100000000.00', currency: 'USD' } },
      ],
      minScore: 50,
    })),
  };
  valueOf(
    await product
      .get(DefineRoute, { strict: false })
      .execute(agency, { route, idempotencyKey: idempotencyKey() }),
  );
}

/**
 * Every invariant of the books that does not hold, as lines for a person; the runner is that of
 * `leadger verify-ledger`.
 */
export async function brokenInvariants(product: INestApplicationContext): Promise<readonly string[]> {
  const results = await runInvariants(product.get(Database, { strict: false }), bookInvariants);
  return results
    .filter(({ holds }) => !holds)
    .map(({ name, title, violations, examples }) => `${name} ${title}: ${violations} × ${examples[0] ?? ''}`);
}
