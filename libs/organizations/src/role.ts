/** What an organization is in the marketplace. */
export type OrganizationKind = 'AGENCY' | 'BUYER' | 'OPERATOR';

export const roles = [
  'OWNER',
  'ADMIN',
  'MEMBER',
  'FINANCE_PREPARER',
  'FINANCE_APPROVER',
  'AUDITOR',
  'API_CLIENT',
] as const;
export type Role = (typeof roles)[number];
