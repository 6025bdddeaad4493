import { newId } from '#database';
import {
  CreateApiKey,
  CreateUser,
  type OrganizationKind,
  permissions,
  permissionsOf,
  type Role,
  rolesOfKind,
  systemActor,
} from '#organizations';
import type { Outcome } from '#outcome';
import { startTestApp, type TestApp, type TestOrganization } from '../support/app.js';
import { leastCall, type RootField, rootFields } from '../support/gql-schema.js';

const kinds = { AGENCY: 'agency', BUYER: 'buyer', OPERATOR: 'operator' } as const satisfies Record<
  OrganizationKind,
  TestOrganization
>;
const cases = (Object.keys(kinds) as OrganizationKind[]).flatMap((kind) =>
  rolesOfKind(kind).map((role) => ({ kind, role })),
);

let app: TestApp;
let fields: RootField[];

beforeAll(async () => {
  app = await startTestApp();
  fields = rootFields(app);
});
afterAll(async () => {
  await app.stop();
});

function made<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.refusals));
  return outcome.value;
}

/** A key with one role; of a person, because some roles are for people only. */
async function keyOf(kind: OrganizationKind, role: Role): Promise<string> {
  const organizationId = app.organizations[kinds[kind]].uuid;
  const name = `${kind} ${role}`.toLowerCase();
  const person = { organizationId, name, email: `${newId()}@people.example`, password: 'a long password' };
  const actor = systemActor('test');
  const user = made(
    await app.nest.get(CreateUser).execute(actor, { ...person, roles: [role], idempotencyKey: newId() }),
  );
  const key = made(
    await app.nest.get(CreateApiKey).execute(actor, {
      organizationId,
      userId: user.userId,
      name,
      mode: 'live',
      roles: [role],
      scopes: null,
      expiresAt: null,
      idempotencyKey: newId(),
    }),
  );
  return key.token ?? '';
}

it('every root field says once what it requires', () => {
  expect(fields.length).toBeGreaterThan(5);
  const known = new Set<unknown>([...permissions, 'authenticated', 'public']);
  const wrong = fields.filter(({ requirements }) => requirements.length !== 1 || !known.has(requirements[0]));
  expect(wrong.map(({ name, requirements }) => ({ name, requirements }))).toEqual([]);
});

it('only what shows the caller, and look-ups by id, need no permission of their own', () => {
  const open = fields.filter(({ requirements: [one] }) => one === 'authenticated' || one === 'public');
  expect(open.map(({ name }) => name).toSorted()).toEqual(['node', 'nodes', 'viewer']);
});

it('every root field is closed without a key', async () => {
  for (const field of fields.filter(({ requirements: [one] }) => one !== 'public')) {
    const { query, variables } = leastCall(field);
    const { status, errors } = await app.gql(null, query, variables);
    expect({ field: field.name, status, code: errors?.[0]?.extensions.code }).toEqual({
      field: field.name,
      status: 401,
      code: 'UNAUTHENTICATED',
    });
  }
});

it.each(cases)(
  '$role of $kind may do what the permission table says, and nothing else',
  async ({ kind, role }) => {
    const key = await keyOf(kind, role);
    const granted = new Set<unknown>([...permissionsOf(kind, [role], null), 'authenticated', 'public']);
    for (const field of fields) {
      const [requirement] = field.requirements;
      const { query, variables } = leastCall(field);
      const { status, errors } = await app.gql(key, query, variables);
      const codes = errors?.map(({ extensions }) => extensions.code) ?? [];
      const allowed = granted.has(requirement);
      expect({ field: field.name, status: status < 500, forbidden: codes.includes('FORBIDDEN') }).toEqual({
        field: field.name,
        status: true,
        forbidden: !allowed,
      });
      expect(codes).not.toContain('INTERNAL');
      expect(codes).not.toContain('GRAPHQL_VALIDATION_FAILED');
      if (!allowed) expect(errors?.[0]?.message).toContain(String(requirement));
    }
  },
);

it('a scope takes away what the role would give', async () => {
  const organizationId = app.organizations.agency.uuid;
  const key = made(
    await app.nest.get(CreateApiKey).execute(systemActor('test'), {
      organizationId,
      userId: null,
      name: 'limited',
      mode: 'live',
      roles: ['OWNER'],
      scopes: ['organizations:read'],
      expiresAt: null,
      idempotencyKey: newId(),
    }),
  );
  for (const field of fields.filter(
    ({ requirements: [one] }) => one !== 'authenticated' && one !== 'public',
  )) {
    const { query, variables } = leastCall(field);
    const { errors } = await app.gql(key.token, query, variables);
    const forbidden = errors?.some(({ extensions }) => extensions.code === 'FORBIDDEN') ?? false;
    expect({ field: field.name, forbidden }).toEqual({
      field: field.name,
      forbidden: field.requirements[0] !== 'organizations:read',
    });
  }
});
