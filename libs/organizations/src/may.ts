import type { Actor } from './actor.js';
import { type Permission, permissionTable } from './permission.js';

/** What moves money or changes what others rely on: never with a test key, which works on test leads only. */
const liveOnly: ReadonlySet<Permission> = new Set<Permission>([
  'organizations:manage',
  'people:manage',
  'keys:manage',
  'contracts:propose',
  'contracts:answer',
  'contracts:manage',
  'routes:manage',
  'buying:manage',
  'verticals:manage',
  'leads:decide',
  'persons:manage',
  'suppressions:manage',
  'settlements:prepare',
  'settlements:review',
  'billing:manage',
  'payouts:manage',
  'payments:manage',
  'webhooks:manage',
  'destinations:manage',
]);

/** Whether the actor's kind, roles and key scopes allow the act. System work is allowed everything. */
export function may(actor: Actor, permission: Permission): boolean {
  if (actor.kind === 'SYSTEM') return true;
  if (actor.mode === 'test' && liveOnly.has(permission)) return false;
  if (actor.scopes !== null && !actor.scopes.includes(permission)) return false;
  const granted = permissionTable[permission][actor.kind];
  return actor.roles.some((role) => granted.includes(role));
}
