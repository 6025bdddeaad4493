import type { AttributeType } from '#verticals';
import { invariant, type Refusal, refusal } from '#outcome';
import type { SentLead } from './sent-lead.js';
import {
  attributesIn,
  readTemplate,
  renderNullable,
  type Template,
  templateFaultMessages,
} from './template.js';

/** What a mapped value is in JSON. */
export const mappedTypes = ['TEXT', 'NUMBER', 'BOOLEAN'] as const;
export type MappedType = (typeof mappedTypes)[number];

/** One field of a body: where it stands, and what stands there. */
export interface MappedField {
  /** `person.email` is the field `email` of the object `person`. */
  readonly path: string;
  /** Text with fields of the lead in double braces. */
  readonly value: string;
  readonly type: MappedType;
}

export const maxMappedFields = 100;
export const longestPath = 200;
export const longestValue = 2_000;
const deepestPath = 6;

/** Attributes of a vertical by key, as its newest schema has them; `isOpen`: it takes others as well. */
export interface KnownAttributes {
  readonly types: ReadonlyMap<string, AttributeType>;
  readonly isOpen: boolean;
}

const pathMessage =
  'Names of letters, digits, _ and -, not beginning with a digit, at most six with dots between them, such as person.email.';
const reserved = new Set(['__proto__', 'prototype', 'constructor']);
const templateOptions = { maxLength: longestValue, multiline: true } as const;

/**
 * What is wrong with a mapping, by its place below `at`: each path once and none inside another, known fields, and types that
 * the value can have. `verticals` are those whose leads it is for; an attribute must be known to every one of them that is closed.
 */
export function mappingRefusals(
  fields: readonly MappedField[],
  verticals: readonly KnownAttributes[],
  at: readonly string[],
): Refusal[] {
  if (fields.length === 0 || fields.length > maxMappedFields) {
    const message = `Give 1 to ${maxMappedFields} fields, or leave fields out for the standard body.`;
    return [refusal('INVALID_VALUE', { field: at, message })];
  }
  const found: Refusal[] = [];
  const paths = fields.map(({ path }) => readPath(path));
  const seen = new Set<string>();
  fields.forEach((field, index) => {
    const refuse = (part: keyof MappedField, message: string): void =>
      void found.push(refusal('INVALID_VALUE', { field: [...at, String(index), part], message }));
    const steps = paths[index];
    if (!steps) refuse('path', pathMessage);
    else if (seen.has(field.path)) refuse('path', 'Each path once.');
    else if (isInsideAnother(steps, paths))
      refuse('path', 'Another path ends where this one goes on: it cannot be both a value and an object.');
    seen.add(field.path);
    const template = readTemplate(field.value, templateOptions);
    if (typeof template === 'string') refuse('value', templateFaultMessages[template]);
    else {
      const missing = attributesIn(template).find((key) => verticals.some((each) => !knows(each, key)));
      if (missing !== undefined)
        refuse('value', 'A vertical of these leads has no such attribute. Its specification lists them.');
      else if (!suits(field.type, template, verticals)) refuse('type', typeMessages[field.type]);
    }
  });
  return found;
}

const typeMessages: Readonly<Record<MappedType, string>> = {
  TEXT: '',
  NUMBER:
    'NUMBER is for one field that is a number (lead.score, or an attribute of a number), or for a fixed number.',
  BOOLEAN: 'BOOLEAN is for one field that is true or false (lead.test, or an attribute), or for a fixed one.',
};

function readPath(path: string): readonly string[] | undefined {
  if (path.length > longestPath) return undefined;
  const steps = path.split('.');
  const isSound = steps.every((name) => /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/.test(name) && !reserved.has(name));
  return isSound && steps.length <= deepestPath ? steps : undefined;
}

function isInsideAnother(steps: readonly string[], all: readonly (readonly string[] | undefined)[]): boolean {
  return all.some(
    (other) =>
      other !== undefined &&
      other.length < steps.length &&
      other.every((name, index) => name === steps[index]),
  );
}

function knows({ types, isOpen }: KnownAttributes, key: string): boolean {
  return isOpen || types.has(key);
}

const numeric = /^-?\d{1,15}(\.\d{1,10})?$/;
/** A double keeps so many digits as they are. */
const exactDigits = 15;

function isNumber(text: string): boolean {
  return numeric.test(text) && text.replaceAll(/[-.]/g, '').replace(/^0+/, '').length <= exactDigits;
}
const fits: Readonly<Record<Exclude<MappedType, 'TEXT'>, readonly AttributeType[]>> = {
  // What is TEXT in an open vertical may still be a number.
  NUMBER: ['INTEGER', 'DECIMAL'],
  BOOLEAN: ['BOOLEAN'],
};

function suits(type: MappedType, { parts }: Template, verticals: readonly KnownAttributes[]): boolean {
  if (type === 'TEXT') return true;
  const [only, ...others] = parts;
  if (!only || others.length > 0) return false;
  if (only.kind === 'TEXT') return type === 'NUMBER' ? isNumber(only.text) : /^(true|false)$/.test(only.text);
  if (only.kind === 'FIELD') return only.name === (type === 'NUMBER' ? 'lead.score' : 'lead.test');
  return verticals.every(({ types }) => {
    const known = types.get(only.key);
    return known === undefined || fits[type].includes(known);
  });
}

/** A mapping that was checked, ready to be filled. */
export interface CompiledMapping {
  readonly fields: readonly {
    readonly steps: readonly string[];
    readonly template: Template;
    readonly type: MappedType;
  }[];
}

/** Of a mapping without refusals. */
export function compileMapping(fields: readonly MappedField[]): CompiledMapping {
  return {
    fields: fields.map(({ path, value, type }) => {
      const steps = readPath(path);
      const template = readTemplate(value, templateOptions);
      invariant(steps && typeof template !== 'string', 'a mapping was saved that is none');
      return { steps, template, type };
    }),
  };
}

interface JsonObject {
  [name: string]: string | number | boolean | null | JsonObject;
}

/** The body of a lead by a mapping; what the lead does not have, or what is not of the type, is null. */
export function mapLead({ fields }: CompiledMapping, lead: SentLead): JsonObject {
  const body: JsonObject = {};
  for (const { steps, template, type } of fields) {
    let object = body;
    for (const name of steps.slice(0, -1)) {
      const inner = object[name];
      const next = typeof inner === 'object' && inner !== null ? inner : {};
      object[name] = next;
      object = next;
    }
    object[steps.at(-1) ?? ''] = typed(renderNullable(template, lead), type);
  }
  return body;
}

function typed(text: string | null, type: MappedType): string | number | boolean | null {
  if (text === null || type === 'TEXT') return text;
  if (type === 'NUMBER') return isNumber(text) ? Number(text) : null;
  return text === 'true' ? true : text === 'false' ? false : null;
}

/** The body where no mapping is given: everything there is. */
export function standardBody(lead: SentLead): object {
  const { deliveryId, leadId, contractId, agencyId, externalId, vertical, score, contact, source } = lead;
  const { receivedAt, consent, test } = lead;
  return {
    type: 'lead.delivery',
    timestamp: receivedAt.toISOString(),
    test,
    data: {
      ...{ deliveryId, leadId, contractId, agencyId, externalId, vertical, score, contact },
      attributes: Object.fromEntries(lead.attributes.map(({ key, value }) => [key, value])),
      source: source && { channel: source.channel, campaign: source.campaign, subId: source.subId },
      consent: consent && { ...consent, capturedAt: consent.capturedAt?.toISOString() ?? null },
    },
  };
}
