/**
 * What an operation costs, known before it runs. A field with an object costs 1, one with a scalar nothing; a list multiplies what is
 * below it by the page that was asked for (20 when it is not said), `count` on a connection costs 10, a mutation 10. Fields count
 * whether or not `@include` would leave them out. Nothing is given back for short pages: `actualQueryCost` equals the requested cost,
 * because counting rows as they come would tax every list for a refund that few callers need.
 *
 * Leads are paid from a bucket of their own, counted in leads; it also pays for up to ten points of answer per lead, so that intake
 * is never held up by the bucket for queries.
 *
 * The document is analysed once and kept with it; a request only puts its variables in, which for `submitLead` is one addition.
 */
import {
  type ArgumentNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  getNamedType,
  getNullableType,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';
import { defaultPageSize, maxPageSize } from './connection.js';

export const mutationCost = 10;
export const countCost = 10;
export const introspectionCost = 10;
/** Points of answer that the lead bucket pays for, per lead. */
export const answerPointsPerLead = 10;

/** Mutations that take leads, with the list inside `input` that holds them; null for exactly one. */
export const leadMutations: ReadonlyMap<string, string | null> = new Map([
  ['submitLead', null],
  ['submitLeads', 'leads'],
]);

/** Lists without a page that are always short, with how long they are taken to be; counting twenty would make them look dear. */
const shortLists: ReadonlyMap<string, number> = new Map([
  // Empty when all is well.
  ['userErrors', 1],
  // One for each currency in which somebody has money.
  ['payoutPreview', 4],
  ['fundingGap', 4],
  ['totals', 4],
  // Why a settlement's money waits: a few reasons at once.
  ['holds', 4],
]);

export interface OperationCost {
  /** Points to take from the query bucket. */
  readonly points: number;
  /** Leads to take from the lead bucket. */
  readonly leads: number;
}

type Variables = Readonly<Record<string, unknown>>;
type Amount = number | ((variables: Variables) => number);

interface Plan {
  readonly points: Amount;
  readonly answerPoints: Amount;
  readonly leads: Amount;
  readonly isLeadsOnly: boolean;
}

const plans = new WeakMap<DocumentNode, Map<OperationDefinitionNode, Plan>>();

/** The cost of one operation of a validated document, with the raw variables of the request. */
export function costOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Variables = {},
): OperationCost {
  let known = plans.get(document);
  if (!known) plans.set(document, (known = new Map()));
  let plan = known.get(operation);
  if (!plan) known.set(operation, (plan = new Analysis(schema, document, operation).plan()));
  const leads = evaluate(plan.leads, variables);
  const points =
    evaluate(plan.points, variables) +
    Math.max(0, evaluate(plan.answerPoints, variables) - leads * answerPointsPerLead);
  return { points: plan.isLeadsOnly ? points : Math.max(1, points), leads };
}

function evaluate(amount: Amount, variables: Variables): number {
  return typeof amount === 'number' ? amount : amount(variables);
}

function add(a: Amount, b: Amount): Amount {
  if (typeof a === 'number' && typeof b === 'number') return a + b;
  if (a === 0) return b;
  if (b === 0) return a;
  return (variables) => evaluate(a, variables) + evaluate(b, variables);
}

function multiply(a: Amount, b: Amount): Amount {
  if (typeof a === 'number' && typeof b === 'number') return a * b;
  if (a === 0 || b === 0) return 0;
  return (variables) => evaluate(a, variables) * evaluate(b, variables);
}

class Analysis {
  private readonly fragments = new Map<string, FragmentDefinitionNode>();

  constructor(
    private readonly schema: GraphQLSchema,
    document: DocumentNode,
    private readonly operation: OperationDefinitionNode,
  ) {
    for (const definition of document.definitions) {
      if (definition.kind === Kind.FRAGMENT_DEFINITION) this.fragments.set(definition.name.value, definition);
    }
  }

  plan(): Plan {
    const root = this.schema.getRootType(this.operation.operation);
    let points: Amount = 0;
    let answerPoints: Amount = 0;
    let leads: Amount = 0;
    let isLeadsOnly = true;
    if (!root) return { points, answerPoints, leads, isLeadsOnly: false };
    const isMutation = this.operation.operation === 'mutation';
    for (const { field, parent } of this.fieldsOf(this.operation.selectionSet, root)) {
      const listName = isMutation ? leadMutations.get(field.name.value) : undefined;
      if (listName === undefined) {
        isLeadsOnly = false;
        points = add(
          points,
          isMutation ? add(mutationCost, this.below(field, parent)) : this.field(field, parent),
        );
      } else {
        leads = add(leads, this.leadsIn(field, listName));
        answerPoints = add(answerPoints, this.below(field, parent));
      }
    }
    return { points, answerPoints, leads, isLeadsOnly };
  }

