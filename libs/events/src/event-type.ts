import type { Money } from '#money';
import type { Permission } from '#organizations';

/** A field of a payload. Ids, amounts, states, counts and times: there is no kind for text that a person wrote. */
export type PayloadField =
  | { readonly kind: 'id'; readonly of: string; readonly optional?: true }
  | { readonly kind: 'money'; readonly optional?: true }
  | { readonly kind: 'state'; readonly words: string; readonly optional?: true }
  | { readonly kind: 'code'; readonly words: string; readonly optional?: true }
  | { readonly kind: 'count'; readonly words: string; readonly optional?: true }
  | { readonly kind: 'date'; readonly words: string; readonly optional?: true }
  | { readonly kind: 'instant'; readonly words: string; readonly optional?: true };

interface Spec {
  /** Of events of one transaction those of the lower rank come first. Part of ids: never changed, 1 to 65535. */
  readonly rank: number;
  readonly words: string;
  /** The field with the id of what it is about. */
  readonly subject: string;
  /** The field whose id tells several of one transaction apart that are about the same; left out or null: the subject's. */
  readonly each?: string;
  /** The field with the organization whose book it is about, and the one with the other side. Both see the event, and so does the operator. */
  readonly home: string;
  readonly counterparty: string | null;
  /** What a reader must be allowed to read. */
  readonly requires: Permission;
  readonly payload: Readonly<Record<string, PayloadField>>;
}

const id = <Kind extends string>(of: Kind) => ({ kind: 'id', of }) as const;
const money = { kind: 'money' } as const;
const state = (words: string) => ({ kind: 'state', words }) as const;
const code = (words: string) => ({ kind: 'code', words }) as const;
const count = (words: string) => ({ kind: 'count', words }) as const;
const date = (words: string) => ({ kind: 'date', words }) as const;
const instant = (words: string) => ({ kind: 'instant', words }) as const;
const optional = <Field extends object>(field: Field) => ({ ...field, optional: true }) as const;

const sides = { agencyId: id('organization'), buyerId: id('organization') };
const bothSides = { home: 'agencyId', counterparty: 'buyerId' } as const;

const contractPayload = {
  contractId: id('contract'),
  ...sides,
  state: state('ContractStatus after it'),
  version: count('The newest version, proposed or answered'),
  inForceVersion: optional(count('The version in force; null while there is none')),
};
const contract = {
  subject: 'contractId',
  ...bothSides,
  requires: 'contracts:read',
  payload: contractPayload,
} as const;

const delivery = { leadId: id('lead'), deliveryId: id('delivery'), ...sides };
const deal = {
  subject: 'dealId',
  ...bothSides,
  requires: 'leads:read',
  payload: {
    dealId: id('deal'),
    contractId: id('contract'),
    ...delivery,
    state: state('DealState after it'),
    version: count('Counts the changes of the deal'),
    amount: money,
    closedAt: instant('When the deal was closed, as reported'),
  },
} as const;
const returned = {
  subject: 'returnId',
  ...bothSides,
  requires: 'leads:read',
  payload: {
    returnId: id('return'),
    ...delivery,
    state: state('ReturnState after it'),
    reason: code('ReturnReason'),
    decideBy: instant('Undecided by then, it is approved'),
  },
} as const;
const settlement = {
  subject: 'settlementId',
  ...bothSides,
  requires: 'settlements:read',
  payload: {
    settlementId: id('settlement'),
    number: code('The number of the statement'),
    ...sides,
    state: state('SettlementStatus after it'),
    version: count('Counts the changes of the settlement'),
    periodStart: date('First day of the period'),
    periodEnd: date('First day after it'),
    lineCount: optional(count('Null while it gathers')),
    total: optional(money),
    agencyTotal: optional(money),
    feeTotal: optional(money),
  },
} as const;

/**
 * Every type of event, as data: names that stay, what each is told by, and to whom. A new one is a line here and an `emit` where
 * the fact is written; payloads only grow.
 */
