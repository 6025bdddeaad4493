/** What the API's answers about outcomes, deals and returns look like, and the fields that the tests ask for. */
export interface UserError {
  readonly __typename: string;
  readonly code: string;
  readonly field: readonly string[] | null;
  readonly allowed?: readonly string[];
  readonly existing?: string;
}
export interface Money {
  readonly amount: string;
  readonly currency: string;
}
export interface Charge {
  readonly component: string;
  readonly amount: Money;
  readonly explanation: { readonly text: string; readonly clause: string };
}
export interface Deal {
  readonly id: string;
  readonly amount: Money;
  readonly status: string;
  readonly version: number;
  readonly explanation: { readonly text: string };
  readonly lead: { readonly id: string };
}
export interface Reported {
  readonly lead: { readonly id: string; readonly deliveries: readonly { readonly stage: string }[] } | null;
  readonly deal: Deal | null;
  readonly outcome: { readonly id: string; readonly kind: string } | null;
  readonly charges: readonly Charge[];
  readonly notes: readonly string[];
  readonly replayed: boolean;
  readonly userErrors: readonly UserError[];
}
export interface Corrected {
  readonly deal: Deal | null;
  readonly charges: readonly Charge[];
  /** Of a cancellation. */
  readonly notes?: readonly string[];
  readonly replayed: boolean;
  readonly userErrors: readonly UserError[];
}
export interface Returned {
  readonly return: {
    readonly id: string;
    readonly status: string;
    readonly decideBy: string;
    readonly lead: { readonly status: string };
  } | null;
  readonly charges?: readonly Charge[];
  readonly replayed: boolean;
  readonly userErrors: readonly UserError[];
}

export const errors = `userErrors { __typename code field message
  ... on TransitionError { allowed } ... on ExistingObjectError { existing } }`;
export const charges =
  'charges { id component amount { amount currency } explanation { text clause inputs { name value } } }';
export const deal =
  'deal { id reference amount { amount currency } status version closedAt explanation { text } lead { id } }';
