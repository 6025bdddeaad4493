import { Injectable } from '@nestjs/common';
import {
  type Destination,
  type DestinationSettings,
  type HandoverLog,
  HandoverQueries,
  type SampleLog,
} from '#handover';
import { invariant } from '#outcome';
import { listLoaderOf, loaderOf, type RequestLoaders } from '../access/index.js';
import { sampleTypeOf, type SampleLeadType } from './delivery-attempts.types.js';
import { destinationTypeOf, type DestinationType } from './destinations.types.js';

/** Destinations and what is sent to them by UUID, as the API shows them; null for missing and foreign ones. */
@Injectable()
export class HandoverLoaders {
  constructor(private readonly queries: HandoverQueries) {}

  private readonly destinations = loaderOf<string, Destination>(
    async (actor, ids) => await this.queries.destinations(actor, ids),
    ({ id }) => id,
  );
  private readonly samples = loaderOf<string, SampleLog>(
    async (actor, ids) => await this.queries.samples(actor, ids),
    ({ id }) => id,
  );
  private readonly contracts = listLoaderOf<string, { destinationId: string; contractId: string }>(
    async (_actor, ids) => await this.queries.contractsOf(ids),
    ({ destinationId }) => destinationId,
  );
  private readonly handovers = loaderOf<string, HandoverLog>(
    async (_actor, ids) => await this.queries.handovers(ids),
    ({ id }) => id,
  );
  private readonly versions = loaderOf<
    string,
    { id: string; version: number; settings: DestinationSettings }
  >(
    async (_actor, keys) => await this.queries.settings(keys.map(refOf)),
    ({ id, version }) => `${id}:${version}`,
  );

  async destination(loaders: RequestLoaders, uuid: string): Promise<DestinationType | null> {
    const found = await loaders.of(this.destinations).load(uuid);
    return found && destinationTypeOf(found);
  }

  /** The destination of something that only who sees the destination is shown. */
  async destinationOf(loaders: RequestLoaders, uuid: string): Promise<DestinationType> {
    const found = await this.destination(loaders, uuid);
    invariant(found, 'what was sent has no destination that its reader may see');
    return found;
  }

  async sample(loaders: RequestLoaders, uuid: string): Promise<SampleLeadType | null> {
    const found = await loaders.of(this.samples).load(uuid);
    return found && sampleTypeOf(found);
  }

  /** The contracts that name a destination which the actor sees. */
  async contractsOf(loaders: RequestLoaders, destinationId: string): Promise<string[]> {
    const found = await loaders.of(this.contracts).load(destinationId);
    return found.map(({ contractId }) => contractId);
  }

  /** How a delivery that the actor sees is handed over; null when it has no destination. */
  async handover(loaders: RequestLoaders, deliveryId: string): Promise<HandoverLog | null> {
    return await loaders.of(this.handovers).load(deliveryId);
  }

  /** What a version of a destination said. */
  async settings(loaders: RequestLoaders, id: string, version: number): Promise<DestinationSettings | null> {
    return (await loaders.of(this.versions).load(`${id}:${version}`))?.settings ?? null;
  }
}

function refOf(key: string): { readonly id: string; readonly version: number } {
  const [id = '', version = ''] = key.split(':');
  return { id, version: Number(version) };
}
