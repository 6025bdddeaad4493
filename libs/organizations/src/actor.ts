import type { Permission } from './permission.js';
import type { OrganizationKind, Role } from './role.js';

/** `live` moves money; what a `test` key does never touches money, caps or metrics. */
export type KeyMode = 'live' | 'test';

/**
 * Who acts: the explicit first argument of every action and of every query that shows anything.
 * `id` is what journals, settlements and the audit trail keep: `user:{uuid}`, `key:{uuid}` or `system:{what}`.
 * A key that belongs to a person acts as that person, so that four eyes are four eyes however many keys there are.
 */
export interface Actor {
  readonly id: string;
  readonly kind: OrganizationKind | 'SYSTEM';
  /** The actor's own organization; for system work the operator's. */
  readonly organizationId: string;
  readonly userId: string | null;
  /** The API key used, for rate limits and last use. */
  readonly keyId: string | null;
  readonly roles: readonly Role[];
  /** Permissions the key is limited to; null is all that the roles allow. */
  readonly scopes: readonly Permission[] | null;
  readonly mode: KeyMode;
  readonly requestId: string | null;
}

const nobody = '00000000-0000-0000-0000-000000000000';

/** The actor of work that no person asked for, such as `systemActor('settlement-run')`. */
export function systemActor(what: string): Actor {
  return {
    id: `system:${what}`,
    kind: 'SYSTEM',
    organizationId: nobody,
    userId: null,
    keyId: null,
    roles: [],
    scopes: null,
    mode: 'live',
    requestId: null,
  };
}
