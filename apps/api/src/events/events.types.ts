import { Field, ObjectType } from '@nestjs/graphql';
import { type FeedEvent, shownPayload } from '#events';
import { showId } from '../../../process/src/show-id.js';
import { Connection, DateTimeScalar, encodeId } from '../graphql/index.js';
import { Node } from '../node/node.type.js';
import { JsonScalar } from './json.scalar.js';

@ObjectType('Event', {
  implements: () => [Node],
  description: 'A business fact, once. docs/events.md has every type.',
})
export class FeedEventType extends Node {
  readonly __typename = 'Event' as const;
  /** For the field `subject`. */
  of: FeedEvent;

  @Field(() => String, { description: 'Such as deal.won. Types only grow.' })
  type: string;

  @Field(() => DateTimeScalar)
  occurredAt: Date;

  @Field(() => Boolean, { description: 'It is about a test lead.' })
  test: boolean;

  @Field(() => JsonScalar, {
    description:
      'What it is told by: ids, amounts and states, as they were then. The same as `data` of its webhooks.',
  })
  payload: Record<string, unknown>;
}

export function feedEventTypeOf(of: FeedEvent): FeedEventType {
  const { type, occurredAt, test } = of;
  const payload = shownPayload(of, showId);
  return Object.assign(new FeedEventType(), {
    of,
    id: encodeId('evt', of.id),
    type,
    occurredAt,
    test,
    payload,
  });
}

export const EventConnection = Connection(() => FeedEventType, 'Event');
