import { apiKeyPattern, Authenticator, formatApiKey, LastUse, parseApiKey } from '#organizations';
import { startTestApp, type TestApp } from '../support/app.js';

const viewer = '{ viewer { organization { id name } user { email } roles permissions mode } }';
interface ViewerAnswer {
  readonly viewer: {
    readonly organization: { readonly id: string; readonly name: string };
    readonly user: { readonly email: string } | null;
    readonly roles: readonly string[];
    readonly permissions: readonly string[];
    readonly mode: string;
  };
}

const createKey = `mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) {
  token replayed apiKey { id publicId name roles scopes expiresAt revokedAt organization { id } user { id } }
  userErrors { code field message } } }`;
interface UserErrors {
  readonly userErrors: readonly { readonly code: string; readonly field: readonly string[] | null }[];
}
interface CreateKeyAnswer {
  readonly createApiKey: UserErrors & {
    readonly token: string | null;
    readonly replayed: boolean;
    readonly apiKey: { readonly id: string; readonly publicId: string } | null;
  };
}

let app: TestApp;
let sequence = 0;
const nextKey = () => `key-${(sequence += 1)}`;

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(async () => {
  await app.stop();
});

async function newKey(maker: string, input: object = {}): Promise<{ token: string; id: string }> {
  const wanted = { name: 'more', roles: ['API_CLIENT'], idempotencyKey: nextKey(), ...input };
  const { createApiKey } = await app.ask<CreateKeyAnswer>(maker, createKey, { input: wanted });
  expect(createApiKey.userErrors).toEqual([]);
  return { token: createApiKey.token ?? '', id: createApiKey.apiKey?.id ?? '' };
}

async function statusOf(token: string): Promise<number> {
  return (await app.gql(token, viewer)).status;
}

