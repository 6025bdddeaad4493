import type { OrganizationKind, Role } from './role.js';

export const permissions = [
  'organizations:read',
  'organizations:manage',
  'people:manage',
  'keys:manage',
  'contracts:read',
  'contracts:propose',
  'contracts:answer',
  'contracts:manage',
  'verticals:read',
  'verticals:manage',
  'routes:read',
  'routes:manage',
  'buying:manage',
  'leads:read',
  'leads:contact',
  'leads:submit',
  'leads:claim',
  'leads:decide',
  'persons:manage',
  'suppressions:manage',
  'outcomes:report',
  'deals:correct',
  'returns:request',
  'returns:decide',
  'settlements:read',
  'settlements:prepare',
  'settlements:review',
  'ledger:read',
  'billing:read',
  'billing:manage',
  'payouts:read',
  'payouts:manage',
  'payments:read',
  'payments:manage',
  'events:read',
  'webhooks:manage',
  'destinations:manage',
  'sandbox:advance',
] as const;
export type Permission = (typeof permissions)[number];

type Grants = Readonly<Record<OrganizationKind, readonly Role[]>>;

const everyone: readonly Role[] = [
  'OWNER',
  'ADMIN',
  'MEMBER',
  'FINANCE_PREPARER',
  'FINANCE_APPROVER',
  'AUDITOR',
  'API_CLIENT',
];
const doers: readonly Role[] = ['OWNER', 'ADMIN', 'MEMBER', 'API_CLIENT'];
const heads: readonly Role[] = ['OWNER', 'ADMIN', 'API_CLIENT'];
const admins: readonly Role[] = ['OWNER', 'ADMIN'];
const finance: readonly Role[] = ['FINANCE_PREPARER', 'FINANCE_APPROVER'];
const none: readonly Role[] = [];

/**
 * The one permission table: which roles of which kind of organization may do what. Approving needs more than the
 * permission to review: the action also demands FINANCE_APPROVER and another person than the preparer, and says so
 * as a user error, because a reviewer should learn which of the two stands in the way.
 */
export const permissionTable: Readonly<Record<Permission, Grants>> = {
  'organizations:read': { AGENCY: everyone, BUYER: everyone, OPERATOR: everyone },
  'organizations:manage': { AGENCY: none, BUYER: none, OPERATOR: admins },
  'people:manage': { AGENCY: none, BUYER: none, OPERATOR: admins },
  'keys:manage': { AGENCY: admins, BUYER: admins, OPERATOR: admins },
  'contracts:read': { AGENCY: everyone, BUYER: everyone, OPERATOR: everyone },
  'contracts:propose': { AGENCY: heads, BUYER: heads, OPERATOR: none },
  'contracts:answer': { AGENCY: heads, BUYER: heads, OPERATOR: none },
  'contracts:manage': { AGENCY: heads, BUYER: heads, OPERATOR: admins },
  'verticals:read': { AGENCY: everyone, BUYER: everyone, OPERATOR: everyone },
  'verticals:manage': { AGENCY: none, BUYER: none, OPERATOR: admins },
  'routes:read': { AGENCY: everyone, BUYER: everyone, OPERATOR: everyone },
  'routes:manage': { AGENCY: heads, BUYER: none, OPERATOR: none },
  // Which leads a buyer wants under its contracts, and pauses.
  'buying:manage': { AGENCY: none, BUYER: heads, OPERATOR: none },
  'leads:read': { AGENCY: everyone, BUYER: everyone, OPERATOR: everyone },
  'leads:contact': { AGENCY: doers, BUYER: doers, OPERATOR: none },
  'leads:submit': { AGENCY: doers, BUYER: none, OPERATOR: none },
  // Leads that are offered to whoever is first.
  'leads:claim': { AGENCY: none, BUYER: doers, OPERATOR: none },
  // On what looks wrong; and what is kept of people.
  'leads:decide': { AGENCY: none, BUYER: none, OPERATOR: admins },
  'persons:manage': { AGENCY: admins, BUYER: none, OPERATOR: admins },
  'suppressions:manage': { AGENCY: heads, BUYER: heads, OPERATOR: admins },
  'outcomes:report': { AGENCY: none, BUYER: doers, OPERATOR: none },
  'deals:correct': { AGENCY: none, BUYER: doers, OPERATOR: none },
  'returns:request': { AGENCY: none, BUYER: doers, OPERATOR: none },
  'returns:decide': { AGENCY: doers, BUYER: none, OPERATOR: admins },
  'settlements:read': { AGENCY: everyone, BUYER: everyone, OPERATOR: everyone },
  'settlements:prepare': { AGENCY: none, BUYER: none, OPERATOR: finance },
  'settlements:review': { AGENCY: none, BUYER: none, OPERATOR: finance },
  'ledger:read': { AGENCY: none, BUYER: none, OPERATOR: [...finance, 'AUDITOR', 'OWNER', 'ADMIN'] },
  // How a buyer pays, and what it was asked to pay.
  'billing:read': { AGENCY: none, BUYER: everyone, OPERATOR: everyone },
  'billing:manage': { AGENCY: none, BUYER: heads, OPERATOR: [...finance, ...admins] },
  // What an agency is sent, and its account at the payment provider.
  'payouts:read': { AGENCY: everyone, BUYER: none, OPERATOR: everyone },
  'payouts:manage': { AGENCY: heads, BUYER: none, OPERATOR: none },
  // The operator's own view of the money: queues, operations, reconciliation; and the acts of finance on it.
  'payments:read': { AGENCY: none, BUYER: none, OPERATOR: [...finance, 'AUDITOR', 'OWNER', 'ADMIN'] },
  'payments:manage': { AGENCY: none, BUYER: none, OPERATOR: finance },
  'events:read': { AGENCY: everyone, BUYER: everyone, OPERATOR: everyone },
  // Where a buyer's leads go; the operator sees them and stops what harms others.
  'destinations:manage': { AGENCY: none, BUYER: heads, OPERATOR: admins },
  'webhooks:manage': { AGENCY: heads, BUYER: heads, OPERATOR: admins },
  'sandbox:advance': { AGENCY: everyone, BUYER: everyone, OPERATOR: everyone },
};
