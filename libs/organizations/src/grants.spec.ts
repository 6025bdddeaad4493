import fc from 'fast-check';
import { type Actor, systemActor } from './actor.js';
import { type OrganizationKind, type Role, roles } from './role.js';
import { type KeyGrant, keyGrantRefusals, permissionsOf, rolesOfKind } from './grants.js';
import { type Permission, permissions } from './permission.js';
import { may } from './may.js';

const kinds = ['AGENCY', 'BUYER', 'OPERATOR'] as const satisfies readonly OrganizationKind[];
const someRoles = fc.subarray([...roles], { minLength: 1 });
const someScopes = fc.option(fc.subarray([...permissions], { minLength: 1 }));

function actorOf(of: Partial<Actor>): Actor {
  return { ...systemActor('test'), kind: 'AGENCY', organizationId: 'own', keyId: 'key', ...of };
}

const actors = fc
  .record({
    kind: fc.constantFrom(...kinds),
    roles: someRoles,
    scopes: someScopes,
    userId: fc.constantFrom(null, 'me'),
  })
  .map((of) => actorOf(of));
const grants = fc.record({
  kind: fc.constantFrom(...kinds),
  organizationId: fc.constantFrom('own', 'other'),
  user: fc.option(fc.record({ id: fc.constantFrom('me', 'somebody else'), roles: someRoles })),
  roles: someRoles,
  scopes: someScopes,
});

const allowed = (actor: Actor, grant: KeyGrant) => keyGrantRefusals(actor, grant).length === 0;

describe('what a key may be given', () => {
  it('is never more than its maker has, but for the operator who sets up others', () => {
    fc.assert(
      fc.property(actors, grants, (actor, grant) => {
        const settingUp =
          actor.kind === 'OPERATOR' && actor.scopes === null && grant.organizationId === 'other';
        if (!allowed(actor, grant) || (settingUp && grant.user === null)) return;
        for (const permission of permissionsOf(grant.kind, grant.roles, grant.scopes)) {
          expect(may(actor, permission)).toBe(true);
        }
      }),
    );
  });

  it('never lets one person act as another, nor a machine as finance', () => {
    fc.assert(
      fc.property(actors, grants, (actor, grant) => {
        if (!allowed(actor, grant)) return;
        if (grant.user)
          expect([grant.user.id, grant.roles.every((role) => grant.user?.roles.includes(role))]).toEqual([
            actor.userId,
            true,
          ]);
        else expect(grant.roles.filter((role) => role.startsWith('FINANCE_'))).toEqual([]);
      }),
    );
  });

  it('has finance roles at the operator only', () => {
    fc.assert(
      fc.property(actors, grants, (actor, grant) => {
        fc.pre(grant.kind !== 'OPERATOR' && grant.roles.some((role) => role.startsWith('FINANCE_')));
        expect(allowed(actor, grant)).toBe(false);
      }),
    );
    expect(rolesOfKind('BUYER')).not.toContain('FINANCE_APPROVER');
    expect(rolesOfKind('OPERATOR')).toEqual(roles);
  });

  it.each<[string, Partial<Actor>, Partial<KeyGrant>, boolean]>([
    ['an owner’s machine key', { roles: ['OWNER'] }, {}, true],
    ['the same by somebody without permissions', { roles: ['AUDITOR'] }, {}, false],
    [
      'one’s own finance key',
      { kind: 'OPERATOR', userId: 'me', roles: ['FINANCE_APPROVER'] },
      finance('me'),
      true,
    ],
    [
      'a colleague’s finance key',
      { kind: 'OPERATOR', userId: 'me', roles: ['FINANCE_APPROVER'] },
      finance('you'),
      false,
    ],
    [
      'an agency’s first key by the operator',
      { kind: 'OPERATOR', organizationId: 'operator', roles: ['ADMIN'] },
      {},
      true,
    ],
    [
      'the same by a limited key of the operator',
      { kind: 'OPERATOR', organizationId: 'operator', roles: ['ADMIN'], scopes: ['keys:manage'] },
      {},
      false,
    ],
  ])('%s', (_what, actor, grant, expected) => {
    const whole: KeyGrant = {
      kind: 'AGENCY',
      organizationId: 'own',
      user: null,
      roles: ['API_CLIENT'],
      scopes: null,
      ...grant,
    };
    expect(allowed(actorOf(actor), whole)).toBe(expected);
  });
});

function finance(id: string): Partial<KeyGrant> {
  const held: Role[] = ['FINANCE_APPROVER'];
  return { kind: 'OPERATOR', roles: held, user: { id, roles: held } };
}

describe('permissions', () => {
  it('are those of the roles, narrowed by the scopes', () => {
    fc.assert(
      fc.property(fc.constantFrom(...kinds), someRoles, someScopes, (kind, held, scopes) => {
        const granted = permissionsOf(kind, held, scopes);
        const actor = actorOf({ kind, roles: held, scopes });
        expect(granted).toEqual(permissions.filter((permission: Permission) => may(actor, permission)));
      }),
    );
  });
});

it.each([
  ['AGENCY', 'routes:manage'],
  ['BUYER', 'buying:manage'],
  ['BUYER', 'destinations:manage'],
  ['OPERATOR', 'destinations:manage'],
] as const)('a test key of %s has no %s: it would turn live leads elsewhere', (kind, permission) => {
  const actor = actorOf({ kind, roles: ['ADMIN'], scopes: null });
  expect(may({ ...actor, mode: 'live' }, permission)).toBe(true);
  expect(may({ ...actor, mode: 'test' }, permission)).toBe(false);
});