describe('authentication', () => {
  it('says who a key is', async () => {
    const { viewer: agency } = await app.ask<ViewerAnswer>(app.keys.agency, viewer);
    expect(agency).toMatchObject({
      organization: { id: app.organizations.agency.id },
      user: null,
      roles: ['OWNER', 'API_CLIENT'],
      mode: 'LIVE',
    });
    expect(agency.permissions).toContain('leads:submit');
    expect(agency.permissions).not.toContain('outcomes:report');
    const { viewer: approver } = await app.ask<ViewerAnswer>(app.keys.approver, viewer);
    expect(approver).toMatchObject({
      user: { email: 'approver@operator.example' },
      roles: ['FINANCE_APPROVER'],
    });
  });

  it('answers 401 without a key', async () => {
    const { status, errors, headers } = await app.gql(null, viewer);
    expect(status).toBe(401);
    expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
    expect(headers.get('www-authenticate')).toBe('Bearer');
  });

  it('needs no key for introspection in the sandbox', async () => {
    const { status, errors } = await app.gql(null, '{ __schema { queryType { name } } }');
    expect({ status, errors }).toEqual({ status: 200, errors: undefined });
  });

  it('answers the same 401 to every kind of bad key', async () => {
    const good = await newKey(app.keys.agency);
    const other = good.token.at(-1) === '0' ? '1' : '0';
    const unknown = 'ldg_live_000000000000_';
    const bad = {
      garbage: 'garbage',
      'of another product': 'sk_live_51HxUnknown',
      'with a wrong checksum': good.token.slice(0, -1) + other,
      unknown: unknown + good.token.slice(unknown.length),
      'of the other mode': good.token.replace('ldg_live_', 'ldg_test_'),
      'cut off': good.token.slice(0, -1),
      empty: '',
    };
    for (const [name, token] of Object.entries(bad)) {
      const { status, errors, data } = await app.gql(token, viewer);
      expect({
        name,
        status,
        code: errors?.[0]?.extensions.code,
        message: errors?.[0]?.message,
        data,
      }).toEqual({
        name,
        status: 401,
        code: 'UNAUTHENTICATED',
        message: 'A valid API key is required.',
        data: undefined,
      });
    }
    expect(await statusOf(good.token)).toBe(200);
  });

  it('refuses a right id with the secret of another key, and a right secret under the other mode', async () => {
    const [one, two] = [await newKey(app.keys.agency), await newKey(app.keys.agency)];
    const [a, b] = [parseApiKey(one.token), parseApiKey(two.token)];
    expect(await statusOf(one.token)).toBe(200);
    if (!a || !b) throw new Error('a key that cannot be parsed');
    expect(await statusOf(formatApiKey({ ...a, secret: b.secret }))).toBe(401);
    expect(await statusOf(formatApiKey({ ...a, mode: 'test' }))).toBe(401);
    expect(await statusOf(one.token)).toBe(200);
  });

  it('takes a key from the header alone', async () => {
    const query = `query=${encodeURIComponent(viewer)}&access_token=${app.keys.agency}`;
    const response = await fetch(`${app.url}/graphql?${query}`);
    expect(response.status).toBe(401);
  });

  it('forgets the keys of a disabled person', async () => {
    expect(await statusOf(app.keys.auditor)).toBe(200);
    await app.database.query('update users set disabled_at = now() where id = $1', [app.users.auditor.uuid]);
    // What a second does otherwise.
    app.nest.get(Authenticator).forget(parseApiKey(app.keys.auditor)?.publicId ?? '');
    expect(await statusOf(app.keys.auditor)).toBe(401);
  });

  it('keeps neither a key nor its secret', async () => {
    const { token } = await newKey(app.keys.agency);
    const [row] = await app.database.query<{ text: string }>(
      `select string_agg(k::text, '') || (select string_agg(i::text, '') from idempotency_keys i) as text from api_keys k`,
    );
    expect(apiKeyPattern.test(token)).toBe(true);
    expect(row?.text).not.toContain(token.split('_')[3]);
  });

  it('shows when a key was used last', async () => {
    const { token, id } = await newKey(app.keys.agency);
    await statusOf(token);
    await app.nest.get(LastUse).settled();
    const { node } = await app.ask<{ node: { lastUsedAt: string } }>(
      app.keys.agency,
      'query ($id: ID!) { node(id: $id) { ... on ApiKey { lastUsedAt } } }',
      { id },
    );
    expect(Math.abs(Date.parse(node.lastUsedAt) - app.now().getTime())).toBeLessThan(10_000);
  });
});

