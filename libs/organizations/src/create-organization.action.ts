import { Inject, Injectable } from '@nestjs/common';
import { recordAudit } from '#audit';
import type { Clock } from '#calendar';
import { newId, once, UnitOfWork } from '#database';
import { done, type Outcome, refuse, refused } from '#outcome';
import type { Actor } from './actor.js';
import type { OrganizationKind } from './role.js';
import { nameRefusals, type Organization } from './organization.js';
import { OrganizationStore } from './organization.store.js';

export interface CreateOrganizationInput {
  /** There is one operator, made when the installation is set up. */
  readonly kind: OrganizationKind;
  readonly name: string;
  readonly idempotencyKey: string;
}

@Injectable()
export class CreateOrganization {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly organizations: OrganizationStore,
    @Inject('Clock') private readonly clock: Clock,
  ) {}

  /** Refuses INVALID_VALUE for a name that is none, and NOT_PERMITTED for a second operator. */
  async execute(
    actor: Actor,
    input: CreateOrganizationInput,
  ): Promise<Outcome<{ readonly organizationId: string; readonly replayed: boolean }>> {
    const now = this.clock.now();
    const refusals = nameRefusals(input.name, ['input', 'name']);
    if (refusals.length > 0) return refused(...refusals);
    if (input.kind === 'OPERATOR' && actor.kind !== 'SYSTEM') {
      return refuse('NOT_PERMITTED', {
        field: ['input', 'kind'],
        message: 'An installation has one operator.',
      });
    }
    const { idempotencyKey: key, ...rest } = input;
    const request = {
      organizationId: actor.organizationId,
      key,
      operation: 'createOrganization',
      input: rest,
      now,
    };
    return this.unitOfWork.run((tx) =>
      once(tx, request, async () => {
        const organization: Organization = {
          id: newId(),
          kind: input.kind,
          name: input.name.trim(),
          createdAt: now,
        };
        await this.organizations.insert(tx, organization);
        await recordAudit(tx, actor, {
          organizationId: organization.id,
          action: 'organization.create',
          subject: `organization:${organization.id}`,
          after: organization,
          at: now,
        });
        return done({ organizationId: organization.id });
      }),
    );
  }
}
