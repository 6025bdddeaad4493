/** Every operation that takes an id × every role: the id of somebody else is answered like one of nobody. */
import { type OrganizationKind, permissionsOf, rolesOfKind } from '#organizations';
import { type IdPrefix, idPrefixes } from '../../apps/api/src/graphql/ids.js';
import type { TestApp, TestKey, TestOrganization } from '../support/app.js';
import { rootFields } from '../support/gql-schema.js';
import { least, nobody, prefixesAt, validArguments } from './tenancy-inputs.js';
import {
  type Arguments,
  documentOf,
  inParallel,
  type Place,
  placesOf,
  titleOf,
  valueAt,
  valuesUnder,
  withValueAt,
} from './tenancy-schema.js';
import {
  actorOf,
  buildWorld,
  fingerprints,
  grantsOf,
  isVisible,
  objectsOf,
  startWideApp,
  type TestActor,
  type WorldObject,
} from './tenancy-world.js';

const prefixes = Object.values(idPrefixes) as IdPrefix[];
const strangers = {
  AGENCY: 'otherAgency',
  BUYER: 'otherBuyer',
  OPERATOR: 'operator',
} as const satisfies Record<OrganizationKind, TestOrganization>;
const actors = (Object.keys(strangers) as OrganizationKind[]).flatMap((kind) =>
  rolesOfKind(kind).flatMap((role) =>
    (['live', 'test'] as const).map((mode) => ({ kind, role, mode, organization: strangers[kind] })),
  ),
);
/** Organizations are public to those who propose: an agency may name any buyer, and a buyer any agency. */
const openPlaces: Readonly<Record<string, OrganizationKind>> = {
  'proposeContract input.buyerId': 'AGENCY',
  'proposeContract input.agencyId': 'BUYER',
};

let app: TestApp;
let objects: readonly WorldObject[];
let places: Place[];

beforeAll(async () => {
  app = await startWideApp();
  await buildWorld(app);
  objects = await objectsOf(app);
  places = rootFields(app).flatMap((field) => placesOf(field, 'ID'));
}, 60_000);
afterAll(async () => {
  await app.verifyInvariants();
  await app.stop();
});

/** One object of each state that the actor may not see, as many kinds as the place takes. */
function foreignAt(place: Place, actor: TestActor): WorldObject[] {
  if (openPlaces[titleOf(place)] === actor.kind) return [];
  const own = { kind: actor.kind, uuid: app.organizations[actor.organization].uuid };
  const foreign = objects.filter(
    (each) => prefixesAt(place, prefixes).includes(each.prefix) && !isVisible(each, own),
  );
  return [...new Map(foreign.map((each) => [`${each.prefix} ${each.state}`, each])).values()];
}

/** Ids of the actor's own objects for the other inputs of the call: the foreign one alone is wrong. */
function ownIds(organization: TestOrganization): Arguments {
  const { uuid } = app.organizations[organization];
  const own = (prefix: IdPrefix) =>
    objects.find((each) => each.prefix === prefix && each.sides[0] === uuid)?.id ??
    objects.find((each) => each.prefix === prefix && each.sides.includes(uuid))?.id;
  const self = app.organizations[organization].id;
  return {
    contractId: own('ctr') ?? nobody('ctr'),
    endpointId: own('whe') ?? nobody('whe'),
    agencyId: organization.toLowerCase().includes('agency') ? self : app.organizations.otherAgency.id,
    buyerId: organization.toLowerCase().includes('buyer') ? self : app.organizations.otherBuyer.id,
  };
}

function argumentsFor(place: Place, id: string, organization: TestOrganization): Arguments {
  const optional = new Set(['agencyId', 'buyerId', 'contractId'].filter((name) => name !== place.name));
  const required = [
    'proposeContract',
    'prepareSettlements',
    'replayWebhooks',
    'requestRefund',
    'setContractDestination',
  ].includes(place.field.name);
  const ids = required || optional.size < 2 ? ownIds(organization) : {};
  return withValueAt(place, validArguments(place.field, ids), id, (name, type) => least(name, type, {}));
}

/** Status, data and errors, with the asked id taken out. */
async function answerTo(
  key: string,
  place: Place,
  id: string,
  organization: TestOrganization,
): Promise<string> {
  const args = argumentsFor(place, id, organization);
  const { status, data, errors } = await app.gql(
    key,
    documentOf(place.field, args, place.field.operation === 'mutation' ? 2 : 1),
    args,
  );
  return JSON.stringify({ status, data, errors }).replaceAll(id.length > 3 ? id : '\0', '«id»');
}

it('every input that takes an id says of what kind', () => {
  expect(places.length).toBeGreaterThan(30);
  const unknown = places.filter((place) => prefixesAt(place, prefixes).length === 0);
  expect(unknown.map(titleOf)).toEqual([]);
  expect(
    Object.keys(openPlaces).filter((title) => !places.some((place) => titleOf(place) === title)),
  ).toEqual([]);
});

