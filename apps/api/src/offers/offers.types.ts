import { Field, ID, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { type AskedContract, type LeadOffer, type Offering, type PingAddress, type PingKept } from '#offers';
import { asCurrency, formatAmount, money } from '#money';
import { bidOutcomes, type BidOutcome } from '#routing';
import { Connection, DateTimeScalar, encodeId, MoneyType } from '../graphql/index.js';
import { AttributeType } from '../leads/leads.types.js';
import { Node } from '../node/node.type.js';
import { moneyOf } from '../routes/raw-conditions.js';
import { RoutingEntryType } from '../routes/routes.types.js';

function enumOf<Value extends string>(values: readonly Value[]): { readonly [V in Value]: V } {
  return Object.fromEntries(values.map((value) => [value, value])) as { readonly [V in Value]: V };
}

export const BidOutcomeEnum = enumOf(bidOutcomes);
registerEnumType(BidOutcomeEnum, {
  name: 'BidOutcome',
  description: 'What became of asking a buyer what it bids.',
  valuesMap: {
    BID: { description: 'It bid. Whether the bid counts is for the decision to say.' },
    NO_BID: { description: 'It answered that it does not.' },
    LATE: { description: 'No answer came within half a second.' },
    UNREADABLE: { description: 'The answer is none that docs/routing.md describes.' },
    TOO_HIGH: { description: 'So high that it is taken for a mistake.' },
    UNREACHABLE: { description: 'The address could not be reached, redirected, or answered with an error.' },
    NO_ADDRESS: { description: 'The buyer has set no address.' },
  },
});

const OfferMethodEnum = enumOf(['PING_POST', 'FIRST_CLAIM'] as const);
registerEnumType(OfferMethodEnum, {
  name: 'OfferMethod',
  description: 'How a lead was offered: to be bid for, or to be claimed.',
});

const OfferingStatusEnum = enumOf(['OPEN', 'OVER'] as const);
registerEnumType(OfferingStatusEnum, { name: 'OfferingStatus' });

@ObjectType('PingAddress', {
  description: 'Where a buyer is asked what it bids for the leads of a contract.',
})
export class PingAddressType {
  @Field(() => String)
  url: string;

  @Field(() => Int, { description: 'Counts its changes.' })
  version: number;

  @Field(() => DateTimeScalar)
  createdAt: Date;

  @Field(() => DateTimeScalar)
  changedAt: Date;
}

@ObjectType('LeadOffer', {
  implements: () => [Node],
  description: 'A lead that a buyer may claim, without anything about its person.',
})
export class LeadOfferType extends Node {
  readonly __typename = 'LeadOffer' as const;

  readonly of: LeadOffer;

  @Field(() => ID, { description: 'The id that the lead has for whoever gets it.' })
  leadId: string;

  @Field(() => String)
  vertical: string;

  @Field(() => Boolean)
  test: boolean;

  @Field(() => MoneyType, { description: 'What the delivery is charged.' })
  price: MoneyType;

  @Field(() => [AttributeType], { description: 'Those that the lead schema calls not personal.' })
  attributes: readonly AttributeType[];

  @Field(() => String, { nullable: true, description: 'ISO 3166-1 alpha-2.' })
  country: string | null;

  @Field(() => String, { nullable: true, description: 'How the postal code begins.' })
  postalPrefix: string | null;

  @Field(() => String, { nullable: true, description: 'The channel of its source.' })
  channel: string | null;

  @Field(() => Int, { nullable: true })
  score: number | null;

  @Field(() => DateTimeScalar)
  offeredAt: Date;

  @Field(() => DateTimeScalar, { description: 'Until when it may be claimed.' })
  expiresAt: Date;
}

export const LeadOfferConnection = Connection(() => LeadOfferType, 'LeadOffer');

@ObjectType('LeadBid', { description: 'One to whom a lead was offered.' })
export class LeadBidType {
  readonly of: AskedContract;

  @Field(() => BidOutcomeEnum, {
    nullable: true,
    description: 'Null while it is being asked, and where it was offered to claim.',
  })
  outcome: BidOutcome | null;

  @Field(() => MoneyType, { nullable: true })
  bid: MoneyType | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'From then on the bid does not hold.' })
  expiresAt: Date | null;

  @Field(() => Int, { nullable: true, description: 'How long the answer took, in milliseconds.' })
  durationMs: number | null;
}

@ObjectType('LeadOffering', {
  description:
    'A round of bids on a lead, or a time in which it could be claimed. A buyer sees its own part alone.',
})
export class LeadOfferingType {
  @Field(() => Int, { description: 'Counts how often the lead was offered, from 1.' })
  number: number;

  @Field(() => OfferMethodEnum)
  method: 'PING_POST' | 'FIRST_CLAIM';

