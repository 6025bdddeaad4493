import { Database, hashOf, isInsideTransaction, newId, type Transaction } from '#database';
import { invariant } from '#outcome';
import { Inject, Injectable } from '@nestjs/common';
import { OpenFunds } from './open-funds.action.js';
import { moneyOf, type Operation } from './operation.js';
import { OperationSender } from './operation-sender.action.js';
import { insertOperation, operationById, operationByKey, operationsOfSubject } from './operation.store.js';
import { type PaymentProvider, type PaymentRequest, ProviderUnavailable } from './provider.js';

/** What is asked of the provider, and for what. */
export interface OperationRequest {
  readonly request: PaymentRequest;
  /** As type:id, such as payout:…. */
  readonly subject: string;
  /** The book whose money it moves; for what moves none the organization that it is about. */
  readonly bookId: string;
  /** Of our operation, never of an amount, a date or a token: `tr:{payoutId}:a1`. */
  readonly idempotencyKey: string;
  readonly now: Date;
}

/** How long a person waits for another worker that was quicker to send what they wait for. */
const longestWaitMs = 15_000;
const askEveryMs = 100;
/** How long a claim may take to be seen: it is one short transaction. */
const takingMs = 1_000;

/** Asks the provider for effects, in the transaction that books them, and tells how they stand. */
@Injectable()
export class Operations {
  constructor(
    private readonly database: Database,
    private readonly sender: OperationSender,
    private readonly openFunds: OpenFunds,
    @Inject('PaymentProvider') private readonly provider: PaymentProvider | null,
  ) {}

  /**
   * Writes an operation that a worker sends once the transaction has committed. The same key with the same request is
   * the same operation, and with another one an InvariantViolation. Throws when payments are off.
   */
  async request(tx: Transaction, wanted: OperationRequest): Promise<{ readonly id: string }> {
    const { request, subject, bookId, idempotencyKey, now } = wanted;
    const { provider } = this;
    invariant(provider, 'the payment provider is asked for something, and there is none');
    const id = newId();
    const operation = {
      ...{ id, kind: request.kind, subject, bookId, idempotencyKey },
      body: provider.freeze(request, id),
      ...moneyOf(request),
    };
    if (await insertOperation(tx, operation, now)) return { id };
    const earlier = await operationByKey(tx, idempotencyKey);
    invariant(earlier, 'an operation was neither written nor found');
    const same = hashOf([request.kind, subject, bookId, provider.freeze(request, earlier.id)]);
    const isSame = hashOf([earlier.kind, earlier.subject, earlier.bookId, earlier.body]).equals(same);
    invariant(isSame, 'the key of an operation is used for another one');
    return { id: earlier.id };
  }

  /**
   * Sends one operation at once, for acts whose person waits, and gives it as it then is; READY when payments are
   * stopped, UNKNOWN when the provider did not answer: a worker goes on with it. Never inside a transaction.
   */
  async sendNow(operationId: string, now: Date): Promise<Operation> {
    invariant(!isInsideTransaction(), 'an operation is sent inside a transaction');
    let operation: Operation;
    let waited = 0;
    do {
      if (waited > 0) await new Promise((resolve) => setTimeout(resolve, askEveryMs));
      const isOurs = await this.trySending(operationId, now);
      operation = await this.existing(operationId);
      waited += askEveryMs;
      // Right after another worker has claimed it, it still looks as if nobody had.
      const isTaken = operation.state === 'READY' && !isOurs && waited <= takingMs;
      if (operation.state !== 'SENDING' && !isTaken) break;
    } while (waited < longestWaitMs);
    return operation;
  }

  /** True: it was tried here, as far as the provider lets. What stays READY then, a worker sends when it does. */
  private async trySending(operationId: string, now: Date): Promise<boolean> {
    try {
      await this.openFunds.execute(now);
      const claimed = await this.sender.claim({ now, id: operationId });
      if (claimed) await this.sender.send(claimed, now);
      return claimed !== undefined;
    } catch (error) {
      if (!(error instanceof ProviderUnavailable)) throw error;
      return true;
    }
  }

  /** Undefined: there is none. */
  async find(operationId: string): Promise<Operation | undefined> {
    return await operationById(this.database, operationId);
  }

  /** Newest first. */
  async ofSubject(subject: string): Promise<readonly Operation[]> {
    return await operationsOfSubject(this.database, subject);
  }

  private async existing(operationId: string): Promise<Operation> {
    const operation = await operationById(this.database, operationId);
    invariant(operation, 'there is no such operation');
    return operation;
  }
}
