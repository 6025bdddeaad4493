/**
 * A submission out of a body that may hold anything, as strictly as GraphQL coerces its variables: what has another type than leadShape says
 * is refused by its path, a name that is not in it as well, and nothing that was sent is repeated. Rules about values are the domain's.
 */
import { type Refusal, refusal } from '#outcome';
import { maxScalarLength, readInstant, scalarHints } from '../graphql/scalars.js';
import type { SubmitLeadInput } from '../leads/leads.types.js';
import { type Group, type Leaf, leadShape, type LeafType, type Shape } from './lead-shape.js';

/** A body may be wrong in a hundred thousand places; the first ones tell enough. */
const maxProblems = 20;

export interface LeadRead {
  readonly lead: SubmitLeadInput | null;
  readonly refusals: readonly Refusal[];
  /** The names of attributes that came as an object, as they may be shown; null for a list, which has places. */
  readonly names: readonly string[] | null;
}

const messages = {
  text: 'A text is expected.',
  id: 'An id is expected, as a text.',
  decimal: `This must be ${scalarHints['Decimal'] ?? ''}.`,
  currency: `This must be ${scalarHints['CurrencyCode'] ?? ''}.`,
  instant: `An instant is expected: ${scalarHints['DateTime'] ?? ''}.`,
  integer: 'A number is expected.',
  boolean: 'true or false is expected.',
  group: 'An object is expected.',
  pairs: 'A list of objects with key and value is expected, or an object of texts.',
  unknown: 'There is no such field here.',
  once: 'Each name once.',
} as const;

export function repeatedRefusal(path: readonly string[]): Refusal {
  return invalid(path.map(shownName), messages.once);
}

export function unexpectedRefusal(path: readonly string[]): Refusal {
  return invalid(path.map(shownName), messages.unknown);
}

/** Of JSON. `path` is where in the body it stands. */
export function readLead(value: unknown, path: readonly string[], shape: Group = leadShape): LeadRead {
  return new Reading(shape).lead(value, path);
}

/** Of a form: names with dots, such as contact.email and attributes.roof; empty fields are as none. */
export function readFormLead(
  fields: readonly (readonly [string, string])[],
  shape: Group = leadShape,
): LeadRead {
  const reading = new Reading(shape);
  const value: Members = new Map();
  for (const [name, text] of fields) reading.place(value, name.split('.'), text);
  return reading.lead(value, []);
}

/** An object of a form, whose names are the sender's: no plain object, where some names mean something. */
type Members = Map<string, unknown>;

class Reading {
  private readonly refusals: Refusal[] = [];
  private names: readonly string[] | null = null;

  constructor(private readonly shape: Group) {}

  lead(value: unknown, path: readonly string[]): LeadRead {
    const lead = this.group(this.shape, value, path);
    // As leadShape says, and that is as SubmitLeadInput says.
    return this.refusals.length > 0
      ? { lead: null, refusals: this.refusals, names: null }
      : { lead: lead as unknown as SubmitLeadInput, refusals: [], names: this.names };
  }

  /** Puts a field of a form where it stands in a lead, as the type that it has there. */
  place(into: Members, names: readonly string[], text: string): void {
    let members = into;
    let shape: Shape = this.shape;
    for (const [depth, name] of names.entries()) {
      if (shape.type === 'pairs') {
        // A key may have dots itself.
        if (text !== '') this.put(members, names.slice(depth).join('.'), text, names);
        return;
      }
      const inner: Shape | undefined = shape.type === 'group' ? own(shape.fields, name) : undefined;
      if (!inner) return this.refuse(names, messages.unknown);
      shape = inner;
      if (shape.type !== 'group' && shape.type !== 'pairs') {
        if (depth < names.length - 1) return this.refuse(names, messages.unknown);
        if (text !== '') this.put(members, name, typed(shape.type, text), names);
        return;
      }
      const below: unknown = members.get(name) ?? new Map<string, unknown>();
      if (!(below instanceof Map)) return this.refuse(names, messages.unknown);
      if (depth < names.length - 1 && text !== '') members.set(name, below);
      members = below as Members;
    }
    if (text !== '') this.refuse(names, messages[shape.type]);
  }

