/** The person. Personal data: shown only with the `leads:contact` permission, never in logs, errors or URLs. */
export interface Contact {
  readonly email: string | null;
  readonly phone: string | null;
  readonly givenName: string | null;
  readonly familyName: string | null;
  readonly postalCode: string | null;
  readonly country: string | null;
}

export interface Attribute {
  readonly key: string;
  readonly value: string;
}

/** What the person agreed to, when and from where. */
export interface Consent {
  readonly text: string | null;
  readonly capturedAt: Date | null;
  readonly ip: string | null;
  readonly certificateUrl: string | null;
}

/** An attribute at its place among those of the lead. */
export interface PlacedAttribute extends Attribute {
  readonly index: number;
}

/** Everything of a lead that is about the person and nothing else. */
export interface PersonalData {
  readonly contact: Contact;
  readonly attributes: readonly PlacedAttribute[];
}
