import { GraphQLSchemaHost } from '@nestjs/graphql';
import { isObjectType } from 'graphql';
import { idPrefixes } from '../../apps/api/src/graphql/ids.js';
import { NodeResolverRegistry } from '../../apps/api/src/node/node-registry.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { contractFor } from '../support/gql-contract.js';

const nodes = 'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }';
interface Nodes {
  readonly nodes: readonly ({ readonly __typename: string; readonly id: string } | null)[];
}

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(async () => {
  await app.stop();
});

it('every type with an id is found by it', () => {
  const { schema } = app.nest.get(GraphQLSchemaHost);
  const types = Object.values(schema.getTypeMap()).filter(
    (type) => isObjectType(type) && type.getInterfaces().some(({ name }) => name === 'Node'),
  );
  const prefixes = app.nest.get(NodeResolverRegistry).prefixes;
  expect(prefixes.toSorted()).toEqual(Object.values(idPrefixes).toSorted());
  // Three kinds of organization share a prefix.
  expect(types.length - 2).toBe(prefixes.length);
});

it('finds what the caller may see, in the order of the ids, and nothing else', async () => {
  const { agency, buyer, otherBuyer, operator } = app.organizations;
  const contract = await contractFor(app);
  const ids = [
    buyer.id,
    'nonsense',
    agency.id,
    `lead_${'0'.repeat(26)}`,
    contract,
    otherBuyer.id,
    operator.id,
  ];
  const found = await app.ask<Nodes>(app.keys.agency, nodes, { ids });
  expect(found.nodes).toEqual([
    { __typename: 'Buyer', id: buyer.id },
    null,
    { __typename: 'Agency', id: agency.id },
    null,
    { __typename: 'Contract', id: contract },
    null,
    { __typename: 'Operator', id: operator.id },
  ]);
  const foreign = await app.ask<Nodes>(app.keys.otherAgency, nodes, { ids: [agency.id, contract, buyer.id] });
  expect(foreign.nodes).toEqual([null, null, null]);
  const all = await app.ask<Nodes>(app.keys.admin, nodes, { ids: [otherBuyer.id, contract] });
  expect(all.nodes.map((node) => node?.__typename)).toEqual(['Buyer', 'Contract']);
});

it('looks people up in their own organization only', async () => {
  const ids = [app.users.preparer.id];
  expect((await app.ask<Nodes>(app.keys.agency, nodes, { ids })).nodes).toEqual([null]);
  expect((await app.ask<Nodes>(app.keys.admin, nodes, { ids })).nodes).toEqual([
    { __typename: 'User', id: app.users.preparer.id },
  ]);
});

it('asks for the permission of the kind', async () => {
  const { errors, data } = await app.gql<Nodes>(app.keys.auditor, nodes, {
    ids: [app.organizations.operator.id, `key_${'0'.repeat(26)}`],
  });
  expect(errors).toMatchObject([{ path: ['nodes', 1], extensions: { code: 'FORBIDDEN' } }]);
  expect(data.nodes).toMatchObject([{ __typename: 'Operator' }, null]);
});

it('takes at most 100 ids', async () => {
  const { status, errors } = await app.gql(app.keys.agency, nodes, {
    ids: Array.from({ length: 101 }, () => 'x'),
  });
  expect({ status, code: errors?.[0]?.extensions }).toMatchObject({
    status: 400,
    code: { code: 'BAD_USER_INPUT', argument: 'ids' },
  });
});

describe('organizations', () => {
  const list = `query ($first: Int, $after: String, $kind: OrganizationKind) {
    organizations(first: $first, after: $after, kind: $kind) {
      nodes { id name __typename } count pageInfo { hasNextPage endCursor } } }`;
  interface Listed {
    readonly organizations: {
      readonly nodes: readonly { readonly id: string; readonly __typename: string }[];
      readonly count: number;
      readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
    };
  }

  it('are all there for the operator, page by page', async () => {
    const first = await app.ask<Listed>(app.keys.admin, list, { first: 3 });
    const rest = await app.ask<Listed>(app.keys.admin, list, {
      first: 3,
      after: first.organizations.pageInfo.endCursor,
    });
    expect([first, rest].map(({ organizations }) => organizations.pageInfo.hasNextPage)).toEqual([
      true,
      false,
    ]);
    const ids = [...first.organizations.nodes, ...rest.organizations.nodes].map(({ id }) => id);
    expect(ids).toEqual(Object.values(app.organizations).map(({ id }) => id));
    expect(first.organizations.count).toBe(5);
    const buyers = await app.ask<Listed>(app.keys.admin, list, { kind: 'BUYER' });
    expect(buyers.organizations.nodes.map(({ __typename }) => __typename)).toEqual(['Buyer', 'Buyer']);
  });

  it('are their own for others', async () => {
    const own = await app.ask<Listed>(app.keys.agency, list);
    expect(own.organizations.nodes.map(({ id }) => id)).toEqual([app.organizations.agency.id]);
    expect(own.organizations.count).toBe(1);
  });
});
