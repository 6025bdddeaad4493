import type { Actor } from '#organizations';
import { unreachable } from '#outcome';

/** The condition under which the actor sees a row that has a `buyer_id`, and no agency; `$1` is the actor's organization. */
export function visibleToBuyer(actor: Actor, alias: string): string {
  switch (actor.kind) {
    case 'BUYER':
      return `${alias}.buyer_id = $1`;
    case 'OPERATOR':
    case 'SYSTEM':
      return `$1::uuid is not null and ${alias}.buyer_id is not null`;
    case 'AGENCY':
      return '$1::uuid is null';
    default:
      return unreachable(actor.kind);
  }
}