  @Field(() => OfferingStatusEnum)
  status: 'OPEN' | 'OVER';

  @Field(() => DateTimeScalar)
  openedAt: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Until when it may be claimed.' })
  closesAt: Date | null;

  @Field(() => DateTimeScalar, { nullable: true })
  closedAt: Date | null;

  @Field(() => [LeadBidType], { description: 'To whom it was offered, and what they bid.' })
  offeredTo: readonly LeadBidType[];
}

@ObjectType('LeadPing', {
  implements: () => [Node],
  description:
    'What a lead would bring. Its id is given with the lead when it is posted; each is for one lead.',
})
export class LeadPingType extends Node {
  readonly __typename = 'LeadPing' as const;

  @Field(() => MoneyType, {
    nullable: true,
    description:
      'What the best sale would bring. Null: nobody would take it, or it is for whoever claims it first.',
  })
  price: MoneyType | null;

  @Field(() => Boolean, {
    description:
      'The price is a bid, which holds until it expires. Otherwise it is the price of this moment.',
  })
  isBid: boolean;

  @Field(() => DateTimeScalar, { description: 'From then on nothing can be posted with it.' })
  expiresAt: Date;

  @Field(() => String, { description: 'What would be, in plain words.' })
  summary: string;

  @Field(() => [RoutingEntryType], {
    description:
      'Who was considered, and why each would get it or not: SOLD is who would have it, and nothing is sold. None where no route decides.',
  })
  entries: readonly RoutingEntryType[];
}

export const SamplePingOutcomeEnum = enumOf([...bidOutcomes, 'OTHER_CURRENCY'] as const);
registerEnumType(SamplePingOutcomeEnum, {
  name: 'SamplePingOutcome',
  description:
    'How the answer to a made-up ping is read: as a BidOutcome, and whether a bid is in the right currency.',
  valuesMap: {
    OTHER_CURRENCY: {
      description: 'It bid in another currency than the contract’s: the bid would not count.',
    },
  },
});

@ObjectType('SamplePing', { description: 'How a made-up ping was answered. It is not kept.' })
export class SamplePingType {
  @Field(() => SamplePingOutcomeEnum)
  outcome: BidOutcome | 'OTHER_CURRENCY';

  @Field(() => MoneyType, { nullable: true })
  bid: MoneyType | null;

  @Field(() => Int, { description: 'In milliseconds; 500 are there.' })
  durationMs: number;
}

/** Domain to API type. */
export function pingAddressTypeOf({ url, version, createdAt, changedAt }: PingAddress): PingAddressType {
  return { url, version, createdAt, changedAt };
}

/** Domain to API type. */
export function leadOfferTypeOf(offer: LeadOffer): LeadOfferType {
  const { vertical, test, attributes, country, postalPrefix, channel, score, offeredAt, expiresAt } = offer;
  return {
    __typename: 'LeadOffer',
    of: offer,
    id: encodeId('off', offer.id),
    leadId: encodeId('lead', offer.leadId),
    price: moneyOf(offer.price),
    ...{ vertical, test, attributes, country, postalPrefix, channel, score, offeredAt, expiresAt },
  };
}

/** Domain to API type. */
export function leadOfferingTypeOf(offering: Offering): LeadOfferingType {
  const { number, method, state, openedAt, closesAt, closedAt, asked } = offering;
  return {
    ...{ number, method, openedAt, closesAt, closedAt },
    status: state === 'OPEN' ? 'OPEN' : 'OVER',
    offeredTo: asked.map((each) => ({
      of: each,
      outcome: each.outcome,
      bid: each.bid && moneyOf(each.bid),
      expiresAt: each.expiresAt,
      durationMs: each.durationMs,
    })),
  };
}

/** Domain to API type. */
export function leadPingTypeOf({
  id,
  priceMinor,
  currency,
  isBid,
  expiresAt,
  summary,
  entries,
}: PingKept): LeadPingType {
  return {
    __typename: 'LeadPing',
    id: encodeId('ping', id),
    price: priceOf(priceMinor, currency),
    ...{ isBid, expiresAt, summary },
    entries: entries.map((entry) => ({
      of: {
        ...entry,
        buyerId: '',
        routeName: null,
        amountMinor: entry.amountMinor === null ? null : BigInt(entry.amountMinor),
      },
      route: null,
      outcome: entry.outcome,
      reason: entry.reason,
      price: priceOf(entry.amountMinor === null ? null : BigInt(entry.amountMinor), entry.currency),
    })),
  };
}

function priceOf(amountMinor: bigint | null, code: string | null): MoneyType | null {
  if (amountMinor === null || code === null) return null;
  const { currency } = money(amountMinor, asCurrency(code));
  return { amount: formatAmount(amountMinor, currency), currency };
}
