import { Type } from 'class-transformer';
import { ArgsType, Field, ID, InputType, Int, ObjectType } from '@nestjs/graphql';
import { Allow, IsOptional, ValidateNested } from 'class-validator';
import { maxSecretOverlapHours, type MessageState } from '#events';
import { DateTimeScalar, PageArgs, type UserError, UserError as UserErrorType } from '../graphql/index.js';
import { WebhookDeliveryStatus, WebhookDeliveryType, WebhookEndpointType } from './webhooks.types.js';

@ArgsType()
export class EventsArgs extends PageArgs {
  @Allow()
  @Field(() => [String], { nullable: true, description: 'Only events of these types, such as ["deal.won"].' })
  types?: string[] | null;
}

@ArgsType()
export class WebhookEndpointsArgs extends PageArgs {
  @Allow()
  @Field(() => ID, { nullable: true, description: 'Your own organization when it is left out.' })
  organizationId?: string | null;
}

@ArgsType()
export class WebhookDeliveriesArgs extends PageArgs {
  @Allow()
  @Field(() => WebhookDeliveryStatus, { nullable: true })
  status?: MessageState | null;
}

@InputType()
export class CreateWebhookEndpointInput {
  @Allow()
  @Field(() => String, { description: 'https, on the public internet, without a user name.' })
  url: string;

  @Allow()
  @Field(() => String, { description: 'What it is for: 1 to 200 characters.' })
  description: string;

  @Allow()
  @Field(() => [String], {
    nullable: true,
    description:
      'Types of events, such as ["deal.won"]. Left out, all of them, those that come later included.',
  })
  types?: string[] | null;

  @Allow()
  @Field(() => String)
  idempotencyKey: string;
}

@InputType({ isAbstract: true })
abstract class WebhookEndpointActInput {
  @Allow()
  @Field(() => ID)
  endpointId: string;

  @Allow()
  @Field(() => String)
  idempotencyKey: string;
}

@InputType()
export class EnableWebhookEndpointInput extends WebhookEndpointActInput {}

@InputType()
export class DisableWebhookEndpointInput extends WebhookEndpointActInput {}

@InputType()
export class DeleteWebhookEndpointInput extends WebhookEndpointActInput {}

@InputType()
export class RotateWebhookSecretInput extends WebhookEndpointActInput {
  @Allow()
  @Field(() => Int, {
    defaultValue: 24,
    description: `For how many hours messages are signed with the old secret as well, 0 to ${maxSecretOverlapHours}.`,
  })
  overlapHours: number;
}

@InputType()
export class SendTestEventInput extends WebhookEndpointActInput {
  @Allow()
  @Field(() => String, { description: 'Any type of event, whether the endpoint wants it or not.' })
  eventType: string;
}

@InputType({ description: 'A part of the feed, in its order; without an end all up to now.' })
export class EventRangeInput {
  @Allow()
  @Field(() => ID, {
    nullable: true,
    description: 'The event before the first one; left out, from the beginning.',
  })
  afterEventId?: string | null;

  @Allow()
  @Field(() => ID, { nullable: true, description: 'The last one.' })
  throughEventId?: string | null;
}

@InputType({ isOneOf: true, description: 'What is sent again: exactly one of these.' })
export class ReplayedPartInput {
  @Allow()
  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'Everything that was given up, of what was queued since then. Real time, not the sandbox’s.',
  })
  failedSince?: Date;

  @IsOptional()
  @ValidateNested()
  @Type(() => EventRangeInput)
  @Field(() => EventRangeInput, {
    nullable: true,
    description: 'Every event of the endpoint’s types, whether it was sent before or not.',
  })
  events?: EventRangeInput;
}

@InputType()
export class ReplayWebhooksInput extends WebhookEndpointActInput {
  @ValidateNested()
  @Type(() => ReplayedPartInput)
  @Field(() => ReplayedPartInput)
  what: ReplayedPartInput;
}

@InputType()
export class ResendWebhookInput {
  @Allow()
  @Field(() => ID)
  deliveryId: string;

  @Allow()
  @Field(() => String)
  idempotencyKey: string;
}

@ObjectType({ isAbstract: true })
abstract class WebhookPayload {
  @Field(() => Boolean, { description: 'The same act was done before; nothing happened now.' })
  replayed: boolean;

  @Field(() => [UserErrorType])
  userErrors: readonly UserError[];
}

@ObjectType({ isAbstract: true })
export abstract class WebhookEndpointPayload extends WebhookPayload {
  @Field(() => WebhookEndpointType, { nullable: true })
  endpoint: WebhookEndpointType | null;
}

@ObjectType({ isAbstract: true })
abstract class WebhookSecretPayload extends WebhookEndpointPayload {
  @Field(() => String, {
    nullable: true,
    description: 'What messages are signed with (whsec_…). Shown this once; null in a replay.',
  })
  secret: string | null;
}

@ObjectType({ isAbstract: true })
export abstract class WebhookDeliveryPayload extends WebhookPayload {
  @Field(() => WebhookDeliveryType, { nullable: true })
  delivery: WebhookDeliveryType | null;
}

@ObjectType()
export class CreateWebhookEndpointPayload extends WebhookSecretPayload {}

@ObjectType()
export class RotateWebhookSecretPayload extends WebhookSecretPayload {}

@ObjectType()
export class EnableWebhookEndpointPayload extends WebhookEndpointPayload {}

@ObjectType()
export class DisableWebhookEndpointPayload extends WebhookEndpointPayload {}

@ObjectType()
export class DeleteWebhookEndpointPayload extends WebhookEndpointPayload {}

@ObjectType()
export class SendTestEventPayload extends WebhookDeliveryPayload {}

@ObjectType()
export class ResendWebhookPayload extends WebhookDeliveryPayload {}

@ObjectType()
export class ReplayWebhooksPayload extends WebhookEndpointPayload {
  @Field(() => Int, {
    description: 'How many messages were queued; those that wait already are not among them.',
  })
  queued: number;

  @Field(() => Boolean, { description: 'One call reaches 5,000. Call again with another key.' })
  hasMore: boolean;

  @Field(() => ID, {
    nullable: true,
    description: 'Of a part of the feed: the last event, to go on after it.',
  })
  lastEventId: string | null;
}