  private put(members: Members, name: string, value: unknown, path: readonly string[]): void {
    if (members.has(name)) this.refuse(path, messages.once);
    else members.set(name, value);
  }

  private group(shape: Group, value: unknown, path: readonly string[]): Record<string, unknown> | null {
    const given = entriesOf(value);
    if (!given) {
      this.refuse(path, messages.group);
      return null;
    }
    const read: Record<string, unknown> = {};
    for (const [name, member] of given) {
      const inner = own(shape.fields, name);
      if (inner) read[name] = this.value(inner, member, [...path, name]);
      else this.refuse([...path, name], messages.unknown);
    }
    for (const [name, { required }] of Object.entries(shape.fields)) {
      if (required && (read[name] === undefined || read[name] === null) && !this.isTold([...path, name]))
        this.add(refusal('REQUIRED', { field: [...path, name] }));
    }
    return read;
  }

  private value(shape: Shape, value: unknown, path: readonly string[]): unknown {
    if (value === null) return null;
    if (shape.type === 'group') return this.group(shape, value, path);
    if (shape.type === 'pairs') return this.pairs(value, path);
    return this.leaf(shape, value, path);
  }

  private leaf({ type }: Leaf, value: unknown, path: readonly string[]): unknown {
    switch (type) {
      case 'integer':
        return typeof value === 'number' ? value : this.refuse(path, messages.integer);
      case 'boolean':
        return typeof value === 'boolean' ? value : this.refuse(path, messages.boolean);
      case 'instant':
        return readInstant(value) ?? this.refuse(path, messages.instant);
      case 'decimal':
      case 'currency':
        return typeof value === 'string' && value.length <= maxScalarLength
          ? value
          : this.refuse(path, messages[type]);
      case 'text':
      case 'id':
        return typeof value === 'string' ? value : this.refuse(path, messages[type]);
    }
  }

  private pairs(value: unknown, path: readonly string[]): unknown {
    if (Array.isArray(value))
      return value
        .slice(0, maxListed(value.length))
        .map((pair, index) => this.pair(pair, [...path, String(index)]));
    const given = entriesOf(value);
    if (!given) return this.refuse(path, messages.pairs);
    this.names = given.map(([name]) => shownName(name));
    return given.map(([key, text]) => {
      if (typeof text !== 'string') this.refuse([...path, key], messages.text);
      return { key, value: text };
    });
  }

  private pair(value: unknown, path: readonly string[]): Record<string, unknown> | null {
    return this.group(pairShape, value, path);
  }

  private isTold(path: readonly string[]): boolean {
    const at = path.join('.');
    return this.refusals.some(({ field }) => field?.join('.') === at);
  }

  private refuse(path: readonly string[], message: string): undefined {
    this.add(invalid(path.map(shownName), message));
    return undefined;
  }

  private add(problem: Refusal): void {
    if (this.refusals.length < maxProblems) this.refusals.push(problem);
  }
}

const pairShape: Group = {
  type: 'group',
  fields: { key: { type: 'text', required: true }, value: { type: 'text', required: true } },
};

/** More than the domain takes is left to it to refuse, without reading all of it. */
function maxListed(length: number): number {
  return Math.min(length, 1_000);
}

function own(fields: Readonly<Record<string, Shape>>, name: string): Shape | undefined {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

function entriesOf(value: unknown): (readonly [string, unknown])[] | undefined {
  if (value instanceof Map) return [...(value as Members)];
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.entries(value)
    : undefined;
}

/** The text of a form as the type that its field has; unchanged, and refused later, when it is none. */
function typed(type: LeafType, text: string): unknown {
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  return type === 'integer' && /^-?\d{1,9}$/.test(text) ? Number(text) : text;
}

function invalid(field: readonly string[], message: string): Refusal {
  return refusal('INVALID_VALUE', { field, message });
}

/** A name that somebody sent may be anything, a person's address too; one that looks like a name of a field helps. */
function shownName(name: string): string {
  return /^\w{1,64}$/.test(name) ? name : '?';
}
