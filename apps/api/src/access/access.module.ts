import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { OrganizationsModule } from '#organizations';
import { AccessGuard } from './access.guard.js';
import { ApiKeyStrategy } from './api-key.strategy.js';
import { RequestAuthenticator } from './request-authenticator.js';

/** Who asks, and whether they may. */
@Module({
  imports: [OrganizationsModule],
  providers: [ApiKeyStrategy, RequestAuthenticator, { provide: APP_GUARD, useClass: AccessGuard }],
  exports: [RequestAuthenticator],
})
export class AccessModule {}
