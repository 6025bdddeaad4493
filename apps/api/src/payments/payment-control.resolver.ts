import { Inject } from '@nestjs/common';
import { Args, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import type { Config } from '#config';
import type { Actor } from '#organizations';
import type { Outcome } from '#outcome';
import { ControlPayments, PaymentQueries } from '#payments';
import { CurrentActor, Loaders, RequestLoaders, Requires } from '../access/index.js';
import { toUserErrors } from '../graphql/index.js';
import { OrganizationLoaders } from '../organizations/organizations.loaders.js';
import { AgencyType } from '../organizations/organizations.types.js';
import {
  type PaymentControlPayload,
  ResumePaymentsInput,
  ResumePaymentsPayload,
  StopPaymentsInput,
  StopPaymentsPayload,
} from './payments.inputs.js';
import { AccountFreezeType, controlTypeOf, PaymentControlType } from './payments.types.js';

/** What holds for all payments, and the emergency stop. */
@Resolver()
export class PaymentControlResolver {
  constructor(
    private readonly control: ControlPayments,
    private readonly queries: PaymentQueries,
    @Inject('Config') private readonly config: Pick<Config, 'stripe'>,
  ) {}

  @Requires('payments:read')
  @Query(() => PaymentControlType)
  async paymentControl(): Promise<PaymentControlType> {
    const operations = await this.queries.unfinishedCounts();
    const events = await this.queries.eventCounts();
    return controlTypeOf(await this.queries.control(), {
      isOn: this.config.stripe !== null,
      freezes: await this.queries.freezes(),
      operations: {
        ready: operations.READY ?? 0,
        sending: operations.SENDING ?? 0,
        unknown: operations.UNKNOWN ?? 0,
        stopped: operations.STOPPED ?? 0,
      },
      waitingEvents: events.RECEIVED ?? 0,
      failedEvents: events.FAILED ?? 0,
    });
  }

  @Requires('payments:manage')
  @Mutation(() => StopPaymentsPayload, {
    description:
      'The emergency stop: nothing is sent from now on that was not sent before; what is on its way is finished. Anyone of finance, alone.',
  })
  async stopPayments(
    @CurrentActor() actor: Actor,
    @Args('input') input: StopPaymentsInput,
  ): Promise<StopPaymentsPayload> {
    return await this.answer(await this.control.stop(actor, input));
  }

  @Requires('payments:manage')
  @Mutation(() => ResumePaymentsPayload, {
    description: 'Lets payments go on. By a finance approver who did not stop them.',
  })
  async resumePayments(
    @CurrentActor() actor: Actor,
    @Args('input') input: ResumePaymentsInput,
  ): Promise<ResumePaymentsPayload> {
    return await this.answer(await this.control.resume(actor, input));
  }

  private async answer(outcome: Outcome<{ readonly replayed: boolean }>): Promise<PaymentControlPayload> {
    if (!outcome.ok)
      return { paymentControl: null, replayed: false, userErrors: toUserErrors(outcome.refusals) };
    const { replayed } = outcome.value;
    return { paymentControl: await this.paymentControl(), replayed, userErrors: [] };
  }
}

@Resolver(() => AccountFreezeType)
export class AccountFreezesResolver {
  constructor(private readonly organizations: OrganizationLoaders) {}

  @ResolveField(() => AgencyType, {
    nullable: true,
    description: "Whose money it is; null: the operator's whole balance in the currency.",
  })
  async agency(
    @Loaders() loaders: RequestLoaders,
    @Parent() { bookId }: AccountFreezeType,
  ): Promise<AgencyType | null> {
    return await agencyOf(this.organizations, loaders, bookId);
  }
}

/** The agency of a book; null for the operator's. */
export async function agencyOf(
  organizations: OrganizationLoaders,
  loaders: RequestLoaders,
  bookId: string | null,
): Promise<AgencyType | null> {
  const found = bookId === null ? null : await organizations.organization(loaders, bookId);
  return found instanceof AgencyType ? found : null;
}
