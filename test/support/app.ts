/**
 * The API in this process, on a database of its own: `const app = await startTestApp()`, then `app.gql(app.keys.agency,
 * query, variables)`. Nothing is mocked; requests go over HTTP. Stop it in afterAll.
 */
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Clock } from '#calendar';
import { type Config, loadConfig } from '#config';
import { Database, newId } from '#database';
import { runInvariants } from '#ledger';
import {
  CreateApiKey,
  CreateOrganization,
  CreateUser,
  LastUse,
  type OrganizationKind,
  type Role,
  systemActor,
} from '#organizations';
import type { Outcome } from '#outcome';
import { createApp, stopApp } from '../../apps/api/src/create-app.js';
import { allInvariants } from '../../apps/process/src/all-invariants.js';
import { createLog, type Log } from '../../apps/process/src/log.js';
import { encodeId } from '../../apps/process/src/public-ids.js';
import { StripeSandboxControl } from '../../apps/process/src/stripe-sandbox.js';
import { createTestDatabase, type TestDatabase } from './database.js';
import { type Sandbox, startStripeSandbox } from './stripe-sandbox.js';

/** Public typed id, and the UUID behind it for looking into tables. */
export interface TestId {
  readonly id: string;
  readonly uuid: string;
}

export interface TestPerson extends TestId {
  readonly email: string;
  readonly password: string;
}

const testMasterKey = 'YS1tYXN0ZXIta2V5LW9mLXRlc3RzLW5vdC1zZWNyZXQ=';

const organizationKinds = {
  agency: 'AGENCY',
  otherAgency: 'AGENCY',
  buyer: 'BUYER',
  otherBuyer: 'BUYER',
  operator: 'OPERATOR',
} as const satisfies Record<string, OrganizationKind>;
export type TestOrganization = keyof typeof organizationKinds;

/** People of the operator, with a key each that acts as them. */
const people = {
  preparer: ['FINANCE_PREPARER'],
  approver: ['FINANCE_APPROVER'],
  /** Both finance roles, to show that one person is still one. */
  controller: ['FINANCE_PREPARER', 'FINANCE_APPROVER'],
  admin: ['ADMIN'],
  auditor: ['AUDITOR'],
} as const satisfies Record<string, readonly Role[]>;
export type TestUser = keyof typeof people;

export type TestKey = Exclude<TestOrganization, 'operator'> | TestUser;

export interface TestError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: { readonly code: string } & Readonly<Record<string, unknown>>;
}

export interface TestAnswer<T> {
  readonly status: number;
  readonly headers: Headers;
  /** Null, whatever T says, when the whole operation failed; check `errors` first. */
  readonly data: T;
  readonly errors: readonly TestError[] | undefined;
}

export interface TestApp {
  readonly nest: NestFastifyApplication;
  /** Where it listens, without a slash at its end. */
  readonly url: string;
  readonly config: Config;
  readonly databaseUrl: string;
  readonly database: Database;
  /** Stripe, in place of which a sandbox in this process stands; null unless it was asked for. */
  readonly stripe: Sandbox | null;
  readonly organizations: Readonly<Record<TestOrganization, TestId>>;
  readonly users: Readonly<Record<TestUser, TestPerson>>;
  /** Keys of the organizations (roles OWNER and API_CLIENT) and of the operator's people. */
  readonly keys: Readonly<Record<TestKey, string>>;
  /** Sends one operation; without a key for null. */
  gql<T>(key: string | null, query: string, variables?: object): Promise<TestAnswer<T>>;
  /** The same for what must work: throws when there are top-level errors. */
  ask<T>(key: string | null, query: string, variables?: object): Promise<T>;
  /** Advances the sandbox clock through the API, which does what falls due. */
  advanceClock(to: Date | string): Promise<Date>;
  now(): Date;
  /** Runs every invariant of the books; throws with names and examples when one is broken. */
  verifyInvariants(): Promise<void>;
  stop(): Promise<void>;
}

export interface TestAppOptions {
  /** Over the settings of a sandbox with no output. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly log?: Log;
  /** With a Stripe sandbox of its own, whose clock follows the app's and whose events are sent to the app. */
  readonly stripe?: boolean;
}

export interface TestAppWithStripe extends TestApp {
  readonly stripe: Sandbox;
}

