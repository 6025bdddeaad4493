import { UnitOfWork } from '#database';
import { done, invariant } from '#outcome';
import { Inject, Injectable } from '@nestjs/common';
import { HandlerRegistry } from './handler-registry.js';
import { hurryOperation } from './operation.store.js';
import type { FetchableKind, PaymentProvider, ProviderObject, SnapshotOf } from './provider.js';

/** An object at the provider; `accountId` null: in the operator's own account. */
export interface ObjectRef {
  readonly kind: FetchableKind;
  readonly id: string;
  readonly accountId: string | null;
}

/** NOT_THERE: the provider knows no such object. NOT_HANDLED: nobody here looks at its kind. */
export type Refreshed = 'APPLIED' | 'NOT_THERE' | 'NOT_HANDLED';

/** Fetches objects and has their handlers catch up with them. Webhooks, the sweeper and the mirror all end here. */
@Injectable()
export class RefreshObjects {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly handlers: HandlerRegistry,
    @Inject('PaymentProvider') private readonly provider: PaymentProvider | null,
  ) {}

  /** Throws ProviderUnavailable, and what a handler throws. Never inside a transaction. */
  async execute({ kind, id, accountId }: ObjectRef, now: Date): Promise<Refreshed> {
    if (this.handlers.objectsOf(kind).length === 0) return 'NOT_HANDLED';
    invariant(this.provider, 'an object is fetched without a payment provider');
    const snapshot = await this.provider.retrieve(kind, id, accountId);
    if (snapshot === null) return 'NOT_THERE';
    await this.apply(kind, snapshot, now);
    return 'APPLIED';
  }

  /** The same for what was fetched already. */
  async apply<Kind extends FetchableKind>(kind: Kind, snapshot: SnapshotOf<Kind>, now: Date): Promise<void> {
    await this.unitOfWork.run(async (tx) => {
      for (const handler of this.handlers.objectsOf(kind)) await handler.apply(tx, snapshot, now);
      return done(null);
    });
    // By itself: whoever ends an operation locks that first and what it is for afterwards.
    const operationId = operationOf(snapshot);
    if (operationId === null) return;
    await this.unitOfWork.run(async (tx) => done(await hurryOperation(tx, operationId, now)));
  }
}

/** Our operation that it came out of, as the provider's metadata says; null: of none. */
export function operationOf(object: ProviderObject): string | null {
  return 'operationId' in object ? object.operationId : null;
}
