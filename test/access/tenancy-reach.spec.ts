/** What can be reached from what one sees: nodes, lists and every field below them, for every role. */
import { getNamedType, isNonNullType, isObjectType } from 'graphql';
import { type OrganizationKind, rolesOfKind } from '#organizations';
import { type IdPrefix, idPrefixes } from '../../apps/api/src/graphql/ids.js';
import type { TestApp, TestOrganization } from '../support/app.js';
import { type RootField, rootFields } from '../support/gql-schema.js';
import { billingTypes } from './tenancy-billing.js';
import { nobody, validArguments } from './tenancy-inputs.js';
import { paymentTypes } from './tenancy-payments.js';
import { payoutTypes } from './tenancy-payouts.js';
import { handoverTypes } from './tenancy-handover.js';
import { importTypes } from './tenancy-imports.js';
import { offerTypes } from './tenancy-offer-inputs.js';
import { personTypes } from './tenancy-persons.js';
import { routeTypes } from './tenancy-route-inputs.js';
import { webhookTypes } from './tenancy-webhooks.js';
import { documentOf, fieldNamed, inParallel, schemaOf, selectionOf, valuesUnder } from './tenancy-schema.js';
import {
  actorOf,
  buildWorld,
  grantsOf,
  isVisible,
  objectsOf,
  pairs,
  secretCost,
  secretOf,
  startWideApp,
  type TestActor,
  type WorldObject,
} from './tenancy-world.js';

const typeOfPrefix: Readonly<Record<IdPrefix, readonly string[]>> = {
  org: ['Agency', 'Buyer', 'Operator'],
  user: ['User'],
  key: ['ApiKey'],
  ctr: ['Contract'],
  lead: ['Lead'],
  dlv: ['Delivery'],
  deal: ['Deal'],
  ret: ['Return'],
  out: ['OutcomeEvent'],
  stl: ['Settlement'],
  chg: ['SettlementLine'],
  jrn: ['Journal'],
  ...paymentTypes,
  ...billingTypes,
  ...payoutTypes,
  ...webhookTypes,
  ...routeTypes,
  ...personTypes,
  ...importTypes,
  ...handoverTypes,
  ...offerTypes,
};
const prefixes = Object.values(idPrefixes) as IdPrefix[];
/** The buyer is the one beside whom another buyer has the same agency; the agency has a neighbour with the same buyer. */
const insiders = { AGENCY: 'otherAgency', BUYER: 'buyer', OPERATOR: 'operator' } as const satisfies Record<
  OrganizationKind,
  TestOrganization
>;
const actors = (Object.keys(insiders) as OrganizationKind[]).flatMap((kind) =>
  rolesOfKind(kind).flatMap((role) =>
    (['live', 'test'] as const).map((mode) => ({ kind, role, mode, organization: insiders[kind] })),
  ),
);

let app: TestApp;
let objects: readonly WorldObject[];

beforeAll(async () => {
  app = await startWideApp();
  await buildWorld(app);
  objects = await objectsOf(app);
}, 60_000);
afterAll(async () => {
  await app.verifyInvariants();
  await app.stop();
});

const self = ({ kind, organization, mode }: Pick<TestActor, 'kind' | 'organization' | 'mode'>) => ({
  kind,
  mode,
  uuid: app.organizations[organization].uuid,
});
/** Words that stand only in what the actor must not see. */
function secretsFrom(actor: TestActor): string[] {
  const may = grantsOf(actor);
  const own = self(actor);
  const organizations = Object.entries(app.organizations) as [
    TestOrganization,
    { id: string; uuid: string },
  ][];
  const hidden = organizations.filter(([, { id }]) => {
    const object = objects.find((each) => each.id === id);
    return object !== undefined && !isVisible(object, own);
  });
  const people = organizations.filter(([name, { uuid }]) => uuid !== own.uuid && name !== 'operator');
  return [
    ...Object.entries(secretCost).flatMap(([name, cost]) => (name === actor.organization ? [] : [cost])),
    ...pairs.flatMap((pair) => {
      const sees =
        app.organizations[pair.agency].uuid === own.uuid || app.organizations[pair.buyer].uuid === own.uuid;
      return sees && may.has('leads:contact') ? [] : [secretOf(pair)];
    }),
    ...hidden.map(([name]) => `"The ${name}"`),
    ...(actor.kind === 'OPERATOR'
      ? []
      : people.flatMap(([name]) => [`person of ${name}`, `secret key of ${name}`, `secret-hook-of-${name}`])),
    ...(actor.kind === 'OPERATOR' ? [] : ['@operator.example']),
    '"token":"', // Nobody gets a key by looking.
    'argon2',
    'whsec_',
  ];
}

/** Ids of objects (not of who did something) that the actor may not see. */
function foreignIn(answer: unknown, actor: TestActor): unknown[] {
  const own = self(actor);
  const known = new Map(objects.map((each) => [each.id, each]));
  return valuesUnder(answer, new Set(['id', 'existing', 'reverses'])).filter((id) => {
    const object = typeof id === 'string' ? known.get(id) : undefined;
    return object !== undefined && !isVisible(object, own);
  });
}

function expectNothingForeign(answer: unknown, actor: TestActor, what: string): void {
  const text = JSON.stringify(answer);
  const shown = secretsFrom(actor).filter((secret) => text.includes(secret));
  expect({ what, foreign: foreignIn(answer, actor), shown }).toEqual({ what, foreign: [], shown: [] });
}

const nodesQuery = 'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }';

