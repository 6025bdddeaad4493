export {
  type Approval,
  type ApprovalDecision,
  type ApprovalPolicy,
  type ApprovalQuestion,
  approvalWindowMs,
  approversNeeded,
  type ApproversNeeded,
  decideApproval,
  thresholdMinor,
} from './approval.js';
export { type ApprovalGiven, type ApprovalRequest, ApprovalStore } from './approval.store.js';
export { ApprovalQueries, type ApprovalSubject, type SubjectApproval } from './approval.queries.js';
export { ApprovalsModule } from './approvals.module.js';
