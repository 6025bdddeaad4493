import { recordAudit } from '#audit';
import type { Clock } from '#calendar';
import { once, type Transaction, UnitOfWork } from '#database';
import type { Actor } from '#organizations';
import { done, type Outcome, refusal, refuse, refused } from '#outcome';
import { Inject, Injectable } from '@nestjs/common';
import { CheckDestination } from './check-destination.queries.js';
import { type Destination, type DestinationSettings, refusalOfUse } from './destination.js';
import { DestinationStore } from './destination.store.js';
import { HandoverQueries } from './handover.queries.js';
import { mappingRefusals } from './mapping.js';

export interface SetDefaultDestinationInput {
  /** Null: leads are fetched through the API. */
  readonly destinationId: string | null;
  readonly idempotencyKey: string;
}

export interface SetContractDestinationInput {
  readonly contractId: string;
  /** Null: as the buyer's other leads. */
  readonly destinationId: string | null;
  readonly idempotencyKey: string;
}

interface Placed {
  readonly destinationId: string | null;
}

const destinationPath = ['input', 'destinationId'];

/** Says where a buyer's leads go: for all contracts, or for one. */
@Injectable()
export class PlaceDestination {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly destinations: DestinationStore,
    private readonly check: CheckDestination,
    private readonly queries: HandoverQueries,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /** For leads from now on. Refuses NOT_PERMITTED, NOT_FOUND, ILLEGAL_TRANSITION, INVALID_VALUE for a mapping that does not fit. */
  async setDefault(
    actor: Actor,
    input: SetDefaultDestinationInput,
  ): Promise<Outcome<Placed & { readonly replayed: boolean }>> {
    if (actor.kind !== 'BUYER') return refuse('NOT_PERMITTED', { message: 'Only a buyer has destinations.' });
    const { destinationId, idempotencyKey: key } = input;
    const fits = await this.fits(actor, destinationId, async (found) =>
      this.check.verticalsOf({ ...found, isDefault: true }),
    );
    const now = this.clock.now();
    const { organizationId } = actor;
    const request = {
      organizationId,
      key,
      operation: 'setDefaultDestination',
      input: { destinationId },
      now,
    };
    return await this.unitOfWork.run((tx) =>
      once<Placed>(tx, request, async () => {
        // Locked, so that of two at once the second finds the first.
        await this.destinations.lockAndCount(tx, organizationId);
        const usable = await this.usable(tx, actor, destinationId);
        if (!usable.ok) return usable;
        if (!fits.ok) return fits;
        await this.destinations.setDefault(tx, organizationId, destinationId);
        const subject = `organization:${organizationId}`;
        await recordAudit(tx, actor, {
          action: 'destination.default',
          subject,
          after: { destinationId },
          at: now,
        });
        return done({ destinationId });
      }),
    );
  }

  /** For leads of one contract of the acting buyer, from now on. Refuses as {@link setDefault} does. */
  async setForContract(
    actor: Actor,
    input: SetContractDestinationInput,
  ): Promise<Outcome<Placed & { readonly contractId: string; readonly replayed: boolean }>> {
    if (actor.kind !== 'BUYER') return refuse('NOT_PERMITTED', { message: 'Only a buyer has destinations.' });
    const { idempotencyKey: key, ...rest } = input;
    const { contractId, destinationId } = input;
    const vertical = await this.check.verticalOfContract(actor, contractId);
    const fits = await this.fits(actor, destinationId, async () => await Promise.resolve(vertical ?? []));
    const now = this.clock.now();
    const { organizationId } = actor;
    const request = { organizationId, key, operation: 'setContractDestination', input: rest, now };
    return await this.unitOfWork.run((tx) =>
      once<Placed & { readonly contractId: string }>(tx, request, async () => {
        const contract = await this.destinations.contractOf(tx, actor, contractId);
        const usable = await this.usable(tx, actor, destinationId);
        const missing = contract ? [] : [refusal('NOT_FOUND', { field: ['input', 'contractId'] })];
        if (!contract || !usable.ok) return refused(...missing, ...(usable.ok ? [] : usable.refusals));
        if (!fits.ok) return fits;
        await this.destinations.setForContract(tx, contract, destinationId);
        await recordAudit(tx, actor, {
          action: 'contract.set-destination',
          subject: `contract:${contract.id}`,
          after: { destinationId },
          at: now,
        });
        return done({ contractId: contract.id, destinationId });
      }),
    );
  }

  private async usable(tx: Transaction, actor: Actor, id: string | null): Promise<Outcome<null>> {
    if (id === null) return done(null);
    const destination = await this.destinations.lock(tx, actor, id);
    if (!destination) return refuse('NOT_FOUND', { field: destinationPath });
    const gone = refusalOfUse(destination.state, { enabled: false });
    return gone ? refused(gone) : done(null);
  }

  /** Whether what a destination names is known to the verticals whose leads would go there. */
  private async fits(
    actor: Actor,
    id: string | null,
    verticalsOf: (destination: Destination) => Promise<readonly string[]>,
  ): Promise<Outcome<null>> {
    const [destination] = id === null ? [] : await this.queries.destinations(actor, [id]);
    if (!destination) return done(null);
    const known = await this.check.attributesOf(await verticalsOf(destination));
    if (fieldsOf(destination.settings).every((field) => mappingRefusals([field], known, []).length === 0))
      return done(null);
    const message =
      'Its fields name attributes that a vertical of these leads does not have, or has in another type. Change the fields first.';
    return refuse('INVALID_VALUE', { field: destinationPath, message });
  }
}

/** A mail's templates are held to the same as fields of text. */
function fieldsOf(settings: DestinationSettings) {
  if (settings.kind === 'WEBHOOK') return settings.fields ?? [];
  return [settings.subject, settings.text].flatMap((text) =>
    (text.match(/\{\{[^{}]*\}\}/g) ?? []).map((value) => ({ path: 'text', value, type: 'TEXT' as const })),
  );
}
