import type { AttributeRule } from './attribute-rule.js';
import type { Geography } from './geography.js';
import { conditionsOf, type RouteEntry } from './route.js';
import type { SourceRule } from './source-rule.js';

/** One condition of an entry on the lead itself; failing it is FILTER_MISMATCH. */
export type Clause =
  | { readonly kind: 'GEOGRAPHY'; readonly geography: Geography }
  | { readonly kind: 'SOURCES'; readonly sources: SourceRule }
  | { readonly kind: 'RULE'; readonly rule: AttributeRule };

/** The conditions of an entry in the order in which they are checked, and by which a decision numbers them. */
export function clausesOf(entry: RouteEntry): readonly Clause[] {
  return conditionsOf(entry).flatMap(({ geography, sources, rules }): readonly Clause[] => [
    ...(geography.only.length + geography.except.length > 0
      ? [{ kind: 'GEOGRAPHY', geography } as const]
      : []),
    ...(sources.only.length + sources.except.length > 0 ? [{ kind: 'SOURCES', sources } as const] : []),
    ...rules.map((rule) => ({ kind: 'RULE', rule }) as const),
  ]);
}
