import { Args, ID, Mutation, Query, Resolver } from '@nestjs/graphql';
import { ErasePerson, ReadConsentProof } from '#leads';
import type { Actor } from '#organizations';
import { refusal } from '#outcome';
import { CurrentActor, Requires } from '../access/index.js';
import { decodeId, encodeId, toUserErrors } from '../graphql/index.js';
import { ErasePersonInput, ErasePersonPayload } from './persons.inputs.js';
import { ConsentProofType } from './persons.types.js';

const none = { erased: 0, held: [], hasMore: false, replayed: false };

/** What is left of a person: nothing, and the proof that they agreed. */
@Resolver()
export class ErasureResolver {
  constructor(
    private readonly erase: ErasePerson,
    private readonly readProof: ReadConsentProof,
  ) {}

  @Requires('persons:manage')
  @Mutation(() => ErasePersonPayload, {
    description:
      'Erases a person from leads for good: nobody can read them any more. Books, statements and dedupe stay whole; a legal hold stands against it.',
  })
  async erasePerson(
    @CurrentActor() actor: Actor,
    @Args('input') input: ErasePersonInput,
  ): Promise<ErasePersonPayload> {
    const { idempotencyKey } = input;
    const { leadId, reachedBy } = input.person;
    const uuid = typeof leadId === 'string' ? decodeId('lead', leadId) : undefined;
    if (typeof leadId === 'string' && uuid === undefined) {
      const unknown = refusal('NOT_FOUND', { field: ['input', 'person', 'leadId'] });
      return { ...none, userErrors: toUserErrors([unknown]) };
    }
    const person = uuid === undefined ? { ...reachedBy } : { leadId: uuid };
    const outcome = await this.erase.execute(actor, { person, idempotencyKey });
    if (!outcome.ok) return { ...none, userErrors: toUserErrors(outcome.refusals) };
    const held = outcome.value.held.map((lead) => ({ ...lead, leadId: encodeId('lead', lead.leadId) }));
    return { ...outcome.value, held, userErrors: [] };
  }

  @Requires('persons:manage')
  @Query(() => ConsentProofType, {
    nullable: true,
    description:
      'The proof that the person of a lead agreed, of an erased one as well. Who reads it is kept.',
  })
  async consentProof(
    @CurrentActor() actor: Actor,
    @Args('leadId', { type: () => ID }) leadId: string,
  ): Promise<ConsentProofType | null> {
    const uuid = decodeId('lead', leadId);
    return uuid === undefined ? null : await this.readProof.execute(actor, uuid);
  }
}
