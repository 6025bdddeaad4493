import { Field, ID, InterfaceType } from '@nestjs/graphql';

/**
 * Everything with an id. A type that implements it has a `readonly __typename = 'Lead' as const` of its own, which
 * is what the interface is resolved by.
 */
@InterfaceType('Node', {
  description: 'An object with an id of its own, which node(id:) finds again.',
  resolveType: (value: Node) => value.__typename,
})
export abstract class Node {
  abstract readonly __typename: string;

  @Field(() => ID)
  id: string;
}
