import { ArgsType, Field, ID, ObjectType } from '@nestjs/graphql';
import { IsString } from 'class-validator';
import type { EntryOutcome, MissedLead } from '#routing';
import { Connection, DateTimeScalar, encodeId, PageArgs } from '../graphql/index.js';
import { RoutingOutcomeEnum } from './routes.types.js';

@ArgsType()
export class MissedLeadsArgs extends PageArgs {
  @IsString()
  @Field(() => ID)
  contractId: string;
}

@ObjectType('MissedLead', {
  description:
    'A lead that was considered for a contract and did not go to its buyer. Nothing of the person is told.',
})
export class MissedLeadType {
  @Field(() => ID, { description: 'To speak about it: the lead itself is not shown.' })
  leadId: string;

  @Field(() => DateTimeScalar)
  decidedAt: Date;

  @Field(() => RoutingOutcomeEnum, { description: 'The first reason against the contract.' })
  outcome: EntryOutcome;

  @Field(() => String, {
    description: 'A sentence, without personal data and without a word of other buyers.',
  })
  reason: string;
}

export const MissedLeadConnection = Connection(() => MissedLeadType, 'MissedLead');

/** Domain to API type. */
export function missedLeadTypeOf({ leadId, decidedAt, entry }: MissedLead): MissedLeadType {
  return { leadId: encodeId('lead', leadId), decidedAt, outcome: entry.outcome, reason: entry.reason };
}
