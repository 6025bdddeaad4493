import { refusal, type Refusal } from '#outcome';
import type { Actor } from './actor.js';
import { type OrganizationKind, type Role, roles as allRoles } from './role.js';
import { type Permission, permissions, permissionTable } from './permission.js';
import { may } from './may.js';

const financeRoles: ReadonlySet<Role> = new Set<Role>(['FINANCE_PREPARER', 'FINANCE_APPROVER']);

/** The roles that exist in an organization of that kind: finance belongs to the operator. */
export function rolesOfKind(kind: OrganizationKind): readonly Role[] {
  return kind === 'OPERATOR' ? allRoles : allRoles.filter((role) => !financeRoles.has(role));
}

/** What roles (and scopes, unless null) allow in an organization of that kind, in the order of the permission table. */
export function permissionsOf(
  kind: OrganizationKind,
  roles: readonly Role[],
  scopes: readonly Permission[] | null,
): readonly Permission[] {
  return permissions.filter(
    (permission) =>
      (scopes === null || scopes.includes(permission)) &&
      permissionTable[permission][kind].some((role) => roles.includes(role)),
  );
}

/** Everything the actor may do; for system work everything there is. */
export function permissionsOfActor(actor: Actor): readonly Permission[] {
  return permissions.filter((permission) => may(actor, permission));
}

/** Roles must exist in that kind of organization, and there must be one. */
export function roleRefusals(kind: OrganizationKind, roles: readonly Role[]): Refusal[] {
  const field = ['input', 'roles'];
  if (roles.length === 0) return [refusal('REQUIRED', { field, message: 'Give at least one role.' })];
  const known = rolesOfKind(kind);
  if (roles.every((role) => known.includes(role))) return [];
  return [
    refusal('INVALID_VALUE', {
      field,
      message: 'Finance roles exist only in the organization of the operator.',
      data: { allowed: known },
    }),
  ];
}

export interface KeyGrant {
  readonly kind: OrganizationKind;
  readonly organizationId: string;
  /** The person as whom the key will act, with the roles that they have; null for a machine's key. */
  readonly user: { readonly id: string; readonly roles: readonly Role[] } | null;
  readonly roles: readonly Role[];
  readonly scopes: readonly Permission[] | null;
}

/**
 * Whether the actor may hand out a key with these powers. A person's key only to that person, or the two people of
 * an approval could be one; a machine's key has no finance role and nothing that its maker may not do. The operator
 * sets up other organizations, so the last rule does not bind its unlimited keys there.
 */
export function keyGrantRefusals(actor: Actor, grant: KeyGrant): Refusal[] {
  const refusals = [...roleRefusals(grant.kind, grant.roles), ...scopeRefusals(grant)];
  if (refusals.length > 0) return refusals;
  if (grant.user) return [...personRefusals(actor, grant, grant.user)];
  if (grant.roles.some((role) => financeRoles.has(role))) {
    return [
      refusal('NOT_PERMITTED', {
        field: ['input', 'roles'],
        message: 'A key with a finance role must belong to a person.',
      }),
    ];
  }
  if (actor.kind === 'OPERATOR' && actor.scopes === null && grant.organizationId !== actor.organizationId)
    return [];
  return beyondActor(actor, grant);
}

function personRefusals(
  actor: Actor,
  grant: KeyGrant,
  user: { id: string; roles: readonly Role[] },
): Refusal[] {
  if (actor.kind !== 'SYSTEM' && actor.userId !== user.id) {
    return [
      refusal('NOT_PERMITTED', {
        field: ['input', 'userId'],
        message: 'People make their own keys; nobody makes a key that acts as somebody else.',
      }),
    ];
  }
  if (!grant.roles.every((role) => user.roles.includes(role))) {
    return [
      refusal('NOT_PERMITTED', {
        field: ['input', 'roles'],
        message: 'A key that acts as a person has no role which that person lacks.',
        data: { allowed: user.roles },
      }),
    ];
  }
  return beyondActor(actor, grant);
}

function scopeRefusals(grant: KeyGrant): Refusal[] {
  if (grant.scopes === null) return [];
  const field = ['input', 'scopes'];
  if (grant.scopes.length === 0) {
    return [refusal('REQUIRED', { field, message: 'Name at least one permission, or leave scopes out.' })];
  }
  const granted = permissionsOf(grant.kind, grant.roles, null);
  if (grant.scopes.every((scope) => granted.includes(scope))) return [];
  return [
    refusal('INVALID_VALUE', {
      field,
      message: 'The roles of the key do not have all of these permissions.',
      data: { allowed: granted },
    }),
  ];
}

function beyondActor(actor: Actor, grant: KeyGrant): Refusal[] {
  if (permissionsOf(grant.kind, grant.roles, grant.scopes).every((permission) => may(actor, permission)))
    return [];
  return [
    refusal('NOT_PERMITTED', {
      field: ['input', grant.scopes === null ? 'roles' : 'scopes'],
      message: 'Nobody can grant more than they may do themselves.',
      data: { allowed: permissionsOfActor(actor) },
    }),
  ];
}
