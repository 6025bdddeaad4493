/** Anything at all as the variables of every operation: fast-check looks for what makes a fault of ours. */
import fc from 'fast-check';
import {
  getNamedType,
  getNullableType,
  type GraphQLInputType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from 'graphql';
import { least } from '../access/tenancy-inputs.js';
import { type Arguments, documentOf } from '../access/tenancy-schema.js';
import { fingerprints, startWideApp } from '../access/tenancy-world.js';
import type { TestApp } from '../support/app.js';
import { rootFields } from '../support/gql-schema.js';
import { runs } from '../support/runs.js';
import { Acts } from './bad-input-acts.js';
import { faultOf } from './bad-input-judge.js';

let app: TestApp;
let acts: Acts;

beforeAll(async () => {
  app = await startWideApp();
  acts = await Acts.begin(app);
}, 60_000);
afterAll(async () => {
  await app.verifyInvariants();
  await app.stop();
});

describe('anything at all', () => {
  const word = 'zq7';
  const deepest = 4;
  const strange = fc.oneof(
    fc.string({ unit: 'binary' }).map((text) => word + text),
    fc.constantFrom(
      '',
      '\0',
      '\ud800',
      '0',
      '-1',
      '1e999',
      '٥',
      'USD',
      'null',
      '__proto__',
      "'; --",
      '2026-02-30',
      '9'.repeat(64),
      word,
    ),
  );
  const anything = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    strange,
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  );

  /** Mostly of the type, so that it comes as far as the domain; sometimes nothing like it. */
  function valuesOf(name: string, type: GraphQLInputType, depth = 0): fc.Arbitrary<unknown> {
    const given = getNullableType(type);
    const right = rightOf(given, depth);
    const valid = fc.constant(0).map(() => least(name, type));
    const mixed = isInputObjectType(given)
      ? right
      : fc.oneof({ arbitrary: right, weight: 6 }, { arbitrary: valid, weight: 6 });
    return fc.oneof({ arbitrary: mixed, weight: 40 }, { arbitrary: anything, weight: 1 });
  }

  function rightOf(given: GraphQLInputType, depth: number): fc.Arbitrary<unknown> {
    if (isListType(given))
      return fc.array(valuesOf('', given.ofType as GraphQLInputType, depth), { maxLength: 3 });
    if (isEnumType(given)) return fc.constantFrom(...given.getValues().map((value) => value.name));
    if (isInputObjectType(given)) {
      // Rules hold rules: far down only what must be there.
      const fields = Object.values(given.getFields()).filter(
        (field) => depth < deepest || isNonNullType(field.type),
      );
      if (given.isOneOf)
        return fc.oneof(
          ...fields.map((field) =>
            valuesOf(field.name, field.type, depth + 1).map((value) => ({ [field.name]: value })),
          ),
        );
      const needed = fields.filter((field) => isNonNullType(field.type)).map((field) => field.name);
      return fc.record(
        Object.fromEntries(fields.map((field) => [field.name, valuesOf(field.name, field.type, depth + 1)])),
        { requiredKeys: needed },
      );
    }
    switch (getNamedType(given).name) {
      case 'Int':
        return fc.integer();
      case 'Boolean':
        return fc.boolean();
      case 'DateTime':
        return fc
          .date({ min: new Date('0001-01-02'), max: new Date('9999-12-30'), noInvalidDate: true })
          .map((date) => date.toISOString());
      case 'Date':
        return fc
          .date({ min: new Date('0001-01-02'), max: new Date('9999-12-30'), noInvalidDate: true })
          .map((date) => date.toISOString().slice(0, 10));
      default:
        return strange;
    }
  }

  it(
    'sent to any mutation is answered without a fault of ours, and not repeated in what is refused',
    async () => {
      for (const field of acts.mutations) {
        const call = await acts.fresh(field.name);
        // The clock of the sandbox is everyone's: it may not go where nothing can be tested any more.
        const argument = field.field.args[0];
        if (!argument || field.name === 'advanceSandboxClock') continue;
        const arbitrary = valuesOf('input', argument.type);
        await fc.assert(
          fc.asyncProperty(arbitrary, async (input) => {
            const merged =
              typeof input === 'object' && input !== null && !Array.isArray(input)
                ? { ...(call.args['input'] as object), ...input }
                : input;
            for (const sent of [input, merged]) {
              const args: Arguments = { input: sent };
              const answer = await acts.send({ field, as: call.as, args });
              const fault = faultOf(answer, word);
              if (fault !== undefined) throw new Error(`${field.name} ${JSON.stringify(sent)}: ${fault}`);
            }
          }),
          { numRuns: runs(10) },
        );
      }
    },
    runs(120_000),
  );

  it(
    'sent as variables of any query is answered without a fault of ours',
    async () => {
      const before = await fingerprints(app);
      for (const field of rootFields(app).filter(
        ({ operation, field: { args } }) => operation === 'query' && args.length > 0,
      )) {
        const args = fc.record(
          Object.fromEntries(field.field.args.map(({ name, type }) => [name, valuesOf(name, type)])),
          {
            requiredKeys: field.field.args
              .filter(({ type, defaultValue }) => isNonNullType(type) && defaultValue === undefined)
              .map(({ name }) => name),
          },
        );
        await fc.assert(
          fc.asyncProperty(args, async (given) => {
            const {
              status,
              data,
              errors = [],
            } = await app.gql<unknown>(app.keys.admin, documentOf(field, given), given);
            const fault = faultOf(
              { status, data, errors, refusals: [], complaints: JSON.stringify(errors) },
              word,
            );
            if (fault !== undefined) throw new Error(`${field.name} ${JSON.stringify(given)}: ${fault}`);
          }),
          { numRuns: runs(10) },
        );
      }
      expect(await fingerprints(app)).toEqual(before);
    },
    runs(60_000),
  );
});