describe('the life of a key', () => {
  const revoke = `mutation ($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) {
    replayed apiKey { revokedAt } userErrors { code field } } }`;
  const rotate = `mutation ($input: RotateApiKeyInput!) { rotateApiKey(input: $input) {
    token replayed apiKey { id expiresAt } oldApiKey { id expiresAt } userErrors { code field } } }`;
  type Ended = Record<
    'revokeApiKey' | 'rotateApiKey',
    UserErrors & { token: string; replayed: boolean; oldApiKey: { expiresAt: string } }
  >;

  it('ends at once when it is revoked, once', async () => {
    const { token, id } = await newKey(app.keys.agency);
    expect(await statusOf(token)).toBe(200);
    const input = { keyId: id, idempotencyKey: nextKey() };
    const first = await app.ask<Ended>(app.keys.agency, revoke, { input });
    expect(first.revokeApiKey).toMatchObject({ replayed: false, userErrors: [] });
    expect(await statusOf(token)).toBe(401);
    const again = await app.ask<Ended>(app.keys.agency, revoke, { input });
    expect(again.revokeApiKey).toMatchObject({ replayed: true, userErrors: [] });
    const anew = await app.ask<Ended>(app.keys.agency, revoke, {
      input: { ...input, idempotencyKey: nextKey() },
    });
    expect(anew.revokeApiKey.userErrors).toMatchObject([
      { code: 'ILLEGAL_TRANSITION', field: ['input', 'keyId'] },
    ]);
  });

  it('ends when it expires', async () => {
    const { token } = await newKey(app.keys.agency, {
      expiresAt: new Date(app.now().getTime() + 3_600_000).toISOString(),
    });
    expect(await statusOf(token)).toBe(200);
    await app.advanceClock(new Date(app.now().getTime() + 3_599_000));
    expect(await statusOf(token)).toBe(200);
    await app.advanceClock(new Date(app.now().getTime() + 2_000));
    expect(await statusOf(token)).toBe(401);
  });

  it('overlaps with the key that replaces it', async () => {
    const { token, id } = await newKey(app.keys.agency);
    const input = { keyId: id, overlapHours: 2, idempotencyKey: nextKey() };
    const { rotateApiKey } = await app.ask<Ended>(app.keys.agency, rotate, { input });
    expect(rotateApiKey.userErrors).toEqual([]);
    expect([await statusOf(token), await statusOf(rotateApiKey.token)]).toEqual([200, 200]);
    const replay = await app.ask<Ended>(app.keys.agency, rotate, { input });
    expect(replay.rotateApiKey).toMatchObject({ replayed: true, token: null });
    await app.advanceClock(new Date(app.now().getTime() + 7_200_000));
    expect([await statusOf(token), await statusOf(rotateApiKey.token)]).toEqual([401, 200]);
  });

  it('ends at once when it is rotated without an overlap', async () => {
    const { token, id } = await newKey(app.keys.agency);
    expect(await statusOf(token)).toBe(200);
    const input = { keyId: id, overlapHours: 0, idempotencyKey: nextKey() };
    const { rotateApiKey } = await app.ask<Ended>(app.keys.agency, rotate, { input });
    expect([await statusOf(token), await statusOf(rotateApiKey.token)]).toEqual([401, 200]);
  });

  it('is out of reach for others, who cannot tell it from one that is missing', async () => {
    const { token, id } = await newKey(app.keys.agency);
    for (const keyId of [id, `key_${'0'.repeat(26)}`, 'nonsense']) {
      for (const [name, mutation] of Object.entries({ revokeApiKey: revoke, rotateApiKey: rotate })) {
        const input = {
          keyId,
          idempotencyKey: nextKey(),
          ...(name === 'rotateApiKey' ? { overlapHours: 1 } : {}),
        };
        const answer = await app.ask<Ended>(app.keys.otherAgency, mutation, { input });
        expect(answer[name as keyof Ended].userErrors).toMatchObject([
          { code: 'NOT_FOUND', field: ['input', 'keyId'] },
        ]);
      }
      const node = await app.ask(app.keys.otherAgency, 'query ($id: ID!) { node(id: $id) { id } }', {
        id: keyId,
      });
      expect(node).toEqual({ node: null });
    }
    expect(await statusOf(token)).toBe(200);
  });
});

