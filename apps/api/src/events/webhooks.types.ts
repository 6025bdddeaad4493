import { Field, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import {
  type DisabledReason,
  disabledReasons,
  type EndpointState,
  endpointStates,
  type MessageFailure,
  type MessageState,
  messageStates,
  type WebhookAttempt,
  type WebhookEndpoint,
  type WebhookMessageLog,
} from '#events';
import { type CircuitState, webhookFailures, webhookHeaders } from '#webhooks';
import { Connection, DateTimeScalar, encodeId } from '../graphql/index.js';
import { Node } from '../node/node.type.js';
import { JsonScalar } from './json.scalar.js';

function enumOf<Value extends string>(values: readonly Value[]): { readonly [V in Value]: V } {
  return Object.fromEntries(values.map((value) => [value, value])) as { readonly [V in Value]: V };
}

export const WebhookEndpointStatus = enumOf(endpointStates);
registerEnumType(WebhookEndpointStatus, { name: 'WebhookEndpointStatus' });

const WebhookDisabledReason = enumOf(disabledReasons);
registerEnumType(WebhookDisabledReason, {
  name: 'WebhookDisabledReason',
  valuesMap: {
    PERSON: { description: 'Somebody disabled it.' },
    GONE: { description: 'It answered 410.' },
  },
});

const WebhookCircuitState = enumOf<CircuitState>(['CLOSED', 'OPEN', 'HALF_OPEN']);
registerEnumType(WebhookCircuitState, {
  name: 'WebhookCircuitState',
  valuesMap: {
    CLOSED: { description: 'Messages are sent as they come.' },
    OPEN: {
      description: 'It failed five times in a row, or asked for a pause: nothing is sent until `until`.',
    },
    HALF_OPEN: { description: 'The next message finds out whether it is back.' },
  },
});

export const WebhookDeliveryStatus = enumOf(messageStates);
registerEnumType(WebhookDeliveryStatus, {
  name: 'WebhookDeliveryStatus',
  valuesMap: {
    WAITING: { description: 'It is tried, or will be.' },
    DELIVERED: { description: 'The endpoint answered 2xx.' },
    DEAD: { description: 'It was given up. resendWebhook and replayWebhooks send it again.' },
    CANCELED: { description: 'Its endpoint was deleted.' },
  },
});

const WebhookFailure = enumOf<MessageFailure>([...webhookFailures, 'EXPIRED', 'TOO_MANY_TRIES']);
registerEnumType(WebhookFailure, {
  name: 'WebhookFailure',
  description: 'Why a webhook did not arrive. New ones may be added at any time.',
  valuesMap: {
    ADDRESS_REFUSED: { description: 'Its URL leads to an address that nothing is sent to.' },
    UNRESOLVED: { description: 'The host name could not be resolved.' },
    CONNECTION: { description: 'No connection, or one that broke.' },
    TLS: { description: 'No TLS, or a certificate that is not valid for the name.' },
    TIMEOUT: { description: 'No answer within 15 seconds.' },
    REDIRECT: { description: 'It answered 3xx: give the URL that it leads to.' },
    STATUS: { description: 'It answered 4xx or 5xx.' },
    GONE: { description: 'It answered 410, and was disabled.' },
    BAD_ANSWER: { description: 'The answer was no HTTP, or had too many headers.' },
    TOO_LARGE: { description: 'The message is larger than 64 kB.' },
    EXPIRED: { description: 'It waited for three days.' },
    TOO_MANY_TRIES: { description: 'Too many tries ended with our own process.' },
  },
});

@ObjectType({
  description: 'A circuit breaker: it leaves an endpoint alone that fails, and finds out when it is back.',
})
export class WebhookCircuit {
  @Field(() => WebhookCircuitState)
  state: CircuitState;

  @Field(() => Int, { description: 'Failed tries in a row.' })
  failures: number;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'Real time, not the sandbox’s; null when it is closed.',
  })
  until: Date | null;
}

@ObjectType('WebhookEndpoint', {
  implements: () => [Node],
  description: 'Where an organization wants its events sent. The secret is shown once, when it is made.',
})
export class WebhookEndpointType extends Node {
  readonly __typename = 'WebhookEndpoint' as const;
  /** For the fields that are resolved. */
  of: WebhookEndpoint;

  @Field(() => String)
  url: string;

