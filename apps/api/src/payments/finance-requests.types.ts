import { ArgsType, Field, ID, InputType, ObjectType } from '@nestjs/graphql';
import { Allow } from 'class-validator';
import {
  type FinanceRequest,
  type FinanceRequestKind,
  financeRequestKinds,
  type FinanceRequestState,
  financeRequestStates,
  type MovementMeaning,
  movementMeanings,
} from '#payments';
import {
  Connection,
  DateTimeScalar,
  encodeId,
  type IdPrefix,
  MoneyType,
  PageArgs,
  type UserError,
  UserError as UserErrorType,
} from '../graphql/index.js';
import { Node } from '../node/node.type.js';
import { publicActorId } from '../settlements/settlements.types.js';
import { enumOf, moneyOf } from './payments.types.js';

export const FinanceRequestKindType = enumOf(
  'FinanceRequestKind',
  financeRequestKinds,
  'What two people of finance decide together.',
);
export const FinanceRequestStatus = enumOf(
  'FinanceRequestStatus',
  financeRequestStates,
  'REQUESTED: waits for another person. WITHDRAWN: by who requested it.',
);
export const MovementMeaningType = enumOf(
  'MovementMeaning',
  movementMeanings,
  "What a movement at the payment provider was that is of nothing here. BANK: the operator's own money to or from its bank. FEE: a cost of the provider. LOSS: it is gone, or found. AGENCY: an agency was sent it by hand and owes it, or gave back what it owes.",
);

@ObjectType('FinanceRequestDetail')
export class FinanceRequestDetailType {
  @Field(() => String)
  name: string;

  @Field(() => String, { nullable: true })
  value: string | null;
}

@ObjectType('FinanceRequestApproval')
export class FinanceRequestApprovalType {
  @Field(() => String)
  by: string;

  @Field(() => DateTimeScalar)
  at: Date;
}

@ObjectType('FinanceRequest', {
  implements: () => [Node],
  description: 'An act on money that one person of finance wants and another one decides.',
})
export class FinanceRequestType extends Node {
  readonly __typename = 'FinanceRequest' as const;

  /** What the type was made of; field resolvers load along these keys. */
  readonly of: FinanceRequest;

  @Field(() => FinanceRequestKindType)
  kind: FinanceRequestKind;

  @Field(() => FinanceRequestStatus)
  status: FinanceRequestState;

  @Field(() => MoneyType, { description: 'What it comes to.' })
  amount: MoneyType;

  @Field(() => ID, { description: 'The organization whose book it touches.' })
  organizationId: string;

  @Field(() => [FinanceRequestDetailType], { description: 'What is asked for, in its parts.' })
  details: readonly FinanceRequestDetailType[];

  @Field(() => String, { description: 'SHA-256 of what is asked for: what is approved is that.' })
  contentHash: string;

  @Field(() => String)
  reason: string;

  @Field(() => String)
  requestedBy: string;

  @Field(() => DateTimeScalar)
  requestedAt: Date;

  @Field(() => String, { nullable: true })
  decidedBy: string | null;

  @Field(() => DateTimeScalar, { nullable: true })
  decidedAt: Date | null;

  @Field(() => String, { nullable: true, description: 'Why it was denied or withdrawn.' })
  note: string | null;
}

export const FinanceRequestConnection = Connection(() => FinanceRequestType, 'FinanceRequest');

/** Ids among the details, which are shown as the API shows ids. */
const idPrefixes: Readonly<Record<string, IdPrefix | undefined>> = {
  agencyId: 'org',
  buyerId: 'org',
  settlementId: 'stl',
  invoiceId: 'inv',
};

/** Domain to API type. */
export function financeRequestTypeOf(request: FinanceRequest): FinanceRequestType {
  const { requestedBy, decidedBy } = request;
  return {
    __typename: 'FinanceRequest',
    of: request,
    id: encodeId('frq', request.id),
    kind: request.kind,
    status: request.state,
    amount: moneyOf(request.amountMinor, request.currency),
    organizationId: encodeId('org', request.bookId),
    details: Object.entries(request.payload).map(([name, value]) => {
      const prefix = idPrefixes[name];
      return { name, value: prefix === undefined || value === null ? value : encodeId(prefix, value) };
    }),
    contentHash: request.contentHash,
    reason: request.reason,
    requestedBy: publicActorId(requestedBy),
    requestedAt: request.requestedAt,
    decidedBy: decidedBy === null ? null : publicActorId(decidedBy),
    decidedAt: request.decidedAt,
    note: request.note,
  };
}

@ArgsType()
export class FinanceRequestsArgs extends PageArgs {
  @Allow()
  @Field(() => FinanceRequestStatus, { nullable: true })
  status?: FinanceRequestState | null;
}

@InputType({ isAbstract: true })
export abstract class FinanceRequestActInput {
  @Allow()
  @Field(() => ID)
  requestId: string;

  @Allow()
  @Field(() => String)
  idempotencyKey: string;
}

@InputType()
export class ApproveFinanceRequestInput extends FinanceRequestActInput {}

@InputType()
export class DenyFinanceRequestInput extends FinanceRequestActInput {
  @Allow()
  @Field(() => String, { description: 'Why: up to 2,000 characters.' })
  note: string;
}

@InputType()
export class RequestMovementBookingInput {
  @Allow()
  @Field(() => String, {
    description:
      'The balance transaction at the provider, such as txn_…: movementId of a difference, or its subject.',
  })
  movementId: string;

  @Allow()
  @Field(() => MovementMeaningType)
  meaning: MovementMeaning;

  @Allow()
  @Field(() => ID, { nullable: true, description: 'Required for AGENCY.' })
  agencyId?: string | null;

  @Allow()
  @Field(() => String, { description: 'For who decides: up to 2,000 characters.' })
  reason: string;

  @Allow()
  @Field(() => String)
  idempotencyKey: string;
}

@ObjectType({ isAbstract: true })
export abstract class FinanceRequestPayload {
  @Field(() => FinanceRequestType, { nullable: true })
  financeRequest: FinanceRequestType | null;

  @Field(() => Boolean, { description: 'The same act was done before; nothing happened now.' })
  replayed: boolean;

  @Field(() => [UserErrorType])
  userErrors: readonly UserError[];
}

@ObjectType()
export class ApproveFinanceRequestPayload extends FinanceRequestPayload {}

@ObjectType()
export class DenyFinanceRequestPayload extends FinanceRequestPayload {}

@ObjectType()
export class RequestMovementBookingPayload extends FinanceRequestPayload {}
