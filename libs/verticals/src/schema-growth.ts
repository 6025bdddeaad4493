import { refusal, type Refusal } from '#outcome';
import { compareValues, foldCase } from './attribute-value.js';
import { noDemands } from './lead-rules.js';
import { type LeadAttribute, type LeadSchema, maxValueLength, type SchemaDefinition } from './vertical.js';

/** How a new version stands to the one before. */
export interface SchemaGrowth {
  /** What may never change, with paths below `['input', 'schema']`. */
  readonly refusals: readonly Refusal[];
  /** What leads that the version before took may now be refused for, in words; empty for a compatible version. */
  readonly breaking: readonly string[];
}

/**
 * Compares a definition with every version before it (the newest last). A key keeps its type forever, even after it was
 * left out for a while, because buyers filter by it and stored leads have it; and what was personal stays so. Everything
 * else may change, and what takes something away is named.
 */
export function growthOf(earlier: readonly LeadSchema[], next: SchemaDefinition): SchemaGrowth {
  const refusals: Refusal[] = [];
  next.attributes.forEach((attribute, index) => {
    const at = ['input', 'schema', 'attributes', String(index)];
    const before = earlier.findLast(({ attributes }) => attributes.some(({ key }) => key === attribute.key));
    const known = before?.attributes.find(({ key }) => key === attribute.key);
    if (!before || !known) return;
    if (known.type !== attribute.type) {
      const message = `This key is of type ${known.type} in version ${before.version}, and keeps it. Take another key.`;
      refusals.push(refusal('INVALID_VALUE', { field: [...at, 'type'], message }));
    }
    if (known.personal && !attribute.personal) {
      const message = `This key is personal in version ${before.version}, and stays so. Take another key.`;
      refusals.push(refusal('INVALID_VALUE', { field: [...at, 'personal'], message }));
    }
  });
  const previous = earlier.at(-1) ?? noDemands;
  return { refusals, breaking: breakingChanges(previous, next) };
}

function breakingChanges(before: SchemaDefinition, next: SchemaDefinition): string[] {
  const changes: string[] = [];
  const nextByKey = new Map(next.attributes.map((each) => [each.key, each]));
  const beforeByKey = new Map(before.attributes.map((each) => [each.key, each]));
  for (const attribute of before.attributes) {
    const now = nextByKey.get(attribute.key);
    if (now) changes.push(...narrowed(attribute, now));
    else if (!next.otherAttributes) changes.push(`${attribute.key} is not taken any more.`);
  }
  for (const attribute of next.attributes) {
    if (beforeByKey.has(attribute.key)) continue;
    if (attribute.required) changes.push(`${attribute.key} is required.`);
    else if (before.otherAttributes) changes.push(`${attribute.key} is held to its type.`);
  }
  for (const field of next.requiredContact) {
    if (!before.requiredContact.includes(field)) changes.push(`contact ${field} is required.`);
  }
  if (next.consentRequired && !before.consentRequired) changes.push('consent is required.');
  if (before.otherAttributes && !next.otherAttributes)
    changes.push('attributes without a definition are refused.');
  return changes;
}

function narrowed(before: LeadAttribute, now: LeadAttribute): string[] {
  const changes: string[] = [];
  const { key } = now;
  if (now.required && !before.required) changes.push(`${key} is required.`);
  if (before.type !== now.type) return changes;
  if (isTighter(now.type, { before: before.min, now: now.min, sign: 1 }))
    changes.push(`${key} has a higher least value.`);
  if (isTighter(now.type, { before: before.max, now: now.max, sign: -1 }))
    changes.push(`${key} has a lower greatest value.`);
  if ((now.maxLength ?? maxValueLength) < (before.maxLength ?? maxValueLength))
    changes.push(`${key} must be shorter.`);
  const values = new Set(now.values.map(foldCase));
  const gone = before.values.filter((value) => !values.has(foldCase(value)));
  if (gone.length > 0) changes.push(`${key} does not take ${gone.length} of its values any more.`);
  return changes;
}

/** Whether a bound is new or moved inwards: upwards for a least value (`sign` 1), downwards for a greatest (-1). */
function isTighter(
  type: LeadAttribute['type'],
  bound: { readonly before: string | null; readonly now: string | null; readonly sign: 1 | -1 },
): boolean {
  if (bound.now === null) return false;
  return bound.before === null || compareValues(type, bound.now, bound.before) * bound.sign > 0;
}
