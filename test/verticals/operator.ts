import type { RawSchema, Vertical } from '#verticals';
import type { TestApp, TestKey } from '../support/app.js';
import { Marketplace, type Terms, type UserError } from '../support/marketplace.js';

export const terms: Terms = {
  baseRate: { amount: '10.00', currency: 'USD' },
  commissionBasis: 'NONE',
  commissionRatePpm: 0,
  commissionTrigger: 'QUALIFIED',
};

export interface VerticalShown extends Pick<
  Vertical,
  'key' | 'name' | 'defaultCountry' | 'version' | 'schemaVersion'
> {
  readonly leadSpecification: string;
}

export interface VerticalPayload {
  readonly vertical: VerticalShown | null;
  readonly breakingChanges?: readonly string[];
  readonly replayed: boolean;
  readonly userErrors: readonly UserError[];
}

export interface Submitted {
  readonly lead: { readonly id: string; readonly schemaVersion: number | null } | null;
  readonly replayed: boolean;
  readonly userErrors: readonly UserError[];
}

export const verticalFields = 'key name defaultCountry version schemaVersion';

/** What the operator does with verticals and what agencies then get, through the public API. */
export class Operator {
  readonly market: Marketplace;

  constructor(readonly app: TestApp) {
    this.market = new Marketplace(app, 'verticals');
  }

  async define(input: Record<string, unknown>, key: TestKey = 'admin'): Promise<VerticalPayload> {
    const whole = { name: 'A vertical', ...input };
    return await this.market.act<VerticalPayload>(
      key,
      'defineVertical',
      whole,
      `vertical { ${verticalFields} } replayed`,
    );
  }

  async publish(vertical: string, schema: RawSchema, more: object = {}): Promise<VerticalPayload> {
    return await this.market.act<VerticalPayload>(
      'admin',
      'publishLeadSchema',
      { vertical, schema, ...more },
      `vertical { ${verticalFields} } breakingChanges replayed`,
    );
  }

  /** A vertical with a contract between the agency and the buyer. */
  async vertical(schema: RawSchema | null, more: object = {}): Promise<string> {
    const { vertical } = await this.market.contract(terms);
    const defined = await this.define({ key: vertical, ...more });
    const published = schema && (await this.publish(vertical, schema));
    for (const { userErrors } of [defined, ...(published ? [published] : [])])
      if (userErrors.length > 0) throw new Error(JSON.stringify(userErrors));
    return vertical;
  }

  async submit(input: Record<string, unknown>, key: TestKey = 'agency'): Promise<Submitted> {
    const lead = { externalId: this.market.nextKey(), contact: somebody(input['externalId']), ...input };
    return await this.market.act<Submitted>(
      key,
      'submitLead',
      lead,
      'lead { id schemaVersion } replayed',
      false,
    );
  }
}

let people = 0;

/** A person of its own for each lead, the same for the same name: one who was had before would be a duplicate. */
export function somebody(name: unknown): { readonly email: string } {
  const local = typeof name === 'string' ? name.replaceAll(/\W/g, '-') : `person-${(people += 1)}`;
  return { email: `${local}@example.com` };
}

/** `INVALID_VALUE input.contact.phone`. */
export const told = ({ userErrors }: { readonly userErrors: readonly UserError[] }): string[] =>
  userErrors.map(({ code, field }) => `${code} ${field?.join('.') ?? ''}`);

/** Attributes as a submission has them. */
export const attributes = (values: Readonly<Record<string, string>>) =>
  Object.entries(values).map(([key, value]) => ({ key, value }));
