import { ApiKeyRow } from './api-key.row.js';
import { OrganizationRow, UserRow } from './organization.row.js';

/** The TypeORM classes of this library's tables, for the data source. */
export const organizationRows = [ApiKeyRow, OrganizationRow, UserRow] as const;

export * from './actor.js';
export * from './may.js';
export * from './permission.js';
export * from './role.js';
export { apiKeyPattern, type ApiKeyParts, formatApiKey, parseApiKey } from './api-key.js';
export {
  keyGrantRefusals,
  type KeyGrant,
  permissionsOf,
  permissionsOfActor,
  roleRefusals,
  rolesOfKind,
} from './grants.js';
export { type ApprovalLimits, ApprovalLimitStore } from './approval-limit.store.js';
export { type ApiKey, isAlive, type Organization, type User } from './organization.js';
export { hashPassword } from './password.js';
export { Authenticator } from './authenticate.action.js';
export { LastUse } from './last-use.store.js';
export { CreateOrganization, type CreateOrganizationInput } from './create-organization.action.js';
export { CreateUser, type CreateUserInput } from './create-user.action.js';
export { CreateApiKey, type CreateApiKeyInput, type NewApiKey } from './create-api-key.action.js';
export {
  maxOverlapHours,
  RevokeApiKey,
  type RevokeApiKeyInput,
  RotateApiKey,
  type RotateApiKeyInput,
} from './end-api-key.action.js';
export { type ApprovalLimit, type KeysetPage, OrganizationQueries } from './organization.queries.js';
export { SetApprovalLimit, type SetApprovalLimitInput } from './set-approval-limit.action.js';
export { OrganizationStore } from './organization.store.js';
export { OrganizationsModule } from './organizations.module.js';
export { visibleTo, visibleWithDelivery } from './visibility.js';