it('the world has every kind of object, and for every place one that is foreign', () => {
  expect(new Set(objects.map(({ prefix }) => prefix))).toEqual(new Set(prefixes));
  const settled = objects.filter(({ prefix }) => prefix === 'stl').map(({ state }) => state);
  expect(new Set(settled)).toEqual(new Set(['OPEN', 'DRAFT', 'APPROVED', 'COLLECTING']));
  for (const kind of ['AGENCY', 'BUYER'] as const) {
    const actor = { kind, organization: strangers[kind], role: 'OWNER', mode: 'live', key: '' } as const;
    const without = places.filter((place) => foreignAt(place, actor).length === 0);
    expect(without.map(titleOf)).toEqual(
      Object.entries(openPlaces).flatMap(([title, open]) => (open === kind ? [title] : [])),
    );
  }
});

it.each(actors)('a foreign id is a missing one for $role of $kind with a $mode key', async (wanted) => {
  const actor = await actorOf(app, wanted);
  const { key, organization, mode } = actor;
  const granted = grantsOf(actor);
  const before = await fingerprints(app);
  const different: unknown[] = [];
  await inParallel(places, async (place) => {
    const foreign = foreignAt(place, actor);
    const missing = await answerTo(key, place, nobody(prefixesAt(place, prefixes)[0] ?? 'org'), organization);
    expect(missing).toMatch(/"status":(?:200|4\d\d)/);
    if (!granted.has(place.field.requirements[0])) expect(missing).toContain('FORBIDDEN');
    else if (mode === 'live' && place.field.operation === 'mutation' && !(titleOf(place) in openPlaces))
      expect({ place: titleOf(place), missing }).toMatchObject({
        missing: expect.stringMatching(/NOT_FOUND|NOT_PERMITTED/),
      });
    // Kinds of nodes differ in the permission that they need.
    const kinds = [...new Set(foreign.map(({ prefix }) => prefix))];
    const ofNobody = new Map<IdPrefix, string>();
    for (const prefix of kinds)
      ofNobody.set(prefix, await answerTo(key, place, nobody(prefix), organization));
    for (const { id, prefix, state } of foreign) {
      const expected = ofNobody.get(prefix);
      // Who may not call it at all is refused before any id is read: one of each kind says so.
      const isFirst = foreign.find((each) => each.prefix === prefix)?.id === id;
      if (expected?.includes('FORBIDDEN') && !isFirst) continue;
      const answer = await answerTo(key, place, id, organization);
      if (answer !== expected) different.push({ place: titleOf(place), prefix, state, answer, expected });
    }
  });
  expect(different).toEqual([]);
  const after = await fingerprints(app);
  const own = app.organizations[organization].uuid;
  const changed = Object.entries(app.organizations).filter(
    ([, { uuid }]) => uuid !== own && before.get(uuid) !== after.get(uuid),
  );
  expect(changed.map(([name]) => name)).toEqual([]);
});

describe('what is no id of that kind', () => {
  const malformed = (id: string, other: string): readonly string[] => [
    '',
    ' ',
    'nonsense',
    id.slice(0, -1),
    id.toUpperCase(),
    `${id} `,
    `${id.split('_')[0]}_${'z'.repeat(26)}`,
    '00000000-0000-0000-0000-000000000000',
    "' or 1=1; drop table leads; --",
    'a\0b',
    '\ud800',
    '🙂'.repeat(50),
    'x'.repeat(10_000),
    'constructor',
    '__proto__',
    other,
  ];

  it.each(['otherAgency', 'otherBuyer', 'admin', 'controller'] as const)(
    'is a missing one for %s',
    async (name) => {
      const organization: TestOrganization = name === 'admin' || name === 'controller' ? 'operator' : name;
      const key = app.keys[name];
      const before = await fingerprints(app);
      const different: unknown[] = [];
      await inParallel(places, async (place) => {
        // Kinds that everyone may read, where any kind is taken: the others are forbidden, and malformed ones have no kind.
        const kinds = prefixesAt(
          place,
          prefixes.filter((each) => ['org', 'ctr', 'lead'].includes(each)),
        );
        for (const prefix of kinds) {
          const expected = await answerTo(key, place, nobody(prefix), organization);
          const id = objects.find((each) => each.prefix === prefix)?.id ?? '';
          const other =
            objects.find((each) => each.prefix === (prefix === 'lead' ? 'ctr' : 'lead'))?.id ?? '';
          // A node of another kind is found, as it should be.
          const wrong = malformed(id, other)
            .filter((each) => each !== other || !place.field.name.startsWith('node'))
            // Who may not call it at all is refused before any id is read.
            .slice(expected.includes('FORBIDDEN') ? -3 : 0);
          for (const each of wrong) {
            const answer = await answerTo(key, place, each, organization);
            if (answer !== expected)
              different.push({ place: titleOf(place), id: each.slice(0, 40), answer: answer.slice(0, 300) });
          }
        }
      });
      expect(different).toEqual([]);
      const after = await fingerprints(app);
      const own = app.organizations[organization].uuid;
      const others = Object.values(app.organizations).filter(({ uuid }) => uuid !== own);
      expect(others.map(({ uuid }) => after.get(uuid))).toEqual(others.map(({ uuid }) => before.get(uuid)));
    },
  );
});

