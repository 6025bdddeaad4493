import { newId, type Transaction } from '#database';
import type { Money } from '#money';
import { type Actor, ApprovalLimitStore } from '#organizations';
import { done, invariant, type Outcome } from '#outcome';
import { Inject, Injectable } from '@nestjs/common';
import {
  type Approval,
  type ApprovalDecision,
  type ApprovalPolicy,
  decideApproval,
  thresholdMinor,
  windowStart,
} from './approval.js';

/** What a person wants to approve. The caller has locked it, and knows that it is still what was submitted. */
export interface ApprovalRequest {
  /** The agency's id, or the operator's for money of its own. */
  readonly bookId: string;
  /** As `type:uuid`. */
  readonly subject: string;
  /** Which submission of it, from 1: approvals given to an earlier one do not count. */
  readonly round: number;
  /** Who prepared, submitted or requested it; nobody of them may approve. */
  readonly requestedBy: readonly (string | null)[];
  /** What it comes to; the sign does not matter. */
  readonly money: Money;
  /** Of what was submitted: the same for all approvals of a round. */
  readonly contentHash: string;
  readonly at: Date;
  /** Where in the input it is said what to approve; what the refusals name. */
  readonly field: readonly string[];
}

/** What an approval led to. */
export interface ApprovalGiven extends ApprovalDecision {
  /** Who approved the same before; null when this is the first approval. */
  readonly firstBy: string | null;
}

/** Writes who approved what, and adds up what was approved. */
@Injectable()
export class ApprovalStore {
  constructor(
    private readonly limits: ApprovalLimitStore,
    @Inject('Config') private readonly policy: ApprovalPolicy,
  ) {}

  /**
   * Decides and keeps an approval, a step of the caller's transaction; refuses as `decideApproval`. It holds the book's
   * organization and then the person FOR NO KEY UPDATE, so that sums are taken one after the other however many approve
   * at once. To stay free of deadlocks a caller locks what is approved before, and approves in one book at a time.
   */
  async record(tx: Transaction, actor: Actor, request: ApprovalRequest): Promise<Outcome<ApprovalGiven>> {
    const { bookId, subject, round, money, contentHash, at } = request;
    const amountMinor = money.amountMinor < 0n ? -money.amountMinor : money.amountMinor;
    const book = await tx.query('select 1 from organizations where id = $1 for no key update', [bookId]);
    invariant(book.length === 1, 'what is approved lies in no book');
    const limits = actor.userId === null ? undefined : await this.limits.lock(tx, actor.userId);
    const earlier = await earlierOf(tx, request);
    const decided = decideApproval({
      actor,
      requestedBy: request.requestedBy.filter((by) => by !== null),
      currency: money.currency,
      amountMinor,
      thresholdMinor: thresholdMinor(this.policy, money.currency),
      earlier,
      limits: limits ?? null,
      field: request.field,
      ...(await this.sums(tx, actor, request)),
    });
    if (!decided.ok) return decided;
    await tx.query(
      `insert into approvals (book_id, id, subject, round, actor, amount_minor, currency, content_hash, needed, approved_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [
        bookId,
        newId(),
        subject,
        round,
        actor.id,
        amountMinor.toString(),
        money.currency,
        contentHash,
        decided.value.needed,
        at,
      ],
    );
    return done({ ...decided.value, firstBy: earlier[0]?.by ?? null });
  }

  /**
   * What else was approved within the window. It has no end, only a beginning: who waited for a lock while others
   * approved at a later instant counts theirs. What one person approved in several rounds counts once.
   */
  private async sums(
    tx: Transaction,
    actor: Actor,
    { bookId, subject, money, at }: ApprovalRequest,
  ): Promise<{ aloneMinor: bigint; personMinor: bigint }> {
    const [row] = await tx.query<{ alone: string; person: string }>(
      `select
         (select coalesce(sum(amount_minor), 0) from approvals
          where book_id = $1 and currency = $2 and approved_at > $3 and needed = 1 and subject <> $4) as alone,
         (select coalesce(sum(amount_minor), 0) from (
            select distinct on (book_id, subject) amount_minor from approvals
            where actor = $5 and currency = $2 and approved_at > $3 and (book_id, subject) <> ($1, $4)
            order by book_id, subject, round desc) latest) as person`,
      [bookId, money.currency, windowStart(at), subject, actor.id],
    );
    invariant(row, 'sums came back without a row');
    return { aloneMinor: BigInt(row.alone), personMinor: BigInt(row.person) };
  }
}

async function earlierOf(
  tx: Transaction,
  { bookId, subject, round, contentHash }: ApprovalRequest,
): Promise<Approval[]> {
  const rows = await tx.query<Approval & { readonly contentHash: string }>(
    `select actor as by, approved_at as at, needed, content_hash as "contentHash" from approvals
     where book_id = $1 and subject = $2 and round = $3 order by approved_at, id`,
    [bookId, subject, round],
  );
  invariant(
    rows.every((row) => row.contentHash === contentHash),
    'two people approve different contents in one round',
  );
  return rows;
}
