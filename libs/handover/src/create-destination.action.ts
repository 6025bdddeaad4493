import { randomBytes } from 'node:crypto';
import { recordAudit } from '#audit';
import type { Clock } from '#calendar';
import { newId, once, type Transaction, UnitOfWork } from '#database';
import type { Actor } from '#organizations';
import { done, type Outcome, refuse, refused } from '#outcome';
import { secretBytes, showSecret } from '#webhooks';
import { Inject, Injectable } from '@nestjs/common';
import { CheckDestination, type RawTarget, type TargetChecked } from './check-destination.queries.js';
import { type Destination, maxDestinations } from './destination.js';
import { DestinationStore } from './destination.store.js';
import { readName } from './raw-destination.js';

export interface CreateDestinationInput {
  readonly name: string;
  readonly target: RawTarget;
  readonly idempotencyKey: string;
}

/** `secret` is known at this moment only; null when the act is a replay, or nothing is signed. */
export interface DestinationCreated {
  readonly destinationId: string;
  readonly secret: string | null;
  readonly replayed: boolean;
}

interface Wanted extends TargetChecked {
  readonly name: string;
  readonly secret: Uint8Array;
  readonly now: Date;
}

@Injectable()
export class CreateDestination {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly destinations: DestinationStore,
    private readonly check: CheckDestination,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /**
   * A destination of the acting buyer, to which nothing goes yet. Looks the host up, so it takes as long as a server of names.
   * Refuses NOT_PERMITTED for who is no buyer, INVALID_VALUE and REQUIRED by their place, TOO_MANY.
   */
  async execute(actor: Actor, input: CreateDestinationInput): Promise<Outcome<DestinationCreated>> {
    if (actor.kind !== 'BUYER') return refuse('NOT_PERMITTED', { message: 'Only a buyer has destinations.' });
    const now = this.clock.now();
    const { idempotencyKey: key, ...rest } = input;
    const name = readName(input.name);
    const target = await this.check.target(input.target, { known: {}, verticals: [] });
    if (!name.ok || !target.ok)
      return refused(...[target, name].flatMap((read) => (read.ok ? [] : read.refusals)));
    const secret = randomBytes(secretBytes);
    const { organizationId } = actor;
    const request = { organizationId, key, operation: 'createDestination', input: rest, now };
    const outcome = await this.unitOfWork.run((tx) =>
      once(tx, request, () => this.create(tx, actor, { ...target.value, name: name.value, secret, now })),
    );
    if (!outcome.ok) return outcome;
    // A mail is not signed. What becomes a webhook later has a secret then, which its rotation shows.
    const isShown = target.value.settings.kind === 'WEBHOOK' && !outcome.value.replayed;
    return done({ ...outcome.value, secret: isShown ? showSecret(secret) : null });
  }

  private async create(
    tx: Transaction,
    actor: Actor,
    { name, settings, headerValues, secret, now }: Wanted,
  ): Promise<Outcome<{ destinationId: string }>> {
    const { organizationId: buyerId } = actor;
    if ((await this.destinations.lockAndCount(tx, buyerId)) >= maxDestinations) {
      const message = `A buyer has at most ${maxDestinations} destinations. Delete one that is not used.`;
      return refuse('TOO_MANY', { field: ['input'], message });
    }
    const destination: Destination = {
      id: newId(),
      buyerId,
      name,
      settings,
      state: 'ENABLED',
      disabledBecause: null,
      isDefault: false,
      version: 1,
      createdAt: now,
      changedAt: now,
      failures: 0,
      openUntil: null,
    };
    await this.destinations.insert(tx, destination, { actorId: actor.id, secret, headerValues });
    await recordAudit(tx, actor, {
      action: 'destination.create',
      subject: `destination:${destination.id}`,
      after: destination,
      at: now,
    });
    return done({ destinationId: destination.id });
  }
}