export const eventTypes = {
  'contract.proposed': { rank: 10, words: 'A contract, or other terms for one, was proposed.', ...contract },
  'contract.accepted': { rank: 11, words: 'A proposed version was accepted and is in force.', ...contract },
  'contract.declined': { rank: 12, words: 'A proposed version was declined.', ...contract },
  'contract.paused': { rank: 13, words: 'A contract takes no leads until it is resumed.', ...contract },
  'contract.resumed': { rank: 14, words: 'A paused contract takes leads again.', ...contract },
  'contract.terminated': { rank: 15, words: 'A contract has ended for good.', ...contract },
  'lead.offered': {
    rank: 90,
    words: 'A lead may be claimed by a buyer, if no other is faster.',
    subject: 'offerId',
    ...bothSides,
    requires: 'leads:read',
    payload: {
      offerId: id('leadOffer'),
      leadId: id('lead'),
      ...sides,
      contractId: id('contract'),
      price: money,
      expiresAt: instant('Until when it may be claimed'),
    },
  },
  'lead.delivered': {
    rank: 100,
    words: 'A lead was delivered to a buyer.',
    subject: 'deliveryId',
    ...bothSides,
    requires: 'leads:read',
    payload: {
      ...delivery,
      contractId: id('contract'),
      contractVersion: count('The version whose terms hold for the lead'),
      price: money,
    },
  },
  'lead.erased': {
    rank: 105,
    words:
      'The person of a lead was erased: erase it in your systems too. Told to the agency, and to each buyer that had the person.',
    subject: 'leadId',
    each: 'deliveryId',
    ...bothSides,
    requires: 'leads:read',
    payload: {
      leadId: id('lead'),
      agencyId: id('organization'),
      buyerId: optional(id('organization')),
      deliveryId: optional(id('delivery')),
    },
  },
  'delivery.failed': {
    rank: 110,
    words: 'A lead did not come to a buyer: refused, known to it, or not handed over in time.',
    subject: 'deliveryId',
    ...bothSides,
    requires: 'leads:read',
    payload: {
      ...delivery,
      contractId: id('contract'),
      state: state('DeliveryStatus after it'),
      reason: optional(code('DeliveryFailure, or a word of the buyer’s system')),
    },
  },
  'delivery.contact_overdue': {
    rank: 120,
    words: 'The time in which the buyer was to reach the person has run out. Told once for a delivery.',
    subject: 'deliveryId',
    ...bothSides,
    requires: 'leads:read',
    payload: {
      ...delivery,
      contractId: id('contract'),
      deliveredAt: instant('When the buyer took the lead'),
      dueAt: instant('Until when it was to be reached'),
    },
  },
  'delivery.rerouted': {
    rank: 130,
    words:
      'A lead was taken from a buyer that had not reached the person in time. Nothing is owed for it, and another buyer may get it.',
    subject: 'deliveryId',
    ...bothSides,
    requires: 'leads:read',
    payload: {
      ...delivery,
      contractId: id('contract'),
      dueAt: instant('Until when the person was to be reached'),
    },
  },
  'outcome.reported': {
    rank: 200,
    words: 'The buyer said how far a lead has come, or that it is lost. A sale is `deal.won`.',
    subject: 'outcomeEventId',
    ...bothSides,
    requires: 'leads:read',
    payload: {
      outcomeEventId: id('outcomeEvent'),
      ...delivery,
      stage: state('OutcomeStage after it'),
      provenance: code('OutcomeProvenance'),
      reportedFor: instant('When it happened, as reported'),
    },
  },
  'deal.won': { rank: 210, words: 'The buyer sold to a lead.', ...deal },
  'deal.restated': { rank: 211, words: 'The amount of a deal was corrected.', ...deal },
  'deal.refunded': { rank: 212, words: 'The buyer gave the money of a deal back.', ...deal },
  'deal.canceled': { rank: 213, words: 'A deal did not come to be.', ...deal },
  'return.requested': { rank: 220, words: 'The buyer asks to give a lead back.', ...returned },
  'return.decided': {
    rank: 221,
    words: 'A return was approved or denied, or approved because nobody did.',
    ...returned,
  },
  'settlement.prepared': { rank: 300, words: 'The period of a settlement was closed.', ...settlement },
  'settlement.submitted': { rank: 301, words: 'A statement went into review.', ...settlement },
  'settlement.approved': {
    rank: 302,
    words: 'A statement was approved by everyone it needed.',
    ...settlement,
  },
  'settlement.rejected': { rank: 303, words: 'A statement in review was opened again.', ...settlement },
  'settlement.voided': {
    rank: 304,
    words: 'A statement was withdrawn; another revision follows.',
    ...settlement,
  },
} as const satisfies Readonly<Record<string, Spec>>;

export type EventType = keyof typeof eventTypes;
export const eventTypeNames = Object.keys(eventTypes) as readonly EventType[];

export function isEventType(text: string): text is EventType {
  return Object.hasOwn(eventTypes, text);
}

/** What the table says of a type, with the names of its fields as plain text. */
export function specOf(type: EventType): Spec {
  return eventTypes[type];
}

interface ValueOfKind {
  /** A UUID. */
  readonly id: string;
  readonly money: Money;
  readonly state: string;
  readonly code: string;
  readonly count: number;
  /** YYYY-MM-DD. */
  readonly date: string;
  readonly instant: Date;
}
type ValueOf<Field extends PayloadField> =
  ValueOfKind[Field['kind']] | (Field extends { readonly optional: true } ? null : never);

/** What is told of a fact, by its type; ids are UUIDs. */
export type PayloadOf<Type extends EventType> = {
  readonly [Name in keyof (typeof eventTypes)[Type]['payload']]: ValueOf<
    Extract<(typeof eventTypes)[Type]['payload'][Name], PayloadField>
  >;
};

/** A business fact, as it is told by who writes it down. */
export type EventFact = {
  readonly [Type in EventType]: {
    readonly type: Type;
    readonly occurredAt: Date;
    /** It is about a test lead. */
    readonly test: boolean;
    readonly payload: PayloadOf<Type>;
  };
}[EventType];
