import { Database } from '#database';
import type { CurrencyCode } from '#money';
import { Inject, Injectable } from '@nestjs/common';
import {
  type Approval,
  type ApprovalPolicy,
  approversNeeded,
  type ApproversNeeded,
  thresholdMinor,
  windowStart,
} from './approval.js';

/** What may be approved, by its keys. */
export interface ApprovalSubject {
  readonly bookId: string;
  /** As `type:uuid`. */
  readonly subject: string;
}

/** An approval with what it approves. */
export interface SubjectApproval extends Approval, ApprovalSubject {
  readonly round: number;
}

/** Reads what was approved. Not limited to an actor: give subjects that the actor was shown. */
@Injectable()
export class ApprovalQueries {
  constructor(
    private readonly database: Database,
    @Inject('Config') private readonly policy: ApprovalPolicy,
  ) {}

  /** The approvals of the latest round in which each of these was approved by anybody, oldest first, each once. */
  async ofSubjects(subjects: readonly ApprovalSubject[]): Promise<SubjectApproval[]> {
    return await this.database.query<SubjectApproval>(
      `select a.book_id as "bookId", a.subject, a.round, a.actor as by, a.approved_at as at, a.needed
       from (select distinct * from unnest($1::uuid[], $2::text[])) as r (book_id, subject)
       join approvals a on a.book_id = r.book_id and a.subject = r.subject
       where a.round = (select max(l.round) from approvals l where l.book_id = r.book_id and l.subject = r.subject)
       order by a.approved_at, a.id`,
      [subjects.map(({ bookId }) => bookId), subjects.map(({ subject }) => subject)],
    );
  }

  /** What one person alone approved in the last 24 hours, by `${bookId} ${currency}` where there is any. Minor units. */
  async approvedAlone(bookIds: readonly string[], now: Date): Promise<ReadonlyMap<string, bigint>> {
    const rows = await this.database.query<{ key: string; sum: string }>(
      `select book_id || ' ' || currency as key, sum(amount_minor) as sum from approvals
       where book_id = any($1::uuid[]) and approved_at > $2 and needed = 1 group by book_id, currency`,
      [bookIds, windowStart(now)],
    );
    return new Map(rows.map(({ key, sum }) => [key, BigInt(sum)]));
  }

  /** How many people it would take now to approve an amount (of either sign), by what was approved alone and before. */
  needed(wanted: {
    readonly currency: CurrencyCode;
    readonly amountMinor: bigint;
    readonly aloneMinor: bigint;
    readonly earlier: readonly Pick<Approval, 'needed'>[];
  }): ApproversNeeded {
    const { amountMinor, currency } = wanted;
    return approversNeeded({
      ...wanted,
      amountMinor: amountMinor < 0n ? -amountMinor : amountMinor,
      thresholdMinor: thresholdMinor(this.policy, currency),
    });
  }
}
