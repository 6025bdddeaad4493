/** Three pairs of agency and buyer with one of everything, made through the public API; two pairs share a side. */
import { newId } from '#database';
import {
  CreateApiKey,
  CreateUser,
  type KeyMode,
  may,
  type OrganizationKind,
  permissions,
  type Role,
  systemActor,
} from '#organizations';
import type { Outcome } from '#outcome';
import { encodeId, type IdPrefix } from '../../apps/api/src/graphql/ids.js';
import { startTestApp, type TestApp, type TestKey, type TestOrganization } from '../support/app.js';
import { buildBilling } from './tenancy-billing.js';
import { billingObjectsSql } from './tenancy-billing-inputs.js';
import { terms } from './tenancy-inputs.js';
import { paymentObjectsSql } from './tenancy-payment-inputs.js';
import { buildPayments } from './tenancy-payments.js';
import { buildPayouts, payoutObjectsSql } from './tenancy-payouts.js';
import { buildHandover } from './tenancy-handover.js';
import { handoverObjectsSql } from './tenancy-handover-inputs.js';
import { offerObjectsSql } from './tenancy-offer-inputs.js';
import { buildOffers, prepareOffers } from './tenancy-offers.js';
import { personObjectsSql } from './tenancy-person-inputs.js';
import { importObjectsSql } from './tenancy-import-inputs.js';
import { buildImports } from './tenancy-imports.js';
import { buildPersons } from './tenancy-persons.js';
import { routeObjectsSql } from './tenancy-route-inputs.js';
import { buildRoutes } from './tenancy-routes.js';
import { webhookObjectsSql } from './tenancy-webhook-inputs.js';
import { buildWebhooks } from './tenancy-webhooks.js';
import { documentOf, fieldNamed, isKeyed } from './tenancy-schema.js';

export const pairs = [
  { agency: 'agency', buyer: 'buyer' },
  { agency: 'agency', buyer: 'otherBuyer' },
  { agency: 'otherAgency', buyer: 'otherBuyer' },
] as const;
type Pair = (typeof pairs)[number];

/** What each agency paid for its leads: shown to nobody else. */
export const secretCost = { agency: '431.37', otherAgency: '597.53' } as const;
export const secretOf = ({ agency, buyer }: Pair): string => `secret-${agency}-${buyer}`.toLowerCase();

/** A sandbox whose limits do not stand in the way of large generated documents. */
export async function startWideApp(): Promise<TestApp> {
  return await startTestApp({
    stripe: true,
    environment: {
      LEADGER_SMTP_URL: 'smtp://127.0.0.1:9',
      LEADGER_MAIL_FROM: 'leads@leadger.example',
      LEADGER_LIMIT_DEPTH: '50',
      LEADGER_LIMIT_TOKENS: '100000',
      LEADGER_LIMIT_COST: '100000000',
      LEADGER_LIMIT_COST_PER_SECOND: '100000000',
    },
  });
}

/** Sends a mutation and returns its payload, refused or not. */
export async function send(
  app: TestApp,
  key: string,
  name: string,
  input: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  const field = fieldNamed(app, name);
  const whole = { input: isKeyed(field) ? { idempotencyKey: newId(), ...input } : input };
  const { answer } = await app.ask<{ answer: Record<string, unknown> }>(
    key,
    documentOf(field, whole, 1),
    whole,
  );
  return answer;
}

/** The same for what must succeed; the id of the object in the payload under that name. */
export async function make(
  app: TestApp,
  key: string,
  name: string,
  input: Record<string, unknown>,
  made = 'contract',
): Promise<string> {
  const payload = await send(app, key, name, input);
  const object = payload[made] as { readonly id?: string } | null | undefined;
  if (!object?.id) throw new Error(`${name}: ${JSON.stringify(payload)}`);
  return object.id;
}

export async function contractOf(app: TestApp, { agency, buyer }: Pair, more: object = {}): Promise<string> {
  const contractId = await make(app, app.keys[agency], 'proposeContract', {
    agencyId: app.organizations[agency].id,
    buyerId: app.organizations[buyer].id,
    vertical: 'solar',
    terms,
    ...more,
  });
  return await make(app, app.keys[buyer], 'acceptContract', { contractId, version: 1 });
}

let people = 0;

export async function leadOf(
  app: TestApp,
  pair: Pair,
  contractId: string,
  vertical = 'solar',
): Promise<string> {
  const secret = secretOf(pair);
  // A person of its own: one who was had before would be a duplicate.
  const number = (people += 1);
  const input = {
    externalId: newId(),
    vertical,
    contractId,
    contact: {
      email: `${secret}.${number}@example.com`,
      phone: `${secret} ${10_000 + number}`,
      givenName: secret,
      familyName: secret,
    },
    source: { channel: 'search', cost: { amount: secretCost[pair.agency], currency: 'USD' } },
    consent: { text: `${secret} agrees`, ip: '192.0.2.77' },
    attributes: [{ key: 'roof', value: 'flat' }],
  };
  return await make(app, app.keys[pair.agency], 'submitLead', input, 'lead');
}