  /** Cost of the field itself and all below it. */
  private field(field: FieldNode, parent: GraphQLNamedType): Amount {
    const name = field.name.value;
    if (name === '__schema' || name === '__type') return introspectionCost;
    const definition = fieldDefinition(parent, name);
    if (!definition || !isCompositeType(getNamedType(definition.type))) {
      return name === 'count' && parent.name.endsWith('Connection') ? countCost : 0;
    }
    const own = name === 'edges' ? 0 : 1;
    return isListType(getNullableType(definition.type))
      ? multiply(this.sizeOfList(field, definition, parent), add(own, this.below(field, parent)))
      : add(own, this.below(field, parent));
  }

  /** Cost of what is selected below a field; below a connection, the lists in it are as long as its page. */
  private below(field: FieldNode, parent: GraphQLNamedType): Amount {
    const definition = fieldDefinition(parent, field.name.value);
    if (!definition || !field.selectionSet) return 0;
    const type = getNamedType(definition.type);
    const isConnection = type.name.endsWith('Connection') && hasPageArguments(definition);
    const page = isConnection ? this.pageSize(field) : 1;
    let sum: Amount = 0;
    for (const selected of this.fieldsOf(field.selectionSet, type)) {
      const isRows = isConnection && ['edges', 'nodes'].includes(selected.field.name.value);
      const cost = isRows
        ? multiply(
            page,
            add(selected.field.name.value === 'nodes' ? 1 : 0, this.below(selected.field, selected.parent)),
          )
        : this.field(selected.field, selected.parent);
      sum = add(sum, cost);
    }
    return sum;
  }

  /** The fields of a selection with all fragments spread out; the document's limits have bounded how many that can be. */
  private *fieldsOf(
    set: SelectionSetNode,
    parent: GraphQLNamedType,
  ): Iterable<{ field: FieldNode; parent: GraphQLNamedType }> {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) {
        yield { field: selection, parent };
        continue;
      }
      const fragment =
        selection.kind === Kind.INLINE_FRAGMENT ? selection : this.fragments.get(selection.name.value);
      if (!fragment) continue;
      const condition = fragment.typeCondition && this.schema.getType(fragment.typeCondition.name.value);
      yield* this.fieldsOf(fragment.selectionSet, condition ?? parent);
    }
  }

  private sizeOfList(
    field: FieldNode,
    definition: GraphQLField<unknown, unknown>,
    parent: GraphQLNamedType,
  ): Amount {
    const ids = argument(field, 'ids');
    if (ids) return this.lengthOf(ids.value, []);
    if (hasPageArguments(definition)) return this.pageSize(field);
    const short = isConnectionType(parent) ? undefined : shortLists.get(field.name.value);
    return short ?? defaultPageSize;
  }

  private pageSize(field: FieldNode): Amount {
    const given = argument(field, 'first') ?? argument(field, 'last');
    if (!given) return defaultPageSize;
    if (given.value.kind === Kind.INT) return clampPage(Number(given.value.value));
    if (given.value.kind !== Kind.VARIABLE) return defaultPageSize;
    const name = given.value.name.value;
    const fallback = this.defaultOf(name);
    return (variables) => clampPage(variables[name] ?? fallback);
  }

  private defaultOf(variable: string): number {
    const definition = this.operation.variableDefinitions?.find(
      ({ variable: { name } }) => name.value === variable,
    );
    return definition?.defaultValue?.kind === Kind.INT
      ? Number(definition.defaultValue.value)
      : defaultPageSize;
  }

  private leadsIn(field: FieldNode, listName: string | null): Amount {
    if (listName === null) return 1;
    const input = argument(field, 'input');
    return input ? this.lengthOf(input.value, [listName]) : 0;
  }

  /** The length of the list at a path below a value: of a literal now, of a variable when the request comes. */
  private lengthOf(value: ValueNode, path: readonly string[]): Amount {
    if (value.kind === Kind.VARIABLE) {
      const name = value.name.value;
      return (variables) => lengthAt(variables[name], path);
    }
    const [head, ...rest] = path;
    if (head !== undefined) {
      const inner =
        value.kind === Kind.OBJECT ? value.fields.find((entry) => entry.name.value === head) : undefined;
      return inner ? this.lengthOf(inner.value, rest) : 0;
    }
    return value.kind === Kind.LIST ? value.values.length : 1;
  }
}

function lengthAt(value: unknown, path: readonly string[]): number {
  let at = value;
  for (const key of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return 0;
    at = Reflect.get(at, key);
  }
  if (at === null || at === undefined) return 0;
  return Array.isArray(at) ? at.length : 1;
}

/** A page out of bounds is refused by the list itself, which names the argument; here it only must not upset the sum. */
function clampPage(size: unknown): number {
  return typeof size === 'number' && Number.isFinite(size)
    ? Math.min(Math.max(Math.trunc(size), 1), maxPageSize)
    : defaultPageSize;
}

function argument(field: FieldNode, name: string): ArgumentNode | undefined {
  return field.arguments?.find((given) => given.name.value === name);
}

function fieldDefinition(type: GraphQLNamedType, name: string): GraphQLField<unknown, unknown> | undefined {
  return isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;
}

function hasPageArguments(definition: GraphQLField<unknown, unknown>): boolean {
  return definition.args.some(({ name }) => name === 'first' || name === 'last');
}

function isConnectionType(type: GraphQLNamedType): boolean {
  return type.name.endsWith('Connection');
}