export async function startTestApp(
  options: TestAppOptions & { readonly stripe: true },
): Promise<TestAppWithStripe>;
export async function startTestApp(options?: TestAppOptions): Promise<TestApp>;
export async function startTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const { database: seededDatabase, ...seeded } = await (beginning ??= begin());
  const testDatabase = await createTestDatabase(seededDatabase);
  const stripe = options.stripe === true ? await startStripeSandbox() : null;
  const config = loadConfig({
    DATABASE_URL: testDatabase.url,
    LEADGER_LOG_LEVEL: 'error',
    LEADGER_POOL_SIZE: '4',
    ...(stripe && { LEADGER_STRIPE_SANDBOX_URL: stripe.url }),
    // Production does not start without one; the sandbox has one that everybody knows.
    ...(options.environment?.['LEADGER_MODE'] === 'production' && { LEADGER_MASTER_KEY: testMasterKey }),
    ...options.environment,
  });
  const nest = await createApp(config, options.log ?? createLog(config.logLevel));
  // A real socket: Fastify's inject() needs a module that Jest cannot load below Node 24.9.
  await nest.listen({ host: '127.0.0.1', port: 0 });
  const url = await nest.getUrl();
  if (stripe) await sendEventsTo(url, stripe, config);
  const database = nest.get(Database);
  const gql = async <T>(key: string | null, query: string, variables: object = {}): Promise<TestAnswer<T>> =>
    send<T>(url, key, { query, variables });
  const ask = async <T>(key: string | null, query: string, variables: object = {}): Promise<T> => {
    const { data, errors } = await gql<T>(key, query, variables);
    if (errors)
      throw new Error(errors.map(({ message, extensions }) => `${extensions.code}: ${message}`).join('\n'));
    return data;
  };
  return {
    nest,
    url,
    config,
    databaseUrl: testDatabase.url,
    database,
    stripe,
    ...seeded,
    gql,
    ask,
    advanceClock: (to) => advanceClock(ask, seeded.keys.admin, to),
    now: () => nest.get<Clock>('Clock').now(),
    verifyInvariants: () => verifyInvariants(database),
    stop: async () => {
      // First: an event that is on its way still finds the app there.
      await stripe?.stop();
      await nest.get(LastUse).settled();
      await stopApp(nest, { drain: false });
      await testDatabase.drop();
    },
  };
}

type Seeded = Pick<TestApp, 'organizations' | 'users' | 'keys'>;

/** What every app of this process begins with: making it anew would take longer than starting the app. */
let beginning: Promise<Seeded & { readonly database: TestDatabase }> | undefined;

async function begin(): Promise<Seeded & { readonly database: TestDatabase }> {
  const database = await createTestDatabase();
  const config = loadConfig({ DATABASE_URL: database.url, LEADGER_LOG_LEVEL: 'error' });
  const nest = await createApp(config, createLog(config.logLevel));
  await nest.init();
  const seeded = await seed(nest);
  await stopApp(nest, { drain: false });
  return { ...seeded, database };
}

async function sendEventsTo(url: string, stripe: Sandbox, config: Config): Promise<void> {
  const secret = config.stripe?.webhookSecrets[0] ?? '';
  await new StripeSandboxControl(stripe.url).registerWebhooks({ url: `${url}/stripe/webhooks`, secret });
}

async function send<T>(url: string, key: string | null, payload: object): Promise<TestAnswer<T>> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
    },
    body: JSON.stringify(payload),
  });
  const body = (await response.json()) as { data: T; errors?: readonly TestError[] };
  return { status: response.status, headers: response.headers, data: body.data, errors: body.errors };
}

async function advanceClock(ask: TestApp['ask'], key: string, to: Date | string): Promise<Date> {
  const { advanceSandboxClock } = await ask<{
    advanceSandboxClock: { now: string; userErrors: { code: string; message: string }[] };
  }>(
    key,
    'mutation ($to: DateTime!) { advanceSandboxClock(input: { to: $to }) { now userErrors { code message } } }',
    {
      to: to instanceof Date ? to.toISOString() : to,
    },
  );
  const [refused] = advanceSandboxClock.userErrors;
  if (refused) throw new Error(`${refused.code}: ${refused.message}`);
  return new Date(advanceSandboxClock.now);
}

async function verifyInvariants(database: Database): Promise<void> {
  const broken = (await runInvariants(database, allInvariants)).filter(({ holds }) => !holds);
  if (broken.length === 0) return;
  const lines = broken.map(({ name, title, examples }) => `${name} ${title}\n  ${examples.join('\n  ')}`);
  throw new Error(`Broken invariants:\n${lines.join('\n')}`);
}

async function seed(nest: NestFastifyApplication): Promise<Seeded> {
  const actor = systemActor('test');
  const createKey = async (of: { organizationId: string; userId: string | null; roles: readonly Role[] }) => {
    const input = {
      ...of,
      name: 'test',
      mode: 'live',
      scopes: null,
      expiresAt: null,
      idempotencyKey: newId(),
    } as const;
    const { token } = made(await nest.get(CreateApiKey).execute(actor, input));
    if (token === null) throw new Error('a new key without its token');
    return token;
  };
  const organizations: Record<string, TestId> = {};
  const users: Record<string, TestPerson> = {};
  const keys: Record<string, string> = {};
  for (const [name, kind] of Object.entries(organizationKinds)) {
    const input = { kind, name: `The ${name}`, idempotencyKey: newId() };
    const { organizationId } = made(await nest.get(CreateOrganization).execute(actor, input));
    organizations[name] = { id: encodeId('org', organizationId), uuid: organizationId };
    if (kind === 'OPERATOR') continue;
    keys[name] = await createKey({ organizationId, userId: null, roles: ['OWNER', 'API_CLIENT'] });
  }
  const organizationId = organizations['operator']?.uuid ?? '';
  for (const [name, roles] of Object.entries(people)) {
    const login = { email: `${name}@operator.example`, password: `the ${name}'s password` };
    const input = { ...login, organizationId, name, roles, idempotencyKey: newId() };
    const { userId } = made(await nest.get(CreateUser).execute(actor, input));
    users[name] = { ...login, id: encodeId('user', userId), uuid: userId };
    keys[name] = await createKey({ organizationId, userId, roles });
  }
  return { organizations, users, keys } as Seeded;
}

function made<T>(outcome: Outcome<T>): T {
  if (!outcome.ok)
    throw new Error(outcome.refusals.map(({ code, message }) => `${code}: ${message}`).join('\n'));
  return outcome.value;
}
