import { recordAudit } from '#audit';
import type { Clock } from '#calendar';
import { once, type Transaction, UnitOfWork } from '#database';
import type { Actor } from '#organizations';
import { type Outcome, refuse } from '#outcome';
import { Inject, Injectable } from '@nestjs/common';
import type { Destination } from './destination.js';
import { DestinationStore } from './destination.store.js';

/** What every act on a destination names. */
export interface DestinationActInput {
  readonly destinationId: string;
  readonly idempotencyKey: string;
}

/** A locked destination, to be acted on. */
export interface HeldDestination {
  readonly tx: Transaction;
  readonly now: Date;
  readonly destination: Destination;
}

/** What the acts on one destination have in common: once, lock, audit. */
@Injectable()
export class DestinationActs {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly destinations: DestinationStore,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /** Refuses NOT_FOUND for a destination that is not the actor's to see, then as `act` does. */
  async run<Result extends object>(
    actor: Actor,
    operation: { readonly name: string; readonly action: string },
    input: DestinationActInput & Readonly<Record<string, unknown>>,
    act: (held: HeldDestination) => Promise<Outcome<Result>>,
  ): Promise<Outcome<Result & { readonly replayed: boolean }>> {
    const now = this.clock.now();
    const { organizationId } = actor;
    const { idempotencyKey: key, ...rest } = input;
    return await this.unitOfWork.run((tx) =>
      once<Result>(tx, { organizationId, key, operation: operation.name, input: rest, now }, async () => {
        const destination = await this.destinations.lock(tx, actor, input.destinationId);
        if (!destination) return refuse('NOT_FOUND', { field: ['input', 'destinationId'] });
        const outcome = await act({ tx, now, destination });
        if (!outcome.ok) return outcome;
        await recordAudit(tx, actor, {
          organizationId: destination.buyerId,
          action: operation.action,
          subject: `destination:${destination.id}`,
          before: destination,
          after: outcome.value,
          at: now,
        });
        return outcome;
      }),
    );
  }
}
