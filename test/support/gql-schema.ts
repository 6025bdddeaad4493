/** What tests read out of the running schema: its root fields, who may call each, and the least input that each takes. */
import { ModulesContainer } from '@nestjs/core';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
} from 'graphql';
import { requirementOf, type Requirement } from '../../apps/api/src/access/requires.js';
import type { TestApp } from './app.js';

export interface RootField {
  readonly operation: 'query' | 'mutation';
  readonly name: string;
  /** Every requirement that a resolver of this field carries; one, or the schema test fails. */
  readonly requirements: readonly (Requirement | undefined)[];
  readonly field: GraphQLField<unknown, unknown>;
}

/** Every field of Query and Mutation with what its resolver requires. */
export function rootFields(app: TestApp): RootField[] {
  const { schema } = app.nest.get(GraphQLSchemaHost);
  const requirements = resolverRequirements(app);
  return (['query', 'mutation'] as const).flatMap((operation) => {
    const type = operation === 'query' ? schema.getQueryType() : schema.getMutationType();
    return Object.values(type?.getFields() ?? {}).map((field) => ({
      operation,
      name: field.name,
      requirements: requirements.get(`${operation}.${field.name}`) ?? [],
      field,
    }));
  });
}

function resolverRequirements(app: TestApp): Map<string, (Requirement | undefined)[]> {
  const found = new Map<string, (Requirement | undefined)[]>();
  const seen = new Set<object>();
  for (const module of app.nest.get(ModulesContainer, { strict: false }).values()) {
    for (const { metatype } of module.providers.values()) {
      if (typeof metatype !== 'function' || seen.has(metatype)) continue;
      seen.add(metatype);
      for (const [key, handler] of methodsOf(metatype)) {
        const type: unknown = Reflect.getMetadata('graphql:resolver_type', handler);
        if (type !== 'Query' && type !== 'Mutation') continue;
        const name = (Reflect.getMetadata('graphql:resolver_name', handler) as string | undefined) ?? key;
        const path = `${type.toLowerCase()}.${name}`;
        found.set(path, [...(found.get(path) ?? []), requirementOf(handler)]);
      }
    }
  }
  return found;
}

function methodsOf(metatype: { readonly prototype: unknown }): [string, object][] {
  const { prototype } = metatype;
  if (typeof prototype !== 'object' || prototype === null) return [];
  return Object.entries(Object.getOwnPropertyDescriptors(prototype)).flatMap(([key, { value }]) =>
    typeof value === 'function' && key !== 'constructor' ? [[key, value as object]] : [],
  );
}

/** A document that calls the field with the least input that its types allow, all of it made up. */
export function leastCall({ operation, field }: RootField): {
  query: string;
  variables: Record<string, unknown>;
} {
  const needed = field.args.filter(
    (argument) => isNonNullType(argument.type) && argument.defaultValue === undefined,
  );
  const declared = needed.map(({ name, type }) => `$${name}: ${type.toString()}`).join(', ');
  const passed = needed.map(({ name }) => `${name}: $${name}`).join(', ');
  const selection = isLeafType(getNamedType(field.type)) ? '' : '{ __typename }';
  return {
    query: `${operation} ${declared && `(${declared})`} { ${field.name} ${passed && `(${passed})`} ${selection} }`,
    variables: Object.fromEntries(needed.map((argument) => [argument.name, leastValue(argument)])),
  };
}

const scalars: Readonly<Record<string, unknown>> = {
  String: 'made up',
  ID: 'made-up',
  Int: 1,
  Boolean: false,
  Decimal: '1.00',
  CurrencyCode: 'USD',
  Date: '2020-01-01',
  // Before any sandbox clock: nothing becomes due by it.
  DateTime: '2020-01-01T00:00:00Z',
};

function leastValue({ type }: GraphQLArgument | GraphQLInputField): unknown {
  return valueOf(type);
}

function valueOf(type: GraphQLInputType): unknown {
  const given = isNonNullType(type) ? type.ofType : type;
  if (isListType(given)) return [];
  if (isEnumType(given)) return given.getValues()[0]?.name;
  if (!isInputObjectType(given)) return scalars[getNamedType(given).name];
  const fields = Object.values(given.getFields());
  const needed = given.isOneOf
    ? fields.slice(0, 1)
    : fields.filter((field) => isNonNullType(field.type) && field.defaultValue === undefined);
  return Object.fromEntries(needed.map((field) => [field.name, leastValue(field)]));
}
