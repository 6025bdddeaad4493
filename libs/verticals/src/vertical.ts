/** What the value of an attribute is; every value travels as text and is read by its type. */
export const attributeTypes = ['TEXT', 'INTEGER', 'DECIMAL', 'BOOLEAN', 'DATE', 'ENUM'] as const;
export type AttributeType = (typeof attributeTypes)[number];

/** The parts of a contact that a schema may require, with their names in a submission. */
export const contactFieldNames = {
  EMAIL: 'email',
  PHONE: 'phone',
  GIVEN_NAME: 'givenName',
  FAMILY_NAME: 'familyName',
  POSTAL_CODE: 'postalCode',
  COUNTRY: 'country',
} as const;
export type ContactField = keyof typeof contactFieldNames;
export const contactFields = Object.keys(contactFieldNames) as readonly ContactField[];

/** One question that every lead of a vertical answers, or may answer. */
export interface LeadAttribute {
  /** Stable: what agencies send and buyers filter by. It keeps its type forever. */
  readonly key: string;
  readonly type: AttributeType;
  readonly required: boolean;
  readonly label: string;
  readonly description: string | null;
  /** Least and greatest value of an INTEGER, DECIMAL or DATE, in its normal form; both are allowed themselves. */
  readonly min: string | null;
  readonly max: string | null;
  /** Of a TEXT, in UTF-16 code units. */
  readonly maxLength: number | null;
  /** Of an ENUM. */
  readonly values: readonly string[];
  readonly example: string | null;
  /** About the person: kept as carefully as the contact. Once set it stays. */
  readonly personal: boolean;
}

/** What a schema demands; stored as it is, so fields are added and never renamed. */
export interface SchemaDefinition {
  readonly attributes: readonly LeadAttribute[];
  readonly requiredContact: readonly ContactField[];
  /** The text that the person agreed to, and when. */
  readonly consentRequired: boolean;
  /** Attributes that the schema does not name are taken as they are; otherwise they are refused. */
  readonly otherAttributes: boolean;
}

/** One published version of what leads of a vertical must be. Immutable. */
export interface LeadSchema extends SchemaDefinition {
  readonly vertical: string;
  /** 1, 2, 3 … */
  readonly version: number;
  /** Until when the version before this one is taken as well; null: it is not, or this one takes all that it took. */
  readonly previousAcceptedUntil: Date | null;
  readonly publishedBy: string;
  readonly publishedAt: Date;
}

/** An industry that the operator has defined. Contracts and leads name it by its key. */
export interface Vertical {
  readonly key: string;
  readonly name: string;
  /** ISO 3166-1: how national phone numbers and postal codes are read when a lead names no country. */
  readonly defaultCountry: string | null;
  /** Counts every change of it, a new schema included. */
  readonly version: number;
  /** The newest schema; null as long as none is published, and then only the contact is checked. */
  readonly schemaVersion: number | null;
  /** For how many days of 24 hours a person who was accepted counts as the same lead; 0: never. */
  readonly dedupeWindowDays: number;
  /** More leads of one source within a minute are set aside; null: as many as come. */
  readonly sourceLeadsPerMinute: number | null;
  readonly createdAt: Date;
  readonly changedAt: Date;
}

/** Where nothing is said, and for a vertical that is not defined. */
export const defaultDedupeWindowDays = 30;
/** The longest that a window may be. */
export const maxDedupeWindowDays = 365;
/** The highest limit that can be set; without one there is none. */
export const maxSourceLeadsPerMinute = 100_000;

/** A list of any length would be read on every submission. */
export const maxAttributes = 100;
/** Of an attribute's value, and of what a TEXT may be bounded to. */
export const maxValueLength = 2_000;
