import { GraphQLSchemaHost } from '@nestjs/graphql';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { Readiness } from '../../apps/api/src/health/readiness.js';
import { graphqlSchema } from '../../apps/api/src/print-schema.js';
import { databaseSchema } from '../../apps/cli/src/database-schema.js';
import { startTestApp, type TestApp } from '../support/app.js';

describe('the API process', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(async () => {
    await app.stop();
  });

  it('prints the schema that it serves', async () => {
    const served = printSchema(lexicographicSortSchema(app.nest.get(GraphQLSchemaHost).schema));
    const printed = await graphqlSchema();
    expect(printed.slice(printed.indexOf('\n\n') + 2).trim()).toBe(served.trim());
  });

  it('prints the tables that it works on', async () => {
    const printed = await databaseSchema({ databaseUrl: app.databaseUrl });
    expect(printed).toContain('create table api_keys (\n  id uuid not null,');
    expect(printed).toContain('constraint api_keys_public_id_key UNIQUE (public_id)');
    expect(printed).toContain('CREATE TRIGGER');
    expect(printed).not.toContain('create table migrations');
    expect(await databaseSchema({ databaseUrl: app.databaseUrl })).toBe(printed);
  });

  it('writes down who did what, in a trail that cannot be changed', async () => {
    const [entry] = await app.database.query<{ actor: string; action: string; after_hash: Buffer }>(
      `select actor, action, after_hash from audit_entries where action = 'user.create' limit 1`,
    );
    expect(entry).toMatchObject({ actor: 'system:test', action: 'user.create' });
    expect(entry?.after_hash).toHaveLength(32);
    await expect(app.database.query(`update audit_entries set actor = 'nobody'`)).rejects.toThrow();
    await expect(app.database.query('delete from audit_entries')).rejects.toThrow();
  });

  it('refuses input with its path, and never repeats the value', async () => {
    const { status, data, errors } = await app.gql<{ createApiKey: unknown }>(
      app.keys.agency,
      `mutation { createApiKey(input: { name: "${'n'.repeat(1_001)}", roles: [API_CLIENT, API_CLIENT], idempotencyKey: "k" }) {
         token replayed userErrors { code field message } } }`,
    );
    expect({ status, errors }).toEqual({ status: 200, errors: undefined });
    expect(data.createApiKey).toMatchObject({
      token: null,
      replayed: false,
      userErrors: [
        { code: 'INVALID_VALUE', field: ['input', 'name'] },
        { code: 'INVALID_VALUE', field: ['input', 'roles'] },
      ],
    });
    expect(JSON.stringify(data)).not.toContain('nnnn');
  });

  it('is live, and ready until it is asked to stop', async () => {
    const statusOf = async (what: string) => (await fetch(`${app.url}/health/${what}`)).status;
    expect([await statusOf('live'), await statusOf('ready')]).toEqual([200, 200]);
    app.nest.get(Readiness).stop();
    expect([await statusOf('live'), await statusOf('ready')]).toEqual([200, 503]);
  });
});
