import type { AttributeRule } from './attribute-rule.js';
import type { RouteEntry } from './route.js';

/** One condition of an entry on the lead itself; failing it is FILTER_MISMATCH. */
export type Clause =
  | { readonly kind: 'GEOGRAPHY' }
  | { readonly kind: 'SOURCES' }
  | { readonly kind: 'RULE'; readonly rule: AttributeRule };

/** The conditions of an entry in the order in which they are checked, and by which a decision numbers them. */
export function clausesOf(entry: Pick<RouteEntry, 'geography' | 'sources' | 'rules'>): readonly Clause[] {
  const { geography, sources, rules } = entry;
  return [
    ...(geography.only.length + geography.except.length > 0 ? [{ kind: 'GEOGRAPHY' } as const] : []),
    ...(sources.only.length + sources.except.length > 0 ? [{ kind: 'SOURCES' } as const] : []),
    ...rules.map((rule) => ({ kind: 'RULE', rule }) as const),
  ];
}