describe('the same calls', () => {
  const rightful = {
    agency: { kind: 'AGENCY', organization: 'agency', roles: ['OWNER', 'API_CLIENT'] },
    buyer: { kind: 'BUYER', organization: 'buyer', roles: ['OWNER', 'API_CLIENT'] },
    admin: { kind: 'OPERATOR', organization: 'operator', roles: ['ADMIN'] },
    preparer: { kind: 'OPERATOR', organization: 'operator', roles: ['FINANCE_PREPARER'] },
  } as const satisfies Partial<Record<TestKey, object>>;

  /** An object that fits the place, and a key that has the permission and sees the object. */
  function fitting(place: Place): { id: string; as: keyof typeof rightful } | undefined {
    const [requirement] = place.field.requirements;
    // Of the operator's own people only those who approve have a limit.
    if (place.field.name === 'setApprovalLimit') return { id: app.users.approver.id, as: 'admin' };
    // What nobody but the operator sees has no sides.
    const [own] = prefixesAt(place, prefixes);
    const finance = objects.findLast(({ prefix }) => prefix === own && (own === 'opn' || own === 'frq'));
    if (finance) return { id: finance.id, as: 'preparer' };
    const sides = [app.organizations.agency.uuid, app.organizations.buyer.uuid];
    const kind = place.name === 'buyerId' ? 'BUYER' : 'AGENCY';
    const suited = objects.filter(
      ({ prefix, sides: own, state }) =>
        prefixesAt(place, prefixes).includes(prefix) &&
        (prefix === 'org' ? own[0] === sides[kind === 'AGENCY' ? 0 : 1] && state === kind : true) &&
        (prefix === 'user' ? own[0] === sides[0] : own.some((side) => sides.includes(side))),
    );
    for (const as of Object.keys(rightful) as (keyof typeof rightful)[]) {
      const { kind: of, organization, roles } = rightful[as];
      const may: readonly unknown[] = [...permissionsOf(of, roles, null), 'authenticated'];
      const own = { kind: of, uuid: app.organizations[organization].uuid };
      const object = may.includes(requirement) ? suited.findLast((each) => isVisible(each, own)) : undefined;
      if (object) return { id: object.id, as };
    }
    return undefined;
  }

  it('find the object for whom it belongs to, so that being missing says something', async () => {
    const sides = { agencyId: app.organizations.agency.id, buyerId: app.organizations.buyer.id };
    const unfound: unknown[] = [];
    const { routes } = await app.ask<{ routes: { nodes: { entries: { contract: { id: string } }[] }[] } }>(
      app.keys.agency,
      '{ routes(first: 1) { nodes { entries { contract { id } } } } }',
    );
    const aboutRoutes = ['defineRoute', 'dryRunRoute', 'missedLeads', 'overdueDeliveries'];
    for (const place of places) {
      // A route is about contracts of its vertical.
      const routed = routes.nodes[0]?.entries[0]?.contract.id;
      const found =
        aboutRoutes.includes(place.field.name) && place.name === 'contractId' && routed
          ? ({ id: routed, as: 'agency' } as const)
          : fitting(place);
      const needing = ['proposeContract', 'replayWebhooks', 'requestRefund', 'setContractDestination'];
      const contractId = ownIds('buyer')['contractId'];
      const ids = needing.includes(place.field.name)
        ? { ...sides, contractId, endpointId: ownIds('agency')['endpointId'] }
        : {};
      const args = withValueAt(place, validArguments(place.field, ids), found?.id, least);
      const { data, errors } = await app.gql<object>(
        app.keys[found?.as ?? 'admin'],
        documentOf(place.field, args),
        args,
      );
      const codes = valuesUnder(data, new Set(['code']));
      const unfit = codes.some((code) => ['NOT_FOUND', 'INVALID_VALUE', 'REQUIRED'].includes(String(code)));
      const shown = valueAt(data, ['answer', 'nodes']) ?? valueAt(data, ['answer']) ?? null;
      const empty = ['null', '[]', '[null]'].includes(JSON.stringify(shown));
      if (!found || errors || unfit || empty)
        unfound.push({ place: titleOf(place), found, codes, errors, empty });
    }
    expect(unfound).toEqual([]);
  });
});
