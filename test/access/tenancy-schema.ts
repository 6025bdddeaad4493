/** Generated calls: every place of an input in the schema, and selections of everything that an answer can show. */
import { GraphQLSchemaHost } from '@nestjs/graphql';
import {
  getNamedType,
  getNullableType,
  type GraphQLInputType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isInputObjectType,
  isInterfaceType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import type { TestApp } from '../support/app.js';
import { type RootField, rootFields } from '../support/gql-schema.js';

export type Arguments = Readonly<Record<string, unknown>>;

/** Where an input stands: below an argument of a root field, with 0 for the first of a list. */
export interface Place {
  readonly field: RootField;
  /** Such as ['input', 'leads', '0', 'contractId']. */
  readonly path: readonly string[];
  readonly name: string;
  readonly type: GraphQLInputType;
}

/** `cancelDeal input.dealId`, for titles and for lists of exceptions. */
export const titleOf = ({ field, path }: Place): string => `${field.name} ${path.join('.')}`;

/** Every place of a root field, objects included, whose named type is the wanted one. */
export function placesOf(field: RootField, typeName: string): Place[] {
  return field.field.args
    .flatMap(({ name, type }) => below(field, [name], name, type, []))
    .filter(({ type }) => getNamedType(type).name === typeName);
}

/** A type is not entered again below itself. */
function below(
  field: RootField,
  path: readonly string[],
  name: string,
  ...[type, trail]: [GraphQLInputType, readonly string[]]
): Place[] {
  const given = getNullableType(type);
  if (isListType(given)) {
    const inner = given.ofType as GraphQLInputType;
    return below(field, [...path, '0'], name, inner, trail);
  }
  const own: Place = { field, path, name, type };
  if (!isInputObjectType(given) || trail.includes(given.name)) return [own];
  const fields = Object.values(given.getFields());
  const entered = [...trail, given.name];
  return [
    own,
    ...fields.flatMap((each) => below(field, [...path, each.name], each.name, each.type, entered)),
  ];
}

/** The arguments with another value at the place; what stands on the way there is filled in by `least`. */
export function withValueAt(
  { field, path }: Place,
  args: Arguments,
  value: unknown,
  least: (name: string, type: GraphQLInputType) => unknown,
): Record<string, unknown> {
  const [head = '', ...rest] = path;
  const argument = field.field.args.find(({ name }) => name === head);
  if (!argument) throw new Error(`${field.name} has no argument ${head}`);
  return { ...args, [head]: put(argument.type, head, args[head], rest, value, least) };
}

function put(
  type: GraphQLInputType,
  name: string,
  at: unknown,
  path: readonly string[],
  value: unknown,
  least: (name: string, type: GraphQLInputType) => unknown,
): unknown {
  const [head, ...rest] = path;
  if (head === undefined) return value;
  const given = getNullableType(type);
  if (isListType(given)) {
    const items = Array.isArray(at) ? (at as readonly unknown[]) : [];
    return [put(given.ofType as GraphQLInputType, name, items[0], rest, value, least), ...items.slice(1)];
  }
  if (!isInputObjectType(given)) throw new Error(`${name} has no field ${head}`);
  const inner = given.getFields()[head];
  if (!inner) throw new Error(`${given.name} has no field ${head}`);
  const start = (at ?? least(name, given)) as Record<string, unknown>;
  const own = start[head];
  const changed = put(inner.type, head, own, rest, value, least);
  return given.isOneOf ? { [head]: changed } : { ...start, [head]: changed };
}

/** What of the arguments stands at the path. */
export function valueAt(value: unknown, path: readonly string[]): unknown {
  let at = value;
  for (const key of path) at = typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined;
  return at;
}

/** A document that calls the field with these arguments as variables; the answer is under `answer`. */
export function documentOf({ operation, name, field }: RootField, args: Arguments, depth = 1): string {
  const given = field.args.filter((argument) => args[argument.name] !== undefined);
  const declared = given.map((argument) => `$${argument.name}: ${argument.type.toString()}`).join(', ');
  const passed = given.map((argument) => `${argument.name}: $${argument.name}`).join(', ');
  const selection = selectionOf(field.type, depth);
  return `${operation} ${declared && `(${declared})`} { answer: ${name} ${passed && `(${passed})`} ${selection} }`;
}

/** Everything below a type, down to so many objects; a type is not entered again below itself. Lists show a page of `first`. */
export function selectionOf(
  type: GraphQLOutputType,
  depth: number,
  first = 100,
  trail: readonly string[] = [],
): string {
  const named = getNamedType(type);
  if (isLeafType(named)) return '';
  if (!isObjectType(named) && !isInterfaceType(named)) return '{ __typename }';
  const own = ['__typename'];
  for (const field of Object.values(named.getFields())) {
    if (field.args.some((argument) => isNonNullType(argument.type) && argument.defaultValue === undefined))
      continue;
    const inner = getNamedType(field.type);
    if (field.name === 'edges' || trail.includes(inner.name)) continue;
    const isPart = named.name.endsWith('Connection');
    if (!isLeafType(inner) && depth === 0 && !isPart) continue;
    const page = field.args.some(({ name }) => name === 'first') ? `(first: ${first})` : '';
    const next = isPart || inner.name.endsWith('Connection') ? depth : depth - 1;
    const selected = selectionOf(field.type, next, Math.min(first, 5), [...trail, named.name]);
    own.push(`${field.name}${page} ${selected}`);
  }
  return `{ ${own.join(' ')} }`;
}

export const schemaOf = (app: TestApp): GraphQLSchema => app.nest.get(GraphQLSchemaHost).schema;

/** Whether the act is done once per idempotency key. */
export const isKeyed = (field: RootField): boolean =>
  placesOf(field, 'String').some(({ path }) => path.join('.') === 'input.idempotencyKey');

/** The root field of that name. */
export function fieldNamed(app: TestApp, name: string): RootField {
  const found = rootFields(app).find((field) => field.name === name);
  if (!found) throw new Error(`no root field ${name}`);
  return found;
}

/** Everything of an answer that stands under one of these names, at any depth. */
export function valuesUnder(answer: unknown, names: ReadonlySet<string>): unknown[] {
  if (Array.isArray(answer)) return answer.flatMap((each) => valuesUnder(each, names));
  if (typeof answer !== 'object' || answer === null) return [];
  return Object.entries(answer).flatMap(([key, value]) => [
    ...(names.has(key) ? [value as unknown] : []),
    ...valuesUnder(value, names),
  ]);
}

/** Runs them a few at a time, and gives the results in order. */
export async function inParallel<T, R>(
  items: readonly T[],
  act: (item: T) => Promise<R>,
  width = 6,
): Promise<R[]> {
  const results: R[] = [];
  const queue = [...items.entries()];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) results[next[0]] = await act(next[1]);
  };
  await Promise.all(Array.from({ length: width }, work));
  return results;
}
