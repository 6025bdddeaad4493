import { Inject } from '@nestjs/common';
import { Args, ArgsType, Field, ID, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { IsOptional, IsString } from 'class-validator';
import type { Clock } from '#calendar';
import { type HandoverFailure, HandoverQueries, speedToLead } from '#handover';
import { type Actor, may } from '#organizations';
import { CurrentActor, Loaders, RequestLoaders, Requires } from '../access/index.js';
import {
  type ConnectionOf,
  DateTimeScalar,
  decodeOptionalId,
  PageArgs,
  readPage,
  toConnection,
} from '../graphql/index.js';
import { DeliveryConnection, DeliveryType, deliveryTypeOf } from '../leads/leads.types.js';
import {
  attemptTypeOf,
  DeliveryAttemptConnection,
  DeliveryAttemptType,
  DeliveryFailure,
  SampleLeadType,
  SpeedToLeadType,
} from './delivery-attempts.types.js';
import { DestinationType, fieldsOf } from './destinations.types.js';
import { HandoverLoaders } from './handover.loaders.js';

const cursor = { list: 'deliveryAttempts', key: ['integer'] } as const;
const overdueCursor = { list: 'overdueDeliveries', key: ['uuid'] } as const;

const nobody = '00000000-0000-0000-0000-000000000000';

@ArgsType()
export class OverdueDeliveriesArgs extends PageArgs {
  @IsOptional()
  @IsString()
  @Field(() => ID, { nullable: true, description: 'Only those under this contract.' })
  contractId?: string | null;
}

/** How a delivery was handed over, and how soon the person was reached. */
@Resolver(() => DeliveryType)
export class HandedOverResolver {
  constructor(
    private readonly queries: HandoverQueries,
    private readonly load: HandoverLoaders,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  @Requires('leads:read')
  @Query(() => DeliveryConnection, {
    description:
      'Deliveries whose time to the first contact has run out and whose person was not reached since; oldest first.',
  })
  async overdueDeliveries(
    @CurrentActor() actor: Actor,
    @Args() args: OverdueDeliveriesArgs,
  ): Promise<ConnectionOf<DeliveryType>> {
    const page = readPage(args, overdueCursor);
    const contractId = decodeOptionalId('ctr', args.contractId);
    // What is no id is of no contract.
    const filter = { contractId: contractId === undefined ? nobody : contractId };
    return toConnection(await this.queries.overdue(actor, filter, page), page, {
      keyOf: ({ id }) => [id],
      toNode: deliveryTypeOf,
      countUpTo: async (max) => await this.queries.countOverdue(actor, filter, max),
    });
  }

  @ResolveField(() => SpeedToLeadType, {
    nullable: true,
    description: 'Null as long as the buyer has not taken the lead.',
  })
  speedToLead(@Parent() { of }: DeliveryType): SpeedToLeadType | null {
    return speedToLead(of, this.clock.now());
  }

  @ResolveField(() => DateTimeScalar, {
    nullable: true,
    description: 'When it is sent next, in real time; null when it is not.',
  })
  async nextTryAt(@Loaders() loaders: RequestLoaders, @Parent() { of }: DeliveryType): Promise<Date | null> {
    return (await this.load.handover(loaders, of.id))?.nextTryAt ?? null;
  }

  @ResolveField(() => DeliveryFailure, {
    nullable: true,
    description: 'Why the last try handed nothing over, or why there was none; null after one that did.',
  })
  async failure(
    @Loaders() loaders: RequestLoaders,
    @Parent() { of }: DeliveryType,
  ): Promise<HandoverFailure | null> {
    return (await this.load.handover(loaders, of.id))?.lastFailure ?? null;
  }

  @ResolveField(() => DeliveryAttemptConnection, {
    description: 'The tries of handing it over, oldest first; none for who fetches leads through the API.',
  })
  async attempts(
    @Parent() { of }: DeliveryType,
    @Args() args: PageArgs,
  ): Promise<ConnectionOf<DeliveryAttemptType>> {
    const page = readPage(args, cursor);
    const [after, before] = [page.after?.[0], page.before?.[0]].map((key) =>
      key === undefined ? key : Number(key),
    );
    const rows = await this.queries.attempts(of.id, { ...page, after, before });
    return toConnection(rows, page, {
      keyOf: ({ number }) => [String(number)],
      toNode: attemptTypeOf,
      countUpTo: async (max) => await this.queries.countAttempts(of.id, max),
    });
  }
}

/** What a try looks like to the buyer that it went to; others see that it was made. */
@Resolver(() => DeliveryAttemptType)
export class DeliveryAttemptsResolver {
  constructor(private readonly load: HandoverLoaders) {}

  @ResolveField(() => DestinationType, { nullable: true, description: 'Null for who may not manage it.' })
  async destination(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Parent() { of }: DeliveryAttemptType,
  ): Promise<DestinationType | null> {
    return may(actor, 'destinations:manage') ? await this.load.destination(loaders, of.destinationId) : null;
  }

  @ResolveField(() => [String], {
    nullable: true,
    description:
      'Names of the fields that were sent. Null: the standard body; and for who may not manage the destination.',
  })
  async fields(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Parent() { of }: DeliveryAttemptType,
  ): Promise<readonly string[] | null> {
    const isShown =
      may(actor, 'destinations:manage') && (await this.load.destination(loaders, of.destinationId)) !== null;
    const settings = isShown
      ? await this.load.settings(loaders, of.destinationId, of.destinationVersion)
      : null;
    return settings && fieldsOf(settings);
  }
}

@Resolver(() => SampleLeadType)
export class SampleLeadsResolver {
  constructor(
    private readonly queries: HandoverQueries,
    private readonly load: HandoverLoaders,
  ) {}

  @ResolveField(() => DestinationType)
  async destination(
    @Loaders() loaders: RequestLoaders,
    @Parent() { of }: SampleLeadType,
  ): Promise<DestinationType> {
    return await this.load.destinationOf(loaders, of.destinationId);
  }

  @ResolveField(() => DeliveryAttemptType, {
    nullable: true,
    description: 'How it went; null while it is being sent, and when its end was never seen.',
  })
  async attempt(@Parent() { of }: SampleLeadType): Promise<DeliveryAttemptType | null> {
    const [attempt] = await this.queries.attempts(of.id, { limit: 1, backwards: false });
    return attempt ? attemptTypeOf(attempt) : null;
  }
}
