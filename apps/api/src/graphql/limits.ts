/**
 * Bounds on a document, before anything is executed. One walk over the document's tree measures everything; fragments are measured
 * once and remembered, so a bomb of doubling spreads is a multiplication here and not an expansion. The walk reports before the
 * specified rules do, so a caller whose document is both too large and wrong learns of the bound, with HTTP 400.
 *
 * Depth is counted in levels of fields: `{ a { b } }` is 2. Fragments add no level, and neither does `edges`, so that a connection
 * costs the same through `edges { node }` as through `nodes`. Introspection has a bound of its own.
 */
import {
  type DefinitionNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type SelectionSetNode,
  type ValidationContext,
  type ValidationRule,
  visit,
} from 'graphql';
import { type LimitCode, limitError } from './errors.js';

export interface DocumentLimits {
  /** Lexical tokens, enforced by the parser. */
  readonly tokens: number;
  /** UTF-16 code units of the source, enforced by the parser: tokens alone do not bound a string literal. */
  readonly sourceLength: number;
  readonly depth: number;
  /** Levels below `__schema` or `__type`, those included. */
  readonly introspectionDepth: number;
  readonly aliases: number;
  /** How often one response key may be selected in one selection set, fragments included. */
  readonly repeats: number;
  readonly directives: number;
  /** Fields of one operation with every fragment spread out. */
  readonly fields: number;
}

export const defaultDocumentLimits: DocumentLimits = {
  tokens: 1_000,
  sourceLength: 100_000,
  depth: 6,
  introspectionDepth: 20,
  aliases: 100,
  repeats: 50,
  directives: 50,
  fields: 2_000,
};

/** What the parser enforces itself; its message is recognized by the error formatter, which answers QUERY_TOO_LARGE. */
export function parserLimits(limits: DocumentLimits) {
  return {
    maxLexicalTokens: limits.tokens,
    maxSourceLength: limits.sourceLength,
    maxComments: limits.tokens,
  };
}

interface Measure {
  readonly depth: number;
  readonly introspectionDepth: number;
  /** With every fragment spread out; Infinity is possible and means what it says. */
  readonly fields: number;
}

/** A finding, in the order in which a caller should hear of it. */
export interface LimitFinding {
  readonly code: LimitCode;
  readonly message: string;
  readonly limit?: number;
}

/** The validation rule. It reports while the rules are set up, before the visit, and then has nothing to visit. */
export function documentLimitsRule(limits: DocumentLimits): ValidationRule {
  return (context: ValidationContext) => {
    for (const { code, message, limit } of checkDocument(context.getDocument(), limits)) {
      context.reportError(limitError(code, message, limit));
    }
    return {};
  };
}

/** Everything about the document that is out of bounds; empty for most. Terminates on cycles, and in quadratic time at worst. */
export function checkDocument(document: DocumentNode, limits: DocumentLimits): LimitFinding[] {
  const walk = new DocumentWalk(document);
  const { aliases, directives } = countNodes(document);
  const measures = document.definitions.map((definition) => walk.measureDefinition(definition));
  const most = (of: keyof Measure) => Math.max(0, ...measures.map((measure) => measure[of]));
  const repeats = walk.mostRepeats(limits.repeats);
  const bounds: readonly [LimitCode, found: number, limit: number, rule: string][] = [
    ['QUERY_TOO_DEEP', most('depth'), limits.depth, 'levels of fields in a query'],
    ['QUERY_TOO_DEEP', most('introspectionDepth'), limits.introspectionDepth, 'levels of introspection'],
    ['TOO_MANY_ALIASES', aliases, limits.aliases, 'aliases in a document'],
    ['TOO_MANY_DIRECTIVES', directives, limits.directives, 'directives in a document'],
    [
      'QUERY_TOO_LARGE',
      most('fields'),
      limits.fields,
      'fields in an operation, with its fragments spread out',
    ],
    ['FIELD_REPEATED_TOO_OFTEN', repeats, limits.repeats, 'selections of one field or alias in one place'],
  ];
  const findings: LimitFinding[] = walk.foundCycle
    ? [{ code: 'FRAGMENT_CYCLE', message: 'A fragment spreads itself, directly or through others.' }]
    : [];
  for (const [code, found, limit, rule] of bounds) {
    if (found > limit) findings.push({ code, limit, message: `At most ${limit} ${rule} are allowed.` });
  }
  return findings;
}

