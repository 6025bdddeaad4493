import { expectationOf, type ValueReader, valueReader } from './attribute-value.js';
import {
  contactFieldNames,
  defaultDedupeWindowDays,
  type SchemaDefinition,
  type Vertical,
} from './vertical.js';

/** One reason why a lead is not taken; `field` is the path below the lead, and the message never has a value in it. */
export interface LeadProblem {
  readonly code: 'INVALID_VALUE' | 'REQUIRED';
  readonly field: readonly string[];
  readonly message: string;
}

export interface AttributeGiven {
  readonly key: string;
  readonly value: string;
}

/** What a schema looks at. The contact is in its normal form; each attribute's key stands once. */
export interface LeadFacts {
  readonly contact: {
    readonly [Field in (typeof contactFieldNames)[keyof typeof contactFieldNames]]: string | null;
  };
  readonly attributes: readonly AttributeGiven[];
  readonly consent: { readonly text: string | null; readonly capturedAt: Date | null } | null;
}

/** A lead as a schema sees it: the version that it was judged by, its attributes in normal form, and what is wrong. */
export interface LeadVerdict {
  readonly schemaVersion: number | null;
  readonly attributes: readonly AttributeGiven[];
  /** Attributes that the schema calls not personal. What it does not name may be anything, so it is not among them. */
  readonly publicKeys: ReadonlySet<string>;
  readonly problems: readonly LeadProblem[];
}

/** See {@link Vertical}. */
export type VerticalSettings = Pick<Vertical, 'dedupeWindowDays' | 'sourceLeadsPerMinute'>;

const defaultSettings: VerticalSettings = {
  dedupeWindowDays: defaultDedupeWindowDays,
  sourceLeadsPerMinute: null,
};

/** A schema version that leads are checked by at present; the newest one always, an older one for a time. */
export interface AcceptedSchema {
  /** Null: as before the first schema, when every attribute was taken. */
  readonly version: number | null;
  readonly definition: SchemaDefinition;
  /** Null for the newest. */
  readonly acceptedUntil: Date | null;
}

/** What was demanded before the first schema: nothing. */
export const noDemands: SchemaDefinition = {
  attributes: [],
  requiredContact: [],
  consentRequired: false,
  otherAttributes: true,
};

export const schemaMessages = {
  contactRequired: 'Leads of this vertical need it.',
  consentTextRequired: 'Leads of this vertical need the text that the person agreed to.',
  consentTimeRequired: 'Leads of this vertical need the moment at which the person agreed.',
  unknownAttribute: 'This vertical has no attribute of this key. Its specification page lists them.',
} as const;

interface CompiledAttribute {
  readonly key: string;
  readonly required: boolean;
  readonly read: ValueReader;
  readonly expectation: string;
}

/** One schema version, prepared: the hot path runs it for every lead, so nothing is looked up twice. */
class CompiledSchema {
  readonly acceptedUntil: Date | null;
  private readonly byKey: ReadonlyMap<string, CompiledAttribute>;
  private readonly required: readonly CompiledAttribute[];
  private readonly version: number | null;
  private readonly definition: SchemaDefinition;
  private readonly publicKeys: ReadonlySet<string>;

  constructor({ version, definition, acceptedUntil }: AcceptedSchema) {
    this.version = version;
    this.definition = definition;
    this.acceptedUntil = acceptedUntil;
    const compiled = definition.attributes.map((attribute): CompiledAttribute => ({
      key: attribute.key,
      required: attribute.required,
      read: valueReader(attribute),
      expectation: expectationOf(attribute),
    }));
    this.byKey = new Map(compiled.map((each) => [each.key, each]));
    this.required = compiled.filter((each) => each.required);
    this.publicKeys = new Set(definition.attributes.flatMap(({ key, personal }) => (personal ? [] : [key])));
  }

  judge(facts: LeadFacts): LeadVerdict {
    const problems: LeadProblem[] = [];
    const attributes = this.readAttributes(facts.attributes, problems);
    const { requiredContact, consentRequired } = this.definition;
    for (const field of requiredContact) {
      const name = contactFieldNames[field];
      if (facts.contact[name] === null)
        problems.push(required(['contact', name], schemaMessages.contactRequired));
    }
    if (consentRequired) {
      const { text = null, capturedAt = null } = facts.consent ?? {};
      if (text === null || text.trim() === '')
        problems.push(required(['consent', 'text'], schemaMessages.consentTextRequired));
      if (capturedAt === null)
        problems.push(required(['consent', 'capturedAt'], schemaMessages.consentTimeRequired));
    }
    return { schemaVersion: this.version, attributes, publicKeys: this.publicKeys, problems };
  }

  /** An empty value is none: a form that sends every field may leave some empty. */
  private readAttributes(given: readonly AttributeGiven[], problems: LeadProblem[]): AttributeGiven[] {
    const taken: AttributeGiven[] = [];
    const answered = new Set<string>();
    given.forEach(({ key, value }, index) => {
      const attribute = this.byKey.get(key);
      if (!attribute) {
        if (this.definition.otherAttributes) taken.push({ key, value });
        else problems.push(invalid(['attributes', String(index), 'key'], schemaMessages.unknownAttribute));
        return;
      }
      const text = value.trim();
      if (text === '') return;
      answered.add(key);
      const read = attribute.read(text);
      if (read === undefined)
        problems.push(invalid(['attributes', String(index), 'value'], attribute.expectation));
      else taken.push({ key, value: read });
    });
    for (const { key, expectation } of this.required) {
      if (!answered.has(key)) problems.push(required(['attributes', key], expectation));
    }
    return taken;
  }
}

const noKeys: ReadonlySet<string> = new Set();

function required(field: readonly string[], message: string): LeadProblem {
  return { code: 'REQUIRED', field, message };
}

function invalid(field: readonly string[], message: string): LeadProblem {
  return { code: 'INVALID_VALUE', field, message };
}

/**
 * What leads of one vertical are checked by at present. `version` counts every change of the vertical, and is 0 for one
 * that is not defined: whoever kept the rules compares it with the present one before relying on them.
 */
export class LeadRules {
  private readonly schemas: readonly CompiledSchema[];

  constructor(
    readonly version: number,
    readonly defaultCountry: string | null,
    /** The newest first. */
    accepted: readonly AcceptedSchema[],
    /** How leads of the vertical are looked at beside their schema. */
    readonly settings: VerticalSettings = defaultSettings,
  ) {
    this.schemas = accepted.map((each) => new CompiledSchema(each));
  }

  /**
   * By the newest schema; what it refuses is taken if an older one that is still accepted at `now` takes it. Without a
   * schema everything is taken as it is.
   */
  judge(facts: LeadFacts, now: Date): LeadVerdict {
    const [newest, ...older] = this.schemas;
    if (!newest)
      return { schemaVersion: null, attributes: facts.attributes, publicKeys: noKeys, problems: [] };
    const verdict = newest.judge(facts);
    if (verdict.problems.length === 0) return verdict;
    for (const schema of older) {
      if (!schema.acceptedUntil || schema.acceptedUntil <= now) continue;
      const lenient = schema.judge(facts);
      if (lenient.problems.length === 0) return lenient;
    }
    return verdict;
  }
}

/** The rules of a vertical that nobody has defined: none beyond those of every lead. */
export const noRules = new LeadRules(0, null, []);
