import { Injectable } from '@nestjs/common';
import { ApprovalQueries, type SubjectApproval } from '#approvals';
import { type FinanceRequest, type Operation, PaymentQueries } from '#payments';
import { may } from '#organizations';
import { listLoaderOf, loaderOf } from '../access/index.js';

/** One query per request for everything of a kind that an answer shows. */
@Injectable()
export class PaymentLoaders {
  readonly operation;
  readonly financeRequest;
  readonly approvals;

  constructor(queries: PaymentQueries, approvals: ApprovalQueries) {
    this.operation = loaderOf<string, Operation>(
      async (actor, ids) => (may(actor, 'payments:read') ? await queries.operationsByIds(ids) : []),
      ({ id }) => id,
    );
    this.financeRequest = loaderOf<string, FinanceRequest>(
      async (actor, ids) => (may(actor, 'payments:read') ? await queries.financeRequestsByIds(ids) : []),
      ({ id }) => id,
    );
    /** By `bookId subject`. */
    this.approvals = listLoaderOf<string, SubjectApproval>(
      async (_actor, keys) => await approvals.ofSubjects(keys.map(subjectOfKey)),
      ({ bookId, subject }) => `${bookId} ${subject}`,
    );
  }
}

/** The key of the approvals of a request. */
export function approvalsKeyOf({ bookId, id }: FinanceRequest): string {
  return `${bookId} finance_request:${id}`;
}

function subjectOfKey(key: string): { readonly bookId: string; readonly subject: string } {
  const [bookId = '', subject = ''] = key.split(' ');
  return { bookId, subject };
}
