import { randomBytes } from 'node:crypto';
import { Database, type Transaction } from '#database';
import type { Actor } from '#organizations';
import { done, type Outcome, refuse, refused } from '#outcome';
import { secretBytes, showSecret } from '#webhooks';
import { Injectable } from '@nestjs/common';
import { CheckDestination, type RawTarget } from './check-destination.queries.js';
import { type DestinationActInput, DestinationActs } from './destination-acts.action.js';
import {
  decideDestinationAct,
  type Destination,
  type DestinationAct,
  maxSecretOverlapHours,
  refusalOfUse,
} from './destination.js';
import { DestinationStore, type HeaderValues } from './destination.store.js';
import { HandoverQueries } from './handover.queries.js';
import { readName } from './raw-destination.js';

type Managed = Outcome<{ readonly destinationId: string; readonly replayed: boolean }>;
const destinationPath = ['input', 'destinationId'];

/** Enables, disables and deletes a destination. */
@Injectable()
export class ManageDestination {
  constructor(
    private readonly acts: DestinationActs,
    private readonly destinations: DestinationStore,
  ) {}

  /**
   * What waits for a destination that is disabled or deleted goes to the next buyer. Deleting also takes it from the contracts
   * that named it. Refuses NOT_FOUND and ILLEGAL_TRANSITION.
   */
  async execute(actor: Actor, act: DestinationAct, input: DestinationActInput): Promise<Managed> {
    const operation = { name: `${act}Destination`, action: `destination.${act}` };
    return await this.acts.run(actor, operation, { ...input }, async ({ tx, now, destination }) => {
      const to = decideDestinationAct(destination.state, act);
      if (!to.ok) return to;
      const because = act === 'disable' ? 'PERSON' : null;
      await this.destinations.change(tx, destination, { to: to.value, because, at: now });
      return done({ destinationId: destination.id });
    });
  }
}

export interface UpdateDestinationInput extends DestinationActInput {
  /** Null: as it is. */
  readonly name: string | null;
  readonly target: RawTarget | null;
  readonly expectedVersion: number | null;
}

@Injectable()
export class UpdateDestination {
  constructor(
    private readonly acts: DestinationActs,
    private readonly destinations: DestinationStore,
    private readonly check: CheckDestination,
    private readonly queries: HandoverQueries,
    private readonly database: Database,
  ) {}

  /**
   * Holds for every try from now on, also of what waits. Headers that are named without a value keep theirs. Refuses NOT_FOUND,
   * STALE_VERSION, ILLEGAL_TRANSITION for a deleted one, INVALID_VALUE and REQUIRED by their place.
   */
  async execute(actor: Actor, input: UpdateDestinationInput): Promise<Managed> {
    const { name: givenName, target: givenTarget } = input;
    const name = givenName === null ? done(null) : readName(givenName);
    const [present] = await this.queries.destinations(actor, [input.destinationId]);
    // Checked before the lock, since it asks servers of names; whoever has no such destination learns nothing else.
    const target = present && givenTarget ? await this.read(present, givenTarget) : done(null);
    const operation = { name: 'updateDestination', action: 'destination.update' };
    return await this.acts.run(actor, operation, { ...input }, async ({ tx, now, destination }) => {
      const gone = refusalOfUse(destination.state, { enabled: false });
      if (gone) return refused(gone);
      const own = ownOnly(actor, destination);
      if (!own.ok) return own;
      if (!name.ok || !target.ok)
        return refused(...[target, name].flatMap((read) => (read.ok ? [] : read.refusals)));
      if (input.expectedVersion !== null && input.expectedVersion !== destination.version)
        return refuse('STALE_VERSION', {
          field: ['input', 'expectedVersion'],
          data: { currentVersion: destination.version },
        });
      const kept = { settings: destination.settings, headerValues: await this.valuesOf(tx, destination) };
      const { settings, headerValues } = target.value ?? kept;
      const change = {
        name: name.value ?? destination.name,
        settings,
        headerValues,
        actorId: actor.id,
        at: now,
      };
      await this.destinations.update(tx, destination, change);
      return done({ destinationId: destination.id });
    });
  }

  private async read(present: Destination, raw: RawTarget) {
    const known = await this.valuesOf(this.database, present);
    return await this.check.target(raw, { known, verticals: await this.check.verticalsOf(present) });
  }

  private async valuesOf(reader: Pick<Transaction, 'query'>, { id }: Destination): Promise<HeaderValues> {
    return await this.destinations.headerValues(reader, id);
  }
}

export interface RotateDestinationSecretInput extends DestinationActInput {
  /** For how many hours messages are signed with the secret before as well, 0 to 168. */
  readonly overlapHours: number;
}

@Injectable()
export class RotateDestinationSecret {
  constructor(
    private readonly acts: DestinationActs,
    private readonly destinations: DestinationStore,
  ) {}

  /**
   * A new secret; it is known at this moment only, and null in a replay. Refuses NOT_FOUND, NOT_PERMITTED for another
   * organization's, ILLEGAL_TRANSITION for a deleted one, INVALID_VALUE for the hours and for what is not signed.
   */
  async execute(
    actor: Actor,
    input: RotateDestinationSecretInput,
  ): Promise<
    Outcome<{ readonly destinationId: string; readonly secret: string | null; readonly replayed: boolean }>
  > {
    const { overlapHours } = input;
    if (!Number.isInteger(overlapHours) || overlapHours < 0 || overlapHours > maxSecretOverlapHours) {
      const message = `The overlap must be 0 to ${maxSecretOverlapHours} hours.`;
      return refuse('INVALID_VALUE', { field: ['input', 'overlapHours'], message });
    }
    const secret = randomBytes(secretBytes);
    const operation = { name: 'rotateDestinationSecret', action: 'destination.rotate-secret' };
    const outcome = await this.acts.run(actor, operation, { ...input }, async ({ tx, destination }) => {
      const own = ownOnly(actor, destination);
      if (!own.ok) return own;
      const gone = refusalOfUse(destination.state, { enabled: false });
      if (gone) return refused(gone);
      if (destination.settings.kind !== 'WEBHOOK')
        return refuse('INVALID_VALUE', { field: destinationPath, message: 'Only webhooks are signed.' });
      await this.destinations.rotate(tx, destination.id, secret, overlapHours);
      return done({ destinationId: destination.id });
    });
    if (!outcome.ok) return outcome;
    return done({ ...outcome.value, secret: outcome.value.replayed ? null : showSecret(secret) });
  }
}

/** The operator sees every destination; what is sent there, and in whose name, is the buyer's alone. */
function ownOnly(actor: Actor, { buyerId }: Destination): Outcome<null> {
  if (buyerId === actor.organizationId) return done(null);
  return refuse('NOT_PERMITTED', { message: 'Only the buyer that has the destination can do this.' });
}