it('every kind of node has a type in the schema', () => {
  const types = Object.values(typeOfPrefix).flat();
  const found = Object.values(schemaOf(app).getTypeMap()).filter(
    (type) => isObjectType(type) && type.getInterfaces().some(({ name }) => name === 'Node'),
  );
  expect(new Set(found.map(({ name }) => name))).toEqual(new Set(types));
});

it.each(actors)(
  'nodes gives $role of $kind with a $mode key its own objects and no other',
  async (wanted) => {
    const actor = await actorOf(app, wanted);
    for (const prefix of prefixes) {
      const of = objects.filter((each) => each.prefix === prefix);
      const ids = of.slice(0, 99).map(({ id }) => id);
      const ask = async (asked: readonly string[]) =>
        await app.gql<{ nodes: unknown[] }>(actor.key, nodesQuery, { ids: asked });
      const [none, { data, errors }] = await Promise.all([ask([nobody(prefix)]), ask(ids)]);
      const visible = of.slice(0, 99).map((each) => isVisible(each, self(actor)));
      if (none.errors) {
        // Forbidden as a kind: for its own objects, for foreign ones and for those of nobody alike.
        expect(errors?.map(({ message, extensions }) => ({ message, extensions }))).toEqual(
          ids.map(() => ({ message: none.errors?.[0]?.message, extensions: none.errors?.[0]?.extensions })),
        );
        expect(data.nodes.filter((node) => node !== null)).toEqual([]);
        continue;
      }
      expect(errors).toBeUndefined();
      expect(data.nodes.map((node) => node !== null)).toEqual(visible);
    }
  },
);

/** Lists whose filters were tried, by whom. */
const filtered = new Set<string>();

it.each(actors)('lists show $role of $kind with a $mode key nothing foreign', async (wanted) => {
  const actor = await actorOf(app, wanted);
  const may = grantsOf(actor);
  const isList = ({ operation, field, requirements }: RootField) =>
    operation === 'query' && may.has(requirements[0]) && getNamedType(field.type).name.endsWith('Connection');
  const lists = rootFields(app).filter(isList);
  if (may.has('contracts:read')) expect(lists.length).toBeGreaterThan(5);
  const contract = (await objectsOf(app)).find(
    (each) => each.prefix === 'ctr' && isVisible(each, self(actor)),
  );
  await inParallel(lists, async (list) => {
    const isOfContract = list.field.args.some(
      ({ name, type }) => name === 'contractId' && isNonNullType(type),
    );
    const ids = isOfContract && contract ? { contractId: contract.id } : {};
    const args = { ...validArguments(list, ids), first: 100 };
    const { status, data, errors } = await app.gql<{ answer: { nodes: unknown[]; count: number } }>(
      actor.key,
      documentOf(list, args, 2),
      args,
    );
    expect({ list: list.name, status, errors }).toEqual({ list: list.name, status: 200, errors: undefined });
    expectNothingForeign(data, actor, list.name);
    expect(data.answer.count).toBe(data.answer.nodes.length);
    // Filters that name somebody else find nothing that the plain list would not show, whatever the role is.
    const viewer = `${list.name} ${actor.kind} ${actor.mode}`;
    const filters = list.field.args.filter(({ name }) => name.endsWith('Id') && !filtered.has(viewer));
    filtered.add(viewer);
    for (const { name } of filters) {
      for (const { id } of Object.values(app.organizations)) {
        const narrowed = { ...args, [name]: id };
        const answer = await app.gql<object>(actor.key, documentOf(list, narrowed, 1), narrowed);
        expectNothingForeign(answer.data, actor, `${list.name} ${name}`);
      }
    }
  });
});

it.each(actors)('no field below its objects tells $role of $kind with a $mode key more', async (wanted) => {
  const actor = await actorOf(app, wanted);
  const schema = schemaOf(app);
  await inParallel(
    prefixes.flatMap((prefix) => typeOfPrefix[prefix].map((name) => ({ prefix, name }))),
    async ({ prefix, name }) => {
      const own = objects.filter((each) => each.prefix === prefix && isVisible(each, self(actor)));
      // One of each state and of each pair of sides.
      const different = new Map(own.map((each) => [`${each.state} ${each.sides.join()}`, each.id]));
      const ids = [...different.values()].slice(0, 12);
      const type = schema.getType(name);
      if (!isObjectType(type)) throw new Error(`${name} is no object type`);
      const query = `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on ${name} ${selectionOf(type, 3, 3)} } }`;
      const { status, data, errors } = await app.gql<object>(actor.key, query, { ids });
      expect({
        name,
        status,
        codes: errors?.map(({ extensions }) => extensions.code).filter((code) => code !== 'FORBIDDEN') ?? [],
      }).toEqual({ name, status: 200, codes: [] });
      expectNothingForeign(data, actor, name);
    },
  );
});

it('what is a secret to others is shown to whom it belongs, so that not seeing it says something', async () => {
  const leads = fieldNamed(app, 'leads');
  const seen = async (key: string) =>
    JSON.stringify([
      await app.ask(key, documentOf(leads, { first: 100 }, 3), { first: 100 }),
      await app.ask(key, '{ apiKeys { nodes { name } } }'),
    ]);
  const [agency, buyer] = [await seen(app.keys.agency), await seen(app.keys.buyer)];
  expect(agency).toContain(secretCost.agency);
  for (const text of [agency, buyer]) expect(text).toContain(secretOf(pairs[0]));
  expect(agency).toContain(secretOf(pairs[1]));
  expect(agency).toContain('secret key of agency');
  expect(agency).toContain('"The otherBuyer"');
});
