/**
 * Relay connections for every list: `edges`, `nodes`, `pageInfo` and a capped `count(max:)`. Pages are keyset pages (an offset costs
 * more the further one reads); a list is read with one row more than asked for, which tells whether another page follows. The total
 * is never counted beyond a bound, because counting a tenant's millions of rows would cost more than the page.
 */
import type { Type } from '@nestjs/common';
import { ArgsType, Field, Int, ObjectType, TypeMetadataStorage } from '@nestjs/graphql';
import { Allow } from 'class-validator';
import { type CursorSpec, decodeCursor, encodeCursor } from './cursor.js';
import { badUserInput } from './errors.js';

export const defaultPageSize = 20;
export const maxPageSize = 100;
export const defaultCountMax = 1_000;
export const countMaxLimit = 10_000;

/** The four arguments of every list; use as `@Args() page: PageArgs`, or extend it with filters. */
@ArgsType()
export class PageArgs {
  @Allow()
  @Field(() => Int, {
    nullable: true,
    description: 'How many from the start, 1 to 100; 20 when neither first nor last is given.',
  })
  first?: number | null;

  @Allow()
  @Field(() => String, { nullable: true, description: 'Goes with first: only what follows this cursor.' })
  after?: string | null;

  @Allow()
  @Field(() => Int, { nullable: true, description: 'How many from the end, 1 to 100.' })
  last?: number | null;

  @Allow()
  @Field(() => String, { nullable: true, description: 'Goes with last: only what precedes this cursor.' })
  before?: string | null;
}

/** A page as a query needs it: `limit` rows (fetch `limit + 1`), after or before a key; backwards means in reverse order. */
export interface Page {
  readonly limit: number;
  readonly backwards: boolean;
  readonly after?: readonly string[];
  readonly before?: readonly string[];
  readonly cursor: CursorSpec;
}

/** Reads and checks the arguments; throws BAD_USER_INPUT (400) that names the argument and not its value. */
export function readPage(args: PageArgs, cursor: CursorSpec): Page {
  const first = args.first ?? undefined;
  const last = args.last ?? undefined;
  if (first !== undefined && last !== undefined) throw badUserInput('last', 'Give first or last, not both.');
  checkSize('first', first);
  checkSize('last', last);
  const after = readCursor('after', args.after, cursor);
  const before = readCursor('before', args.before, cursor);
  const backwards = last !== undefined;
  if (backwards && after) throw badUserInput('after', 'after goes with first; with last, give before.');
  if (!backwards && before) throw badUserInput('before', 'before goes with last; with first, give after.');
  return {
    limit: first ?? last ?? defaultPageSize,
    backwards,
    ...(after ? { after } : {}),
    ...(before ? { before } : {}),
    cursor,
  };
}

function checkSize(argument: 'first' | 'last', size: number | undefined): void {
  if (size === undefined) return;
  if (!Number.isInteger(size) || size < 1 || size > maxPageSize) {
    throw badUserInput(argument, `${argument} must be from 1 to ${maxPageSize}.`);
  }
}

function readCursor(argument: 'after' | 'before', text: string | null | undefined, spec: CursorSpec) {
  if (text === null || text === undefined) return undefined;
  const key = decodeCursor(spec, text);
  if (!key)
    throw badUserInput(
      argument,
      `${argument} is not a cursor of this list. Take one from pageInfo or edges of the same list.`,
    );
  return key;
}

@ObjectType({ description: 'Where a page stands in its list.' })
export class PageInfo {
  @Field(() => Boolean)
  hasNextPage: boolean;

  @Field(() => Boolean)
  hasPreviousPage: boolean;

  @Field(() => String, { nullable: true })
  startCursor: string | null;

  @Field(() => String, { nullable: true })
  endCursor: string | null;
}

export interface Edge<T> {
  readonly node: T;
  readonly cursor: string;
}

/** The value behind a connection type; `countUpTo` runs only when `count` is asked for. */
export interface ConnectionOf<T> {
  readonly edges: readonly Edge<T>[];
  readonly nodes: readonly T[];
  readonly pageInfo: PageInfo;
  countUpTo(max: number): number | Promise<number>;
}

export interface ToConnectionOptions<Row, Node> {
  /** The row's key as strings, in the order and shape of the list's cursor. */
  readonly keyOf: (row: Row) => readonly string[];
  /** Row to API type; called once per row. */
  readonly toNode: (row: Row) => Node;
  /** Counts the list, never further than `max`: `SELECT count(*) FROM (SELECT 1 … LIMIT max)`. */
  readonly countUpTo: (max: number) => number | Promise<number>;
}

/** Makes a connection of rows that were fetched with `page.limit + 1`, in reverse order when `page.backwards`. */
export function toConnection<Row, Node>(
  fetched: readonly Row[],
  page: Page,
  { keyOf, toNode, countUpTo }: ToConnectionOptions<Row, Node>,
): ConnectionOf<Node> {
  const rows = fetched.slice(0, page.limit);
  if (page.backwards) rows.reverse();
  const more = fetched.length > page.limit;
  const edges = rows.map((row) => ({ node: toNode(row), cursor: encodeCursor(page.cursor, keyOf(row)) }));
  return {
    edges,
    nodes: edges.map((edge) => edge.node),
    pageInfo: {
      hasNextPage: page.backwards ? page.before !== undefined : more,
      hasPreviousPage: page.backwards ? more : page.after !== undefined,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    countUpTo,
  };
}

/**
 * The connection and edge types of one node type: `export const LeadConnection = Connection(() => LeadType, 'Lead')` makes
 * `LeadConnection` and `LeadEdge`; fields use `@Field(() => LeadConnection)` with the value type `ConnectionOf<LeadType>`.
 */
export function Connection<T>(
  nodeType: () => Type<T> | (abstract new (...args: never[]) => T),
  name: string,
): Type<ConnectionOf<T>> {
  @ObjectType(`${name}Edge`)
  class EdgeType {
    @Field(nodeType)
    node: T;

    @Field(() => String)
    cursor: string;
  }

  @ObjectType(`${name}Connection`)
  class ConnectionType {
    @Field(() => [EdgeType])
    edges: EdgeType[];

    @Field(nodeListOf(nodeType), { description: 'The same as edges, without the cursors.' })
    nodes: T[];

    @Field(() => PageInfo)
    pageInfo: PageInfo;

    /** Resolved by the middleware: Nest's object types have no resolvers of their own, and one class per list would be noise. */
    @Field(() => Int, {
      description: `How many there are in the whole list, but never more than max (1 to ${countMaxLimit}).`,
      middleware: [({ source, args }) => readCount(source as ConnectionType, args as { max: number })],
    })
    readonly count: number;

    countUpTo: (max: number) => number | Promise<number>;
  }
  // What @Args() does for a method of a resolver; on an object type Nest would never load it.
  TypeMetadataStorage.addMethodParamMetadata({
    kind: 'arg',
    name: 'max',
    target: ConnectionType,
    methodName: 'count',
    index: 0,
    typeFn: () => Int,
    options: { defaultValue: defaultCountMax },
  });
  return ConnectionType;
}

function nodeListOf<T>(nodeType: () => T): () => [T] {
  return () => [nodeType()];
}

async function readCount(
  source: { countUpTo(max: number): number | Promise<number> },
  args: { max: number },
): Promise<number> {
  if (args.max < 1 || args.max > countMaxLimit)
    throw badUserInput('max', `max must be from 1 to ${countMaxLimit}.`);
  return Math.min(await source.countUpTo(args.max), args.max);
}
