import { expectationOf } from './attribute-value.js';
import { type LeadProblem, schemaMessages } from './lead-rules.js';
import { contactFieldNames, type LeadAttribute, type SchemaDefinition } from './vertical.js';

/** A refusal that a schema may give; `attribute` is whose, where it is one's. `N` in the path is a place in the list. */
export interface SchemaRefusal extends LeadProblem {
  readonly attribute: string | null;
}

/** Every refusal that the schema may give on top of those that any lead may get. */
export function schemaRefusals(schema: SchemaDefinition): readonly SchemaRefusal[] {
  const { requiredContact, consentRequired, otherAttributes, attributes } = schema;
  const refusals: SchemaRefusal[] = requiredContact.map((field) =>
    required(['contact', contactFieldNames[field]], schemaMessages.contactRequired),
  );
  if (consentRequired) {
    refusals.push(
      required(['consent', 'text'], schemaMessages.consentTextRequired),
      required(['consent', 'capturedAt'], schemaMessages.consentTimeRequired),
    );
  }
  if (!otherAttributes) {
    const message = schemaMessages.unknownAttribute;
    refusals.push({ code: 'INVALID_VALUE', field: ['attributes', 'N', 'key'], message, attribute: null });
  }
  return [...refusals, ...attributes.flatMap(refusalsOf)];
}

function refusalsOf(attribute: LeadAttribute): SchemaRefusal[] {
  const { key } = attribute;
  const message = expectationOf(attribute);
  const invalid: SchemaRefusal = {
    code: 'INVALID_VALUE',
    field: ['attributes', 'N', 'value'],
    message,
    attribute: key,
  };
  if (!attribute.required) return [invalid];
  return [{ ...required(['attributes', key], message), attribute: key }, invalid];
}

function required(field: readonly string[], message: string): SchemaRefusal {
  return { code: 'REQUIRED', field, message, attribute: null };
}
