import { Field, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import {
  type DeliveryAttempt,
  type HandoverFailure,
  mailFailures,
  type SampleLog,
  type SpeedToLead,
  untriedFailures,
  type Verdict,
  verdicts,
} from '#handover';
import { webhookFailures } from '#webhooks';
import { Connection, DateTimeScalar, encodeId } from '../graphql/index.js';
import { Node } from '../node/node.type.js';
import { enumOf } from './destinations.types.js';

const DeliveryVerdict = enumOf(verdicts);
registerEnumType(DeliveryVerdict, {
  name: 'DeliveryVerdict',
  valuesMap: {
    ACCEPTED: { description: 'The buyer has taken the lead.' },
    REJECTED: { description: 'The buyer does not want it. Not charged.' },
    DUPLICATE: { description: 'The buyer has the person already. Not charged.' },
  },
});

export const DeliveryFailure = enumOf<HandoverFailure>([
  ...webhookFailures,
  ...mailFailures,
  ...untriedFailures,
]);
registerEnumType(DeliveryFailure, {
  name: 'DeliveryFailure',
  description: 'Why a lead was not handed over. New ones may be added at any time.',
  valuesMap: {
    ADDRESS_REFUSED: { description: 'The URL leads to an address that nothing is sent to.' },
    UNRESOLVED: { description: 'The host name could not be resolved.' },
    CONNECTION: { description: 'No connection, or one that broke.' },
    TLS: { description: 'No TLS, or a certificate that is not valid for the name.' },
    TIMEOUT: { description: 'No answer within five seconds; of a mail: it could not be sent within them.' },
    REDIRECT: { description: 'It answered 3xx: give the URL that it leads to.' },
    STATUS: { description: 'It answered 4xx or 5xx.' },
    GONE: { description: 'It answered 410, and the destination was disabled.' },
    BAD_ANSWER: {
      description:
        'The answer was no HTTP, broke off or did not end in time, was larger than 64 kB, or is meant as JSON and cannot be read.',
    },
    TOO_LARGE: { description: 'The lead is larger than 64 kB in this form.' },
    MAIL_OFF: { description: 'No mail can be sent from here.' },
    MAIL_REFUSED: { description: 'The mail server refused the address or the mail.' },
    MAIL_DEFERRED: { description: 'The mail server wants it later.' },
    MAIL_UNANSWERED: {
      description:
        'The mail server has the whole mail and did not answer: whether it took it is not known. It is not sent again.',
    },
    EXPIRED: { description: 'Its minute was over.' },
    TOO_MANY_TRIES: { description: 'Three tries ended with our own process.' },
    CIRCUIT_OPEN: {
      description: 'The destination failed too often, and its minute would be over before the next probe.',
    },
    DESTINATION_DISABLED: { description: 'The destination was disabled or deleted.' },
    CONTRACT_INACTIVE: { description: 'The contract was paused or ended before the lead was sent.' },
    BUYER_PAUSED: { description: 'The buyer had paused (`pauseBuying`) before the lead was sent.' },
    INSUFFICIENT_BALANCE: { description: 'The buyer’s balance was used up before the lead was sent.' },
    LEAD_GONE: { description: 'The lead was taken back before it was sent.' },
    LEAD_ERASED: { description: 'The person was erased before the lead was sent, or while it was.' },
  },
});

@ObjectType('DeliveryAttempt', {
  description: 'One try of handing a lead over. Nothing of the person is in it.',
})
export class DeliveryAttemptType {
  /** For the fields that are resolved. */
  of: DeliveryAttempt;

  @Field(() => Int, { description: 'From 1. A number that is missing is a try whose end nobody saw.' })
  number: number;

  @Field(() => DateTimeScalar, { description: 'Real time, not the sandbox’s.' })
  startedAt: Date;

  @Field(() => Int)
  durationMs: number;

  @Field(() => Int, { nullable: true, description: 'Of HTTP or SMTP; null when there was no answer.' })
  status: number | null;

  @Field(() => DeliveryFailure, { nullable: true, description: 'Null when the receiver has answered.' })
  failure: HandoverFailure | null;

  @Field(() => DeliveryVerdict, {
    nullable: true,
    description: 'Null when the answer said nothing of the lead.',
  })
  verdict: Verdict | null;

  @Field(() => String, {
    nullable: true,
    description: 'The reason that was answered, if it looks like a code and has nothing of the person in it.',
  })
  reason: string | null;

  @Field(() => String, {
    description: 'The header webhook-id, or what the Message-ID begins with; the same at every try.',
  })
  webhookId: string;

  @Field(() => Int, { description: 'The version of the destination: the form in which the lead went.' })
  destinationVersion: number;

  @Field(() => Int, { description: 'Bytes of the body that was sent.' })
  bodyBytes: number;

  @Field(() => Int, { description: 'Bytes of the answer that were read, at most 65,536.' })
  answerBytes: number;

  @Field(() => String, {
    nullable: true,
    description:
      'The first 2 kB of the answer to a sample. Of real leads no answer is kept: it may tell of the person.',
  })
  answer: string | null;
}

export function attemptTypeOf(of: DeliveryAttempt): DeliveryAttemptType {
  const { number, startedAt, durationMs, status, failure, verdict, reason, destinationVersion } = of;
  const { bodyBytes, answerBytes, answerStart: answer } = of;
  return Object.assign(new DeliveryAttemptType(), {
    of,
    webhookId: encodeId('dlv', of.handoverId),
    ...{ number, startedAt, durationMs, status, failure, verdict, reason, destinationVersion },
    ...{ bodyBytes, answerBytes, answer },
  });
}

export const DeliveryAttemptConnection = Connection(() => DeliveryAttemptType, 'DeliveryAttempt');

@ObjectType('SampleLead', {
  implements: () => [Node],
  description:
    'A made-up lead that was sent to a destination, with what was sent and answered. Kept for thirty days.',
})
export class SampleLeadType extends Node {
  readonly __typename = 'SampleLead' as const;
  /** For the fields that are resolved. */
  of: SampleLog;

  @Field(() => String, { description: 'The URL or the address.' })
  to: string;

  @Field(() => String, { nullable: true, description: 'Of a mail.' })
  subject: string | null;

  @Field(() => String, { description: 'What was sent, as it was.' })
  body: string;

  @Field(() => DateTimeScalar, { description: 'Real time, not the sandbox’s.' })
  sentAt: Date;
}

export function sampleTypeOf(of: SampleLog): SampleLeadType {
  const { request, createdAt: sentAt } = of;
  return Object.assign(new SampleLeadType(), { of, id: encodeId('smp', of.id), ...request, sentAt });
}

@ObjectType('SpeedToLead', {
  description:
    'The clock from when the buyer took the lead to when it reached the person, by its own reports.',
})
export class SpeedToLeadType implements SpeedToLead {
  @Field(() => DateTimeScalar)
  acceptedAt: Date;

  @Field(() => DateTimeScalar, { nullable: true })
  firstAttemptAt: Date | null;

  @Field(() => DateTimeScalar, { nullable: true })
  firstContactAt: Date | null;

  @Field(() => Int, { nullable: true })
  secondsToContact: number | null;

  @Field(() => Int, { nullable: true, description: 'What the contract allows; null when it sets no time.' })
  slaSeconds: number | null;

  @Field(() => Boolean, {
    description: 'The time ran out before the person was reached; stays, whatever is reported afterwards.',
  })
  breached: boolean;
}