function countNodes(document: DocumentNode): { aliases: number; directives: number } {
  let aliases = 0;
  let directives = 0;
  visit(document, {
    Field(node) {
      if (node.alias) aliases += 1;
    },
    Directive() {
      directives += 1;
    },
  });
  return { aliases, directives };
}

class DocumentWalk {
  foundCycle = false;
  private readonly fragments = new Map<string, FragmentDefinitionNode>();
  private readonly measured = new Map<FragmentDefinitionNode, Measure>();
  private readonly open = new Set<FragmentDefinitionNode>();
  private readonly sets: SelectionSetNode[] = [];

  constructor(document: DocumentNode) {
    for (const definition of document.definitions) {
      if (definition.kind === Kind.FRAGMENT_DEFINITION) this.fragments.set(definition.name.value, definition);
    }
  }

  measureDefinition(definition: DefinitionNode): Measure {
    if (definition.kind === Kind.OPERATION_DEFINITION) return this.measure(definition.selectionSet);
    if (definition.kind !== Kind.FRAGMENT_DEFINITION) return nothing;
    const { depth, introspectionDepth, fields } = this.fragment(definition.name.value);
    // A fragment on __Type, as every introspection query has one, can only be spread below __schema or __type.
    const isIntrospection = definition.typeCondition.name.value.startsWith('__');
    return isIntrospection
      ? { depth: 0, introspectionDepth: Math.max(depth, introspectionDepth), fields }
      : { depth, introspectionDepth, fields };
  }

  private measure(set: SelectionSetNode): Measure {
    this.sets.push(set);
    let depth = 0;
    let introspectionDepth = 0;
    let fields = 0;
    for (const selection of set.selections) {
      const below = this.below(selection);
      fields += below.fields;
      introspectionDepth = Math.max(introspectionDepth, below.introspectionDepth);
      depth = Math.max(depth, below.depth);
    }
    return { depth, introspectionDepth, fields };
  }

  private below(selection: SelectionSetNode['selections'][number]): Measure {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return this.fragment(selection.name.value);
    const inner = selection.selectionSet ? this.measure(selection.selectionSet) : nothing;
    if (selection.kind === Kind.INLINE_FRAGMENT) return inner;
    const name = selection.name.value;
    if (name === '__schema' || name === '__type') {
      return { depth: 1, introspectionDepth: inner.depth + 1, fields: inner.fields + 1 };
    }
    const level = name === 'edges' && selection.selectionSet ? 0 : 1;
    return {
      depth: inner.depth + level,
      introspectionDepth: inner.introspectionDepth,
      fields: inner.fields + 1,
    };
  }

  private fragment(name: string): Measure {
    const fragment = this.fragments.get(name);
    if (!fragment) return nothing;
    const known = this.measured.get(fragment);
    if (known) return known;
    if (this.open.has(fragment)) {
      this.foundCycle = true;
      return nothing;
    }
    this.open.add(fragment);
    const measure = this.measure(fragment.selectionSet);
    this.open.delete(fragment);
    this.measured.set(fragment, measure);
    return measure;
  }

  /** The most selections of one response key in one set, merged as execution merges them: each fragment once per set. */
  mostRepeats(enough: number): number {
    let most = 0;
    for (const set of this.sets) {
      const counts = new Map<string, number>();
      this.countKeys(set, counts, new Set());
      for (const count of counts.values()) most = Math.max(most, count);
      if (most > enough) break;
    }
    return most;
  }

  private countKeys(set: SelectionSetNode, counts: Map<string, number>, spread: Set<string>): void {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) {
        const key = (selection.alias ?? selection.name).value;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        this.countKeys(selection.selectionSet, counts, spread);
      } else if (!spread.has(selection.name.value)) {
        spread.add(selection.name.value);
        const fragment = this.fragments.get(selection.name.value);
        if (fragment) this.countKeys(fragment.selectionSet, counts, spread);
      }
    }
  }
}

const nothing: Measure = { depth: 0, introspectionDepth: 0, fields: 0 };
