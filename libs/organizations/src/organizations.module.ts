import { Module } from '@nestjs/common';
import { ApprovalLimitStore } from './approval-limit.store.js';
import { ApiKeyStore } from './api-key.store.js';
import { Authenticator } from './authenticate.action.js';
import { CreateApiKey } from './create-api-key.action.js';
import { CreateOrganization } from './create-organization.action.js';
import { CreateUser } from './create-user.action.js';
import { RevokeApiKey, RotateApiKey } from './end-api-key.action.js';
import { LastUse } from './last-use.store.js';
import { OrganizationQueries } from './organization.queries.js';
import { OrganizationStore } from './organization.store.js';
import { SetApprovalLimit } from './set-approval-limit.action.js';

const offered = [
  ApprovalLimitStore,
  Authenticator,
  CreateApiKey,
  CreateOrganization,
  CreateUser,
  OrganizationQueries,
  OrganizationStore,
  RevokeApiKey,
  RotateApiKey,
  SetApprovalLimit,
];

@Module({ providers: [...offered, ApiKeyStore, LastUse], exports: [...offered, LastUse] })
export class OrganizationsModule {}