  @Field(() => String)
  description: string;

  @Field(() => [String], {
    nullable: true,
    description: 'Types of events; null is all of them, those that come later included.',
  })
  types: readonly string[] | null;

  @Field(() => WebhookEndpointStatus)
  status: EndpointState;

  @Field(() => WebhookDisabledReason, { nullable: true })
  disabledReason: DisabledReason | null;

  @Field(() => DateTimeScalar)
  createdAt: Date;
}

export function endpointTypeOf(of: WebhookEndpoint): WebhookEndpointType {
  const { url, description, types, state: status, disabledBecause: disabledReason, createdAt } = of;
  const shown = { url, description, types, status, disabledReason, createdAt };
  return Object.assign(new WebhookEndpointType(), { of, id: encodeId('whe', of.id), ...shown });
}

@ObjectType('WebhookAttempt', { description: 'One try of sending a webhook.' })
export class WebhookAttemptType {
  @Field(() => Int, { description: 'From 1. A number that is missing is a try whose end nobody saw.' })
  number: number;

  @Field(() => DateTimeScalar, { description: 'Real time, not the sandbox’s.' })
  startedAt: Date;

  @Field(() => Int)
  durationMs: number;

  @Field(() => Int, { nullable: true, description: 'The status of the answer; null when there was none.' })
  status: number | null;

  @Field(() => WebhookFailure, { nullable: true, description: 'Null when it arrived.' })
  failure: MessageFailure | null;

  @Field(() => JsonScalar, { description: 'The headers that were sent, by name, without the signature.' })
  requestHeaders: Readonly<Record<string, string>>;

  @Field(() => String, { description: 'SHA-256 of the body that was sent, in hexadecimal.' })
  bodyHash: string;

  @Field(() => Int, { description: 'Bytes of the answer that were read, at most 65,536.' })
  answerBytes: number;

  @Field(() => String, {
    nullable: true,
    description:
      'The first 2 kB of the answer to a sample. Of real events no answer is kept: it may tell of a person.',
  })
  answer: string | null;
}

export function attemptTypeOf(attempt: WebhookAttempt, webhookId: string): WebhookAttemptType {
  const {
    number,
    startedAt,
    durationMs,
    status,
    failure,
    bodyHash,
    answerBytes,
    answerStart: answer,
  } = attempt;
  const requestHeaders = webhookHeaders(webhookId, startedAt);
  return { number, startedAt, durationMs, status, failure, requestHeaders, bodyHash, answerBytes, answer };
}

@ObjectType('WebhookDelivery', {
  implements: () => [Node],
  description: 'One event on its way to one endpoint. Kept for thirty days after its end.',
})
export class WebhookDeliveryType extends Node {
  readonly __typename = 'WebhookDelivery' as const;
  /** For the fields that are resolved. */
  of: WebhookMessageLog;

  @Field(() => String, { description: 'The header webhook-id, the same at every try: the id of the event.' })
  webhookId: string;

  @Field(() => String)
  eventType: string;

  @Field(() => Boolean, { description: 'A made-up event, of sendTestEvent.' })
  sample: boolean;

  @Field(() => WebhookDeliveryStatus)
  status: MessageState;

  @Field(() => Int, { description: 'Since it was queued last.' })
  tries: number;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'Real time, not the sandbox’s; null once it is over.',
  })
  nextTryAt: Date | null;

  @Field(() => WebhookFailure, { nullable: true })
  lastFailure: MessageFailure | null;

  @Field(() => DateTimeScalar)
  createdAt: Date;

  @Field(() => DateTimeScalar, { nullable: true })
  finishedAt: Date | null;
}

export function deliveryTypeOf(of: WebhookMessageLog): WebhookDeliveryType {
  const { type: eventType, sample, state: status, tries, nextTryAt, lastFailure, createdAt, finishedAt } = of;
  return Object.assign(new WebhookDeliveryType(), {
    of,
    id: encodeId('whd', of.id),
    webhookId: encodeId('evt', of.eventId),
    ...{ eventType, sample, status, tries, nextTryAt, lastFailure, createdAt, finishedAt },
  });
}

export const WebhookEndpointConnection = Connection(() => WebhookEndpointType, 'WebhookEndpoint');
export const WebhookDeliveryConnection = Connection(() => WebhookDeliveryType, 'WebhookDelivery');