describe('making keys', () => {
  it('makes one for twenty identical requests at once, and shows its token once', async () => {
    const input = { name: 'twenty', roles: ['API_CLIENT'], idempotencyKey: nextKey() };
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => app.ask<CreateKeyAnswer>(app.keys.buyer, createKey, { input })),
    );
    const made = answers.map(({ createApiKey }) => createApiKey);
    expect(new Set(made.map(({ apiKey }) => apiKey?.id)).size).toBe(1);
    expect(made.filter(({ token }) => token !== null)).toHaveLength(1);
    expect(made.filter(({ replayed }) => !replayed)).toHaveLength(1);
    const rows = await app.database.query(`select 1 from api_keys where name = 'twenty'`);
    expect(rows).toHaveLength(1);
    const other = await app.ask<CreateKeyAnswer>(app.keys.buyer, createKey, {
      input: { ...input, name: 'other' },
    });
    expect(other.createApiKey.userErrors).toMatchObject([{ code: 'IDEMPOTENCY_KEY_REUSED' }]);
  });

  it.each([
    [
      'a finance role outside the operator',
      'agency',
      { roles: ['FINANCE_PREPARER'] },
      'INVALID_VALUE',
      'roles',
    ],
    ['a finance role without a person', 'admin', { roles: ['FINANCE_APPROVER'] }, 'NOT_PERMITTED', 'roles'],
    ['no role', 'agency', { roles: [] }, 'REQUIRED', 'roles'],
    [
      'a permission that the role lacks',
      'agency',
      { scopes: ['outcomes:report'] },
      'INVALID_VALUE',
      'scopes',
    ],
    ['no permission', 'agency', { scopes: [] }, 'REQUIRED', 'scopes'],
    ['an unknown permission', 'agency', { scopes: ['everything'] }, 'INVALID_VALUE', 'scopes'],
    ['an empty name', 'agency', { name: '  ' }, 'REQUIRED', 'name'],
    ['a name with NUL', 'agency', { name: 'a\u0000b' }, 'INVALID_VALUE', 'name'],
    ['an expiry in the past', 'agency', { expiresAt: '2020-01-01T00:00:00Z' }, 'INVALID_VALUE', 'expiresAt'],
    [
      'an idempotency key with spaces',
      'agency',
      { idempotencyKey: 'a b' },
      'INVALID_VALUE',
      'idempotencyKey',
    ],
  ] as const)('refuses %s', async (_what, maker, input, code, field) => {
    const wanted = { name: 'refused', roles: ['API_CLIENT'], idempotencyKey: nextKey(), ...input };
    const { createApiKey } = await app.ask<CreateKeyAnswer>(app.keys[maker], createKey, { input: wanted });
    expect(createApiKey).toMatchObject({
      token: null,
      apiKey: null,
      userErrors: [{ code, field: ['input', field] }],
    });
  });

  it('refuses an organization of somebody else like one that is missing', async () => {
    for (const organizationId of [app.organizations.buyer.id, `org_${'0'.repeat(26)}`, 'nonsense']) {
      const input = { name: 'x', roles: ['API_CLIENT'], organizationId, idempotencyKey: nextKey() };
      const { createApiKey } = await app.ask<CreateKeyAnswer>(app.keys.agency, createKey, { input });
      expect(createApiKey.userErrors).toMatchObject([
        { code: 'NOT_FOUND', field: ['input', 'organizationId'] },
      ]);
    }
  });

  it('lets nobody make a key that acts as somebody else', async () => {
    const input = {
      name: 'x',
      roles: ['FINANCE_APPROVER'],
      userId: app.users.approver.id,
      idempotencyKey: nextKey(),
    };
    const { createApiKey } = await app.ask<CreateKeyAnswer>(app.keys.admin, createKey, { input });
    expect(createApiKey.userErrors).toMatchObject([{ code: 'NOT_PERMITTED', field: ['input', 'userId'] }]);
  });

  it('lets a limited key grant no more than it may', async () => {
    const scopes = ['keys:manage', 'leads:read'];
    const { token } = await newKey(app.keys.agency, { roles: ['ADMIN'], scopes });
    const { viewer: limited } = await app.ask<ViewerAnswer>(token, viewer);
    expect(limited.permissions).toEqual(scopes);
    const input = { name: 'x', roles: ['ADMIN'], idempotencyKey: nextKey() };
    const { createApiKey } = await app.ask<CreateKeyAnswer>(token, createKey, { input });
    expect(createApiKey.userErrors).toMatchObject([{ code: 'NOT_PERMITTED', field: ['input', 'roles'] }]);
    const narrower = await newKey(token, { roles: ['ADMIN'], scopes: ['leads:read'] });
    expect(await statusOf(narrower.token)).toBe(200);
  });

  it('lets the operator set up the keys of others', async () => {
    const { token } = await newKey(app.keys.admin, { organizationId: app.organizations.otherBuyer.id });
    const { viewer: made } = await app.ask<ViewerAnswer>(token, viewer);
    expect(made.organization.id).toBe(app.organizations.otherBuyer.id);
  });
});