async function sell(app: TestApp, pair: Pair, contractId: string): Promise<void> {
  const key = app.keys[pair.buyer];
  const [won, staged, returned] = [
    await leadOf(app, pair, contractId),
    await leadOf(app, pair, contractId),
    await leadOf(app, pair, contractId),
  ];
  const amount = { amount: '2000.00', currency: 'USD' };
  await make(app, key, 'reportOutcome', { leadId: won, outcome: { won: { amount } } }, 'deal');
  await make(
    app,
    key,
    'reportOutcome',
    { leadId: staged, outcome: { stage: { stage: 'CONTACTED' } } },
    'lead',
  );
  await make(app, key, 'requestReturn', { leadId: returned, reason: 'FRAUD' }, 'return');
}

interface Closed {
  readonly id: string;
  readonly version: number;
}

/** Ends the day and closes its settlements. */
export async function closeDay(app: TestApp): Promise<readonly Closed[]> {
  const day = app.now().toISOString().slice(0, 10);
  const next = new Date(Date.parse(day) + 86_400_000);
  await app.advanceClock(new Date(next.getTime() + 3_600_000));
  const period = { periodStart: day, periodEnd: next.toISOString().slice(0, 10) };
  const { settlements } = await send(app, app.keys.preparer, 'prepareSettlements', period);
  return settlements as readonly Closed[];
}

export async function approve(app: TestApp, { id, version }: Closed): Promise<void> {
  const submitted = { settlementId: id, expectedVersion: version };
  await make(app, app.keys.preparer, 'submitSettlement', submitted, 'settlement');
  const approved = { settlementId: id, expectedVersion: version + 1 };
  await make(app, app.keys.approver, 'approveSettlement', approved, 'settlement');
}

/** Builds it: an approved, a closed and an open settlement of each pair, and every other kind of object. */
export async function buildWorld(app: TestApp): Promise<void> {
  await prepareOffers(app);
  const contracts = new Map<Pair, string>();
  for (const pair of pairs) contracts.set(pair, await contractOf(app, pair));
  for (const day of ['approved', 'closed', 'open'] as const) {
    for (const [pair, contractId] of contracts) await sell(app, pair, contractId);
    if (day === 'open') break;
    const closed = await closeDay(app);
    if (day === 'approved') for (const each of closed) await approve(app, each);
  }
  for (const [pair, contractId] of contracts) {
    // A version and a contract that wait for their answer.
    await make(app, app.keys[pair.agency], 'proposeContractVersion', { contractId, terms });
    await make(app, app.keys[pair.agency], 'proposeContract', {
      agencyId: app.organizations[pair.agency].id,
      buyerId: app.organizations[pair.buyer].id,
      vertical: 'roofing',
      terms,
    });
  }
  for (const name of ['agency', 'buyer', 'otherAgency', 'otherBuyer'] as const) await staff(app, name);
  await buildPayments(app);
  await buildBilling(app);
  await buildPayouts(app);
  await buildWebhooks(app);
  await buildRoutes(app);
  await buildPersons(app);
  await buildImports(app);
  await buildHandover(app);
  await buildOffers(app);
}

async function staff(app: TestApp, name: Exclude<TestOrganization, 'operator'>): Promise<void> {
  const person = { name: `person of ${name}`, email: `secret-person-${name}@example.com`.toLowerCase() };
  const input = { organizationId: app.organizations[name].id, roles: ['MEMBER'], ...person };
  await make(app, app.keys.admin, 'createUser', { ...input, password: 'a long password' }, 'user');
  const key: TestKey = name;
  await make(
    app,
    app.keys[key],
    'createApiKey',
    { name: `secret key of ${name}`, roles: ['MEMBER'] },
    'apiKey',
  );
}

export interface TestActor {
  readonly kind: OrganizationKind;
  readonly organization: TestOrganization;
  readonly role: Role;
  readonly mode: KeyMode;
  readonly key: string;
}

/** What the permission table lets the actor call, and what is open to every key. */
export function grantsOf({
  kind,
  role,
  mode,
}: Omit<TestActor, 'key' | 'organization'>): ReadonlySet<unknown> {
  const actor = { ...systemActor('test'), kind, roles: [role], mode };
  return new Set([...permissions.filter((permission) => may(actor, permission)), 'authenticated']);
}

/** A key with one role of that organization. Finance roles are for people only, so the operator's belong to one. */
export async function actorOf(app: TestApp, actor: Omit<TestActor, 'key'>): Promise<TestActor> {
  const { kind, organization, role, mode } = actor;
  const organizationId = app.organizations[organization].uuid;
  const system = systemActor('test');
  let userId: string | null = null;
  if (kind === 'OPERATOR') {
    const person = { name: role, email: `${newId()}@people.example`, password: 'a long password' };
    const input = { ...person, organizationId, roles: [role], idempotencyKey: newId() };
    ({ userId } = made(await app.nest.get(CreateUser).execute(system, input)));
  }
  const key = made(
    await app.nest.get(CreateApiKey).execute(system, {
      organizationId,
      userId,
      name: `${organization} ${role} ${mode}`,
      mode,
      roles: [role],
      scopes: null,
      expiresAt: null,
      idempotencyKey: newId(),
    }),
  );
  return { ...actor, key: key.token ?? '' };
}

