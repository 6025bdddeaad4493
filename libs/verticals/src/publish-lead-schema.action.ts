import { Inject, Injectable } from '@nestjs/common';
import { recordAudit } from '#audit';
import type { Clock } from '#calendar';
import { once, type Transaction, UnitOfWork } from '#database';
import type { Actor } from '#organizations';
import { done, type Outcome, refusal, refuse, refused } from '#outcome';
import { stale, type VerticalActed } from './define-vertical.action.js';
import { growthOf } from './schema-growth.js';
import { parseName, type RawSchema, validateSchema } from './validate-schema.js';
import type { LeadSchema, SchemaDefinition } from './vertical.js';
import { VerticalStore } from './vertical.store.js';

export interface PublishLeadSchemaInput {
  /** The vertical's key. */
  readonly vertical: string;
  readonly schema: RawSchema;
  /**
   * For how many days what the versions before took is taken as well, where the new one takes less. Left out: 30, and 0
   * for the first version.
   */
  readonly graceDays?: number | null | undefined;
  /** The version of the vertical that the caller read; without it the act is not guarded. */
  readonly expectedVersion?: number | null | undefined;
  readonly idempotencyKey: string;
}

export interface LeadSchemaPublished extends VerticalActed {
  readonly schemaVersion: number;
  /** What leads that were taken until now may be refused for, in words. */
  readonly breakingChanges: readonly string[];
}

const defaultGraceDays = 30;
/** The longest time for which an older version is taken. */
export const maxGraceDays = 365;
const dayMs = 86_400_000;

/** Publishes the next version of what leads of a vertical must be. From its commit on every process checks by it. */
@Injectable()
export class PublishLeadSchema {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly verticals: VerticalStore,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /**
   * Refuses NOT_FOUND for a vertical that is not defined, STALE_VERSION, what `validateSchema` refuses, and INVALID_VALUE
   * for a key with another type than before.
   */
  async execute(actor: Actor, input: PublishLeadSchemaInput): Promise<Outcome<LeadSchemaPublished>> {
    const publication = checkInput(input);
    if (!publication.ok) return publication;
    const request = {
      organizationId: actor.organizationId,
      key: input.idempotencyKey,
      operation: 'publishLeadSchema',
      input: publication.value,
      now: this.clock.now(),
    };
    return await this.unitOfWork.run((tx) =>
      once(tx, request, () => this.publish(tx, actor, publication.value)),
    );
  }

  private async publish(
    tx: Transaction,
    actor: Actor,
    { key, definition, graceDays, expectedVersion }: Publication,
  ): Promise<Outcome<Omit<LeadSchemaPublished, 'replayed'>>> {
    const before = await this.verticals.hold(tx, key);
    if (!before) return refuse('NOT_FOUND', { field: ['input', 'vertical'], message: noVertical });
    if (expectedVersion !== null && expectedVersion !== before.version) return stale(before.version);
    // Not the time before the wait for the row: versions follow each other in time.
    const at = this.clock.now();
    const earlier = await this.verticals.schemas(tx, key);
    const { refusals, breaking } = growthOf(earlier, definition);
    if (refusals.length > 0) return refused(...refusals);
    const days = graceDays ?? (earlier.length === 0 ? 0 : defaultGraceDays);
    const schema: LeadSchema = {
      ...definition,
      vertical: key,
      version: earlier.length + 1,
      previousAcceptedUntil: breaking.length > 0 ? new Date(at.getTime() + days * dayMs) : null,
      publishedBy: actor.id,
      publishedAt: at,
    };
    await this.verticals.insertSchema(tx, schema);
    const after = await this.verticals.update(tx, before, { schemaVersion: schema.version, changedAt: at });
    await recordAudit(tx, actor, {
      action: 'vertical.publish-schema',
      subject: `vertical:${key}`,
      before,
      after: { vertical: after, schema },
      at,
    });
    return done({ key, schemaVersion: schema.version, breakingChanges: breaking });
  }
}

interface Publication {
  readonly key: string;
  readonly definition: SchemaDefinition;
  readonly graceDays: number | null;
  readonly expectedVersion: number | null;
}

const noVertical = 'There is no vertical of this key. Define it first.';

function checkInput(input: PublishLeadSchemaInput): Outcome<Publication> {
  const key = parseName(input.vertical, 64);
  const definition = validateSchema(input.schema);
  const graceDays = input.graceDays ?? null;
  const refusals = definition.ok ? [] : [...definition.refusals];
  if (key === undefined) {
    refusals.push(refusal('INVALID_VALUE', { field: ['input', 'vertical'], message: noVertical }));
  }
  if (graceDays !== null && !(Number.isInteger(graceDays) && graceDays >= 0 && graceDays <= maxGraceDays)) {
    const message = `A whole number of days from 0 to ${maxGraceDays}.`;
    refusals.push(refusal('INVALID_VALUE', { field: ['input', 'graceDays'], message }));
  }
  if (!definition.ok || key === undefined || refusals.length > 0) return refused(...refusals);
  return done({
    key,
    definition: definition.value,
    graceDays,
    expectedVersion: input.expectedVersion ?? null,
  });
}
