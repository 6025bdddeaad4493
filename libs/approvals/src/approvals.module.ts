import { OrganizationsModule } from '#organizations';
import { Module } from '@nestjs/common';
import { ApprovalQueries } from './approval.queries.js';
import { ApprovalStore } from './approval.store.js';

const offered = [ApprovalStore, ApprovalQueries];

/** Approvals by as many people as a sum needs. Needs providers of 'Clock' and 'Config', and the database module. */
@Module({ imports: [OrganizationsModule], providers: offered, exports: offered })
export class ApprovalsModule {}