function made<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.refusals));
  return outcome.value;
}

/** An object of the world, with the organizations that may see it besides the operator, whom everyone sees. */
export interface WorldObject {
  readonly id: string;
  readonly prefix: IdPrefix;
  readonly sides: readonly string[];
  readonly state: string;
}

/** A test key sees test leads and what hangs on them, and the world has none. */
const liveOnly: ReadonlySet<IdPrefix> = new Set<IdPrefix>([
  'lead',
  'dlv',
  'deal',
  'ret',
  'out',
  'evt',
  'imp',
  'off',
  'ping',
]);

const objectsSql = `
  select 'ctr' as prefix, id, array[agency_id, buyer_id] as sides, state from contracts
  union all select 'lead', l.id, array[l.agency_id, d.buyer_id], l.state from leads l
    left join deliveries d on d.agency_id = l.agency_id and d.lead_id = l.id
  union all select 'dlv', id, array[agency_id, buyer_id], state from deliveries
  union all select 'deal', id, array[agency_id, buyer_id], state from deals
  union all select 'ret', id, array[agency_id, buyer_id], state from returns
  union all select 'out', o.id, array[o.agency_id, d.buyer_id], o.kind from outcome_events o
    join deliveries d on d.agency_id = o.agency_id and d.id = o.delivery_id
  union all select 'stl', id, array[agency_id, buyer_id], state from settlements
  union all select 'chg', c.id, array[c.agency_id, s.buyer_id], '' from charges c
    join settlements s on s.agency_id = c.agency_id and s.id = c.settlement_id
  union all select 'jrn', id, array[]::uuid[], '' from journals
  union all select 'key', id, array[organization_id], '' from api_keys
  union all select 'user', id, array[organization_id], '' from users
  union all select 'org', o.id, array[o.id] || array(
      select case when c.agency_id = o.id then c.buyer_id else c.agency_id end from contracts c
      where o.id in (c.agency_id, c.buyer_id))
    || array(select id from organizations where o.kind = 'OPERATOR'), o.kind from organizations o
  union all ${paymentObjectsSql}
  union all ${billingObjectsSql}
  union all ${payoutObjectsSql}
  union all ${webhookObjectsSql}
  union all ${routeObjectsSql}
  union all ${personObjectsSql}
  union all ${importObjectsSql}
  union all ${handoverObjectsSql}
  union all ${offerObjectsSql}
  order by 1, 2`;

/** Everything that has an id, out of the tables. */
export async function objectsOf(app: TestApp): Promise<readonly WorldObject[]> {
  interface Row {
    readonly prefix: IdPrefix;
    readonly id: string;
    readonly sides: readonly string[];
    readonly state: string;
  }
  const rows = await app.database.query<Row>(objectsSql);
  return rows.map(({ id, ...row }) => ({ ...row, id: encodeId(row.prefix, id) }));
}

/** Whether the API shows the object to that organization; the operator runs the marketplace and sees it all. */
export function isVisible({ prefix, sides }: WorldObject, { kind, uuid, mode }: Viewer): boolean {
  if (mode === 'test' && liveOnly.has(prefix)) return false;
  return kind === 'OPERATOR' || sides.includes(uuid);
}

interface Viewer {
  readonly kind: OrganizationKind;
  readonly uuid: string;
  readonly mode?: KeyMode;
}

/** A hash of all rows of each tenant, but for when keys were used. */
export async function fingerprints(app: TestApp): Promise<ReadonlyMap<string, string>> {
  const columns = await app.database.query<{ table: string; column: string }>(
    `select c.table_name as "table", c.column_name as "column" from information_schema.columns c
     join information_schema.tables t using (table_schema, table_name)
     where c.table_schema = 'public' and t.table_type = 'BASE TABLE'
       and (c.column_name in ('agency_id', 'organization_id', 'book_id', 'buyer_id')
         or (c.table_name = 'organizations' and c.column_name = 'id'))`,
  );
  const parts = columns.map(
    ({ table, column }) =>
      `select ${column} as tenant, '${table}' as source, (to_jsonb(t) - 'last_used_at')::text as row from ${table} t`,
  );
  const rows = await app.database.query<{ tenant: string; hash: string }>(
    `select tenant, md5(string_agg(source || row, '' order by source, row)) as hash
     from (${parts.join(' union all ')}) r where tenant is not null group by tenant`,
  );
  return new Map(rows.map(({ tenant, hash }) => [tenant, hash]));
}
