/** Every number, date, enum and object of every mutation × what is not of its type or not there at all. */
import { getNamedType, isEnumType, isInputObjectType } from 'graphql';
import { least } from '../access/tenancy-inputs.js';
import { placesOf, schemaOf, titleOf, withValueAt } from '../access/tenancy-schema.js';
import { startWideApp } from '../access/tenancy-world.js';
import type { TestApp } from '../support/app.js';
import { Acts } from './bad-input-acts.js';
import { coercionRefused, faultOf, Judge, mistyped } from './bad-input-judge.js';

let app: TestApp;
let acts: Acts;
let judge: Judge;

beforeAll(async () => {
  app = await startWideApp();
  acts = await Acts.begin(app);
  judge = await Judge.of(acts);
}, 60_000);
afterAll(async () => {
  await app.verifyInvariants();
  await app.stop();
});

const marker = '73519';

describe('numbers, days and instants', () => {
  it('that no Int can be are refused by their path', async () => {
    const wrong = [
      2_147_483_648,
      -2_147_483_649,
      1.5,
      1e308,
      `${marker}`,
      true,
      [1],
      {},
      9_007_199_254_740_991,
    ];
    const faults = await judge.faults(acts.places('Int'), wrong, (answer, place) =>
      coercionRefused(answer, place, marker),
    );
    expect(faults).toEqual([]);
  });

  it('at the ends of Int are never a fault of ours, and change nothing', async () => {
    const faults = await judge.faults(
      acts.places('Int'),
      [-2_147_483_648, -1, 2_147_483_647],
      (answer) =>
        faultOf(answer) ?? (answer.refusals.length + answer.errors.length > 0 ? undefined : 'taken'),
    );
    expect(faults).toEqual([]);
  });

  it('that do not exist are refused by their path', async () => {
    const wrong = [
      '2026-02-30',
      '2026-13-01',
      '2026-00-10',
      '0000-01-01',
      '+275760-09-13',
      '275760-09-13',
      '20260101',
      'zq7',
      '',
      1,
      null,
    ];
    const days = await judge.faults(
      acts.places('Date'),
      wrong.filter((day) => day !== null),
      (answer, place) => coercionRefused(answer, place, 'zq7'),
    );
    expect(days).toEqual([]);
    const instants = [
      ...wrong.map((day) => `${day}T00:00:00Z`),
      '2026-01-01T25:00:00Z',
      '2026-01-01T00:00:00',
      '2026-01-01T00:00:00+99:00',
      'zq7',
      0,
    ];
    expect(
      await judge.faults(acts.places('DateTime'), instants, (answer, place) =>
        coercionRefused(answer, place, 'zq7'),
      ),
    ).toEqual([]);
  });

  it('at the ends of time are never a fault of ours', async () => {
    const ends = [
      '0001-01-01T00:00:00Z',
      '0001-01-01T00:00:00+23:59',
      '9999-12-31T23:59:59.999Z',
      '9999-12-31T23:59:59-23:59',
    ];
    const places = acts.places('DateTime').filter(({ field }) => field.name !== 'advanceSandboxClock');
    const faults: unknown[] = [];
    for (const place of places) {
      for (const end of ends) {
        const call = await acts.fresh(place.field.name);
        const fault = faultOf(
          await acts.send({ ...call, args: withValueAt(place, call.args, end, least) }, 4),
        );
        if (fault !== undefined) faults.push({ place: titleOf(place), end, fault });
      }
    }
    const days = await judge.faults(
      acts.places('Date'),
      ['0001-01-01', '9999-12-31'],
      (answer) => faultOf(answer) ?? (answer.refusals.length > 0 ? undefined : 'taken'),
    );
    expect([...faults, ...days]).toEqual([]);
    expect(
      await judge.faults(
        acts.places('DateTime').filter(({ field }) => field.name === 'advanceSandboxClock'),
        ends,
        (answer) =>
          faultOf(answer) ?? (answer.refusals.length + answer.errors.length > 0 ? undefined : 'taken'),
      ),
    ).toEqual([]);
  }, 60_000);
});

describe('types', () => {
  const everyPlace = () => {
    const types = Object.keys(schemaOf(app).getTypeMap()).filter((name) => !name.startsWith('__'));
    return acts.mutations.flatMap((field) => types.flatMap((name) => placesOf(field, name)));
  };

  it('that do not fit are refused, and never repeated', async () => {
    // What fits some types: a text fits ID and String, true fits Boolean; and a list item stands for the list.
    const wrong: unknown[] = [[[['zq7']]], { zq7: 'zq7' }, -1.5, { toString: 'zq7' }];
    const faults = await judge.faults(
      everyPlace(),
      wrong,
      (answer) =>
        faultOf(answer, '"zq7"') ??
        (answer.errors.some(({ extensions }) => extensions.code === 'BAD_USER_INPUT')
          ? undefined
          : `taken: ${answer.complaints.slice(0, 200)}`),
    );
    expect(faults).toEqual([]);
  });

  it('of enums take no other name, case or number', async () => {
    const places = everyPlace().filter(({ type }) => isEnumType(getNamedType(type)));
    expect(places.length).toBeGreaterThan(5);
    expect(
      await judge.faults(places, ['zq7', '', 'per_deal', 0, true, '__proto__'], (answer, place) =>
        coercionRefused(answer, place, 'zq7'),
      ),
    ).toEqual([]);
  });

  it('have no other fields', async () => {
    const objects = everyPlace().filter(({ type }) => isInputObjectType(getNamedType(type)));
    const faults = await judge.faults(
      objects.map((place) => ({ ...place, name: 'unknown' })),
      [{ unknownField: 'zq7' }],
      (answer) => mistyped(answer, '"zq7"'),
    );
    expect(faults).toEqual([]);
  });
});
